//! A clinic's database for the tests of `desk-clinic`: made from the baseline fixtures, migrated, with desks enrolled in it.
#![allow(dead_code, missing_docs)] // each test file uses its own part

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::PathBuf,
};

use chrono::Utc;
use desk_clinic::connect::{connect, options};
use desk_clinic::enrol::{Enrolled, enrol, new_password};
use desk_clinic::push::{Mutation, Outcome, push};
use desk_clinic::staff::{self, NewStaff};
use desk_clinic::ticket::EnrolmentTicket;
use desk_clinic::{ClinicError, migrate};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// The fixture's clinic A.
pub const A: &str = "00000000-0000-4000-8000-0000000000a1";
/// The fixture's clinic B.
pub const B: &str = "00000000-0000-4000-8000-0000000000b1";
/// Name of the database.
pub const DB: &str = "clinic";

/// The fixture's id of a thing, as `rows.sql` makes it: odd numbers are clinic A's, even ones B's.
pub fn uid(pg: &PgCluster, kind: &str, n: u32) -> Uuid {
    pg.psql(DB, &format!("select md5('{kind}:{n}')::uuid")).parse().unwrap()
}

/// A server with a database made of these fixture files.
pub fn database(files: &[&str]) -> PgCluster {
    let pg = PgCluster::start();
    fill(&pg, files);
    pg
}

fn fill(pg: &PgCluster, files: &[&str]) {
    pg.create_database(DB, None);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/baseline");
    for file in files {
        pg.psql_file(DB, folder.join(file));
    }
}

/// The whole baseline on Supabase with 1,000 rows a table.
pub const BASELINE: [&str; 4] = ["supabase_stub.sql", "core.sql", "rest.sql", "rows.sql"];

/// The IT person's connection.
pub async fn admin(pg: &PgCluster) -> PgConnection {
    PgConnection::connect(&pg.superuser_url(DB)).await.unwrap()
}

/// The baseline, migrated within the last hour.
pub async fn migrated() -> PgCluster {
    PgCluster::kept("pg-clinic", &version(), async |pg| {
        fill(pg, &BASELINE);
        migrate::up(&mut admin(pg).await).await.unwrap();
        pg.psql(DB, "vacuum full");
    })
    .await
}

/// Of the files that a migrated baseline is made of, and the hour: due times and dates in it are counted from when it was made.
fn version() -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = ["fixtures/baseline", "../migrations/clinic"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).unwrap().hash(&mut hasher);
    }
    let hour = Utc::now().timestamp() / 3_600;
    format!("{:x} {hour}", hasher.finish())
}

/// A login for the fixture's person `n` (1, 2 owners … 7, 8 sellers).
pub async fn ticket(pg: &PgCluster, clinic: &str, n: u32) -> EnrolmentTicket {
    let new = NewStaff {
        clinic: clinic.into(),
        user: format!("user{n}@example.test"),
        create: false,
        nickname: Some(format!("นิก{n}")),
        display_name: None,
        role: None,
        valid_minutes: 60,
        host: "127.0.0.1".into(),
        port: pg.port(),
        database: DB.into(),
        ca: None,
    };
    staff::add(&mut admin(pg).await, &new).await.unwrap()
}

/// From now on the fixture's person `n` sells: a lead that is nobody's is for those.
pub fn let_sell(pg: &PgCluster, n: u32) {
    pg.psql(
        DB,
        &format!("update desk.staff set role = 'sales' where person_id = md5('user:{n}')::uuid"),
    );
}

/// An enrolled desk.
pub struct Desk {
    pub who: Enrolled,
    pub login: String,
    pub options: PgConnectOptions,
    pub conn: PgConnection,
    pub client: Uuid,
    pub seq: i64,
}

/// Enrols a desk for the fixture's person `n` in a clinic.
pub async fn desk(pg: &PgCluster, clinic: &str, n: u32) -> Desk {
    let ticket = ticket(pg, clinic, n).await;
    let password = new_password().unwrap();
    let who = enrol(&ticket, &password, "PC-หน้าร้าน").await.unwrap();
    let options = options(&ticket.connect_with(&password));
    let conn = connect(&options).await.unwrap();
    Desk {
        who,
        login: ticket.login.clone(),
        options,
        conn,
        client: Uuid::now_v7(),
        seq: 0,
    }
}

impl Desk {
    /// The next action of this desk's outbox.
    pub fn mutation(&mut self, name: &str, args: Json) -> Mutation {
        self.seq += 1;
        Mutation {
            seq: self.seq,
            id: Uuid::now_v7(),
            name: name.into(),
            args,
            v: 1,
        }
    }

    /// Sends actions.
    pub async fn push(&mut self, batch: &[Mutation]) -> Result<Vec<Outcome>, ClinicError> {
        push(&mut self.conn, self.client, batch).await
    }

    /// Does one action; returns `ok` or the code of the refusal.
    pub async fn act(&mut self, name: &str, args: Json) -> String {
        let mutation = self.mutation(name, args);
        let outcome = self.push(&[mutation]).await.unwrap().remove(0);
        outcome.code.unwrap_or_else(|| "ok".into())
    }

    /// Runs SQL as this login; the value as text, or the SQLSTATE and message.
    pub async fn sql(&mut self, text: &str) -> Result<String, String> {
        let wrapped = sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()))
            .fetch_optional(&mut self.conn)
            .await;
        match wrapped {
            Ok(row) => Ok(row
                .map(|row| sqlx::Row::try_get::<String, _>(&row, 0).unwrap_or_default())
                .unwrap_or_default()),
            Err(sqlx::Error::Database(error)) => {
                Err(format!("{} {}", error.code().unwrap_or_default(), error.message()))
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// Runs SQL as the web system does for a signed-in user (`n` of the fixture), claims as a token hook would set them.
pub fn web(pg: &PgCluster, n: u32, sql: &str) -> Result<String, String> {
    let claims = format!(r#"{{"sub": "{}", "role": "authenticated"}}"#, uid(pg, "user", n));
    pg.try_psql(
        DB,
        &format!("set request.jwt.claims = '{claims}'; set role authenticated; {sql}"),
    )
}

/// A journey of clinic A's or B's customer `n` with one task for person `n`'s clinic's seller; returns (journey, task).
pub fn journey(pg: &PgCluster, clinic: &str, customer: u32, seller: u32) -> (Uuid, Uuid) {
    let journey: Uuid = pg
        .psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, assigned_sales_id) values ('{clinic}', md5('customer:{customer}')::uuid, 'scanned', md5('user:{seller}')::uuid) returning id"))
        .parse()
        .unwrap();
    let task = pg
        .psql(DB, &format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title) values ('{journey}', md5('user:{seller}')::uuid, 'call', 'โทรหาลูกค้า') returning id"))
        .parse()
        .unwrap();
    (journey, task)
}

/// A follow-up that is due; returns its id.
pub fn followup(pg: &PgCluster, clinic: &str, customer: u32) -> Uuid {
    let rule = pg.psql(DB, &format!("insert into public.followup_rules (clinic_id, name, type, channels) values ('{clinic}', 'ดูแลหลังทำ', 'post_treatment', '{{call}}') returning id"));
    pg.psql(DB, &format!("insert into public.followup_executions (rule_id, customer_id, channel, scheduled_at) values ('{rule}', md5('customer:{customer}')::uuid, 'call', now()) returning id"))
        .parse()
        .unwrap()
}

/// A desk of somebody of this role in clinic A.
pub async fn somebody(pg: &PgCluster, n: u32, role: &str) -> Desk {
    let desk = desk(pg, A, n).await;
    let sql =
        format!("update desk.staff set role = '{role}' where person_id = md5('user:{n}')::uuid and clinic_id = '{A}'");
    pg.psql(DB, &sql);
    desk
}

/// Points that the web system wrote down as earned; `ends` is SQL for their end.
pub fn points(pg: &PgCluster, customer: Uuid, amount: i32, ends: &str) {
    pg.psql(
        DB,
        &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{customer}', 'earned', {amount}, {ends})"),
    );
}

/// Does one action; its whole outcome.
pub async fn done(desk: &mut Desk, name: &str, args: Json) -> Outcome {
    let mutation = desk.mutation(name, args);
    desk.push(&[mutation]).await.unwrap().remove(0)
}

/// Differences between lots, sums, entries and profiles of clinic A: `0` where the books are right.
pub fn differences(pg: &PgCluster) -> String {
    pg.psql(DB, &format!("select count(*) from desk.verify_loyalty('{A}')"))
}

/// What a customer can spend, and what they owe: `120|0`.
pub fn sums(pg: &PgCluster, customer: Uuid) -> String {
    let sql = format!("select available, owed from desk.point_sum where customer_id = '{customer}'");
    pg.psql(DB, &sql)
}

/// Empty arguments.
pub fn nothing() -> Json {
    json!({})
}
