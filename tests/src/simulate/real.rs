//! The clinic in a real PostgreSQL, asked in the words of the model: rows in column order, edits of the web system, batches of actions.

use chrono::DateTime;
use desk_cache::{
    outbox::{Outcome, Refusal, Waiting},
    rebase::{Change, Entry, Op, Position},
};
use desk_clinic::{
    ClinicError,
    connect::{connect, options},
    enrol::{enrol, new_password},
    feed,
    push::{self, Mutation, Status},
    snapshot,
    staff::{self, NewStaff},
    synced::source,
};
use desk_core::synced::{Kind, SYNCED, Value};
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use uuid::Uuid;

use super::{
    row::{Row, Rows, Scope, noun, table},
    server::CLINIC,
    web::{self, Edit},
};
use crate::harness::pg::PgCluster;

type Result<T, E = ClinicError> = std::result::Result<T, E>;

/// What a pull answers: changes, where to go on, whether nothing was left out.
pub type Page = (Vec<Entry>, Position, bool);

/// A person's way into the database.
pub struct Desk {
    /// Whose.
    pub person: Uuid,
    conn: PgConnection,
    login: String,
}

/// What the database made up by itself: keys and codes that nobody can foresee.
#[derive(Debug, Default)]
pub struct Made {
    /// Memberships: key, customer, referral code.
    pub profiles: Vec<(Uuid, Uuid, String)>,
    /// Entries of welcome points: key, customer.
    pub welcomes: Vec<(Uuid, Uuid)>,
    /// Customers: key, code.
    pub customers: Vec<(Uuid, String)>,
    /// What people are told by the database: key, person, kind, path, subject.
    pub told: Vec<(Uuid, Uuid, String, String, String)>,
    /// Of what was deleted in the last transaction: stream, number of the noun, key.
    pub gone: Vec<(String, i16, Uuid)>,
}

/// The clinic's database, as its keeper sees it.
pub struct Real {
    admin: PgConnection,
    port: u16,
    database: String,
}

async fn run(conn: &mut PgConnection, sql: String) -> Result<u64> {
    Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?.rows_affected())
}

/// Rows point at rows of nouns before them.
const ORDER: [&str; 11] = [
    "staff",
    "followup_rule",
    "customer",
    "appointment",
    "journey",
    "task",
    "followup",
    "loyalty_profile",
    "point_entry",
    "payment",
    "notification",
];

/// Keys that PostgreSQL would draw by lot come in turn, so that a seed's history is the same each time.
const IN_TURN: &str = "create sequence public.turn;
    alter table public.loyalty_profiles alter id set default md5('profile' || nextval('public.turn'))::uuid;
    alter table public.point_transactions alter id set default md5('entry' || nextval('public.turn'))::uuid;";

impl Real {
    /// These rows in a migrated database that has no clinic yet, all in one transaction.
    pub async fn start(pg: &PgCluster, database: &str, rows: &Rows) -> Self {
        let mut admin = PgConnection::connect(&pg.superuser_url(database)).await.unwrap();
        let of = |name: &'static str| rows.values().filter(move |row| row.tbl == noun(name).number);
        let clinic = of("clinic").next().unwrap();
        let names = json!({ "th": clinic.text("name_th"), "en": clinic.text("name_en") });
        let mut sql = format!(
            "begin; insert into public.clinics (id, clinic_code, display_name) values ('{CLINIC}', 'SIM', '{names}');"
        );
        for person in of("staff").filter_map(|row| row.id("id")) {
            sql += &format!("insert into public.users (id, email) values ('{person}', '{person}@example.test');");
        }
        for row in ORDER.into_iter().flat_map(of) {
            sql += &insert(row, false);
        }
        sql += &format!(
            "insert into desk.payment_counter select '{CLINIC}', count(*) from desk.payment having count(*) > 0;"
        );
        for row in of("lead") {
            sql += &lead(row, false);
        }
        run(&mut admin, sql + "commit").await.unwrap();
        run(&mut admin, IN_TURN.into()).await.unwrap();
        Self {
            admin,
            port: pg.port(),
            database: database.into(),
        }
    }

    /// A login for a person, enrolled.
    pub async fn enrol(&mut self, person: Uuid) -> Desk {
        let new = NewStaff {
            clinic: CLINIC.to_string(),
            user: person.to_string(),
            create: false,
            nickname: None,
            display_name: None,
            role: None,
            valid_minutes: 60,
            host: "127.0.0.1".into(),
            port: self.port,
            database: self.database.clone(),
            ca: None,
        };
        let ticket = staff::add(&mut self.admin, &new).await.unwrap();
        let password = new_password().unwrap();
        enrol(&ticket, &password, "PC").await.unwrap();
        let conn = connect(&options(&ticket.connect_with(&password))).await.unwrap();
        Desk {
            person,
            conn,
            login: ticket.login,
        }
    }

    /// Ends one login.
    pub async fn end_access(&mut self, desk: &Desk) -> Result<()> {
        let sql = format!(
            "update desk.member set disabled_at = now() where role_name = '{}'",
            desk.login
        );
        run(&mut self.admin, sql).await.map(drop)
    }

    /// One transaction of the web system. Points that are not there are the only thing that it may be denied.
    pub async fn commit(&mut self, edits: &[Edit]) -> Result<()> {
        let mut whole = self.admin.begin().await?;
        for edit in edits {
            let mut part = whole.begin().await?;
            match run(&mut part, statement(edit)).await {
                Ok(_) => part.commit().await?,
                Err(ClinicError::Sql { code, .. }) if code == "23514" && matches!(edit, Edit::AddEntry { .. }) => {
                    part.rollback().await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(whole.commit().await?)
    }

    /// Forgets all tombstones that there are; answers up to where.
    pub async fn trim(&mut self) -> Result<i64> {
        let sql = "select desk.trim($1, interval '0')";
        Ok(sqlx::query_scalar(sql).bind(CLINIC).fetch_one(&mut self.admin).await?)
    }

    /// Declares history broken.
    pub async fn reset(&mut self) -> Result<()> {
        let sql = "select desk.reset($1)";
        sqlx::query(sql).bind(CLINIC).execute(&mut self.admin).await?;
        Ok(())
    }

    /// The clock's number, what was trimmed, and the instant of the transaction that has this number (none after a reset).
    pub async fn clock(&mut self) -> Result<(i64, i64, Option<i64>)> {
        let sql = "select k.version, k.trimmed_to, (extract(epoch from t.at) * 1000000)::int8 from desk.clock k left join desk.txn t using (clinic_id, version)";
        let row = sqlx::query(sql).fetch_one(&mut self.admin).await?;
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    }

    /// What it made up.
    pub async fn made(&mut self) -> Result<Made> {
        let profiles = "select id, customer_id, referral_code::text from public.loyalty_profiles";
        let welcomes =
            "select id, customer_id from public.point_transactions where description = 'คะแนนต้อนรับ' and type = 'bonus'";
        let customers = "select id, customer_code::text from public.customers";
        let told = "select id, user_id, type::text, action_url::text, metadata ->> 'subject' from public.notifications where type in ('hot_lead', 'task_woken', 'task_assigned', 'visit_arrived', 'visit_withdrawn', 'booking_made', 'booking_moved', 'booking_cancelled')";
        let gone = "select f.scope, f.tbl, f.pk from desk.feed f join desk.txn t using (clinic_id, txn) join desk.clock k using (clinic_id) where t.version = k.version and f.op = 'D'";
        Ok(Made {
            profiles: sqlx::query_as(profiles).fetch_all(&mut self.admin).await?,
            welcomes: sqlx::query_as(welcomes).fetch_all(&mut self.admin).await?,
            customers: sqlx::query_as(customers).fetch_all(&mut self.admin).await?,
            told: sqlx::query_as(told).fetch_all(&mut self.admin).await?,
            gone: sqlx::query_as(gone).fetch_all(&mut self.admin).await?,
        })
    }

    /// Every row, whoever may read it.
    pub async fn everything(&mut self) -> Result<Vec<Row>> {
        copy(&mut self.admin).await
    }
}

impl Desk {
    /// Sends a batch.
    pub async fn push(&mut self, client: Uuid, batch: &[Waiting]) -> Result<Vec<Outcome>> {
        let batch: Vec<Mutation> = batch.iter().map(mutation).collect();
        let answer = push::push(&mut self.conn, client, &batch).await?;
        Ok(answer.into_iter().map(outcome).collect())
    }

    /// Reads on in a stream; also the version of the clock in the same snapshot.
    pub async fn pull(&mut self, scope: Scope, from: Position, limit: usize) -> Result<(Page, i64)> {
        let after = feed::Position {
            version: from.version,
            tbl: from.tbl,
            pk: from.pk,
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let page = feed::pull(&mut self.conn, &scope.text(), after, limit, &[]).await?;
        let next = Position {
            version: page.next.version,
            tbl: page.next.tbl,
            pk: page.next.pk,
        };
        let changes = page.rows.into_iter().map(entry).collect();
        Ok(((changes, next, page.consistent), page.head.version))
    }

    /// Everything that this login may see, at one moment, and that moment's version.
    pub async fn load(&mut self) -> Result<(Vec<Row>, i64)> {
        let head = snapshot::begin(&mut self.conn).await?;
        let rows = copy(&mut self.conn).await?;
        snapshot::end(&mut self.conn).await?;
        Ok((rows, head.version))
    }

    /// Which of these actions are done.
    pub async fn known(&mut self, actions: &[Uuid]) -> Result<Vec<Uuid>> {
        feed::known(&mut self.conn, actions).await
    }
}

fn mutation(action: &Waiting) -> Mutation {
    Mutation {
        seq: action.seq,
        id: action.id,
        name: action.name.clone(),
        args: action.args.clone(),
        v: action.v,
    }
}

fn outcome(answer: push::Outcome) -> Outcome {
    let refused = (answer.status == Status::Rejected).then(|| Refusal {
        code: answer.code.unwrap_or_default(),
        detail: answer.detail.map(|detail| detail.to_string()),
    });
    Outcome { id: answer.id, refused }
}

fn entry(change: feed::Change) -> Entry {
    let op = match change.op {
        feed::Op::Upsert => Op::Put,
        feed::Op::Delete => Op::Delete,
        feed::Op::Leave => Op::Leave,
    };
    Entry {
        version: change.version,
        change: Change {
            tbl: change.tbl,
            op,
            pk: change.pk,
            row: change.row,
        },
    }
}

async fn copy(conn: &mut PgConnection) -> Result<Vec<Row>> {
    let mut rows = vec![];
    for table in SYNCED {
        let on_row = |fields: &[Option<&[u8]>]| {
            let columns = table.columns.iter().zip(fields);
            let values = columns.map(|(column, bytes)| bytes.map_or(Value::Null, |bytes| field(column.kind, bytes)));
            rows.push(Row {
                tbl: table.number,
                values: values.collect(),
            });
            Ok::<_, ClinicError>(())
        };
        snapshot::copy_table(conn, table, on_row).await?;
    }
    Ok(rows)
}

/// A field in binary COPY form.
fn field(kind: Kind, bytes: &[u8]) -> Value {
    let int = |bytes: &[u8]| i64::from_be_bytes(bytes.try_into().unwrap());
    match kind {
        Kind::Uuid => Value::Uuid(Uuid::from_slice(bytes).unwrap()),
        Kind::Text => Value::Text(String::from_utf8(bytes.to_vec()).unwrap()),
        Kind::Int => Value::Int(int(bytes)),
        Kind::Bool => Value::Int(i64::from(bytes[0])),
        // PostgreSQL counts from 2000.
        Kind::Instant => Value::Int(int(bytes) + 946_684_800_000_000),
    }
}

/// The column behind an expression of `desk_clinic::synced`, where it is one: what is computed has its default.
fn column(expression: &'static str) -> Option<&'static str> {
    let shown = expression.strip_prefix("to_char(").unwrap_or(expression);
    let name = shown.strip_prefix("r.")?.split([':', ',']).next()?;
    name.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(name)
}

/// The statement that makes a row. `is_now`: its instants are those of the transaction, as when the web system writes it.
fn insert(row: &Row, is_now: bool) -> String {
    let from = source(row.tbl).unwrap();
    let columns = table(row.tbl).columns.iter().zip(from.columns).zip(&row.values);
    let (mut names, mut values) = (vec!["clinic_id"], vec![format!("'{CLINIC}'")]);
    for ((kind, (_, expression)), value) in columns {
        if let (Some(name), Some(value)) = (column(expression), literal(kind.kind, value, is_now)) {
            names.push(name);
            values.push(value);
        }
    }
    format!(
        "insert into {} ({}) values ({});",
        from.from,
        names.join(", "),
        values.join(", ")
    )
}

fn literal(kind: Kind, value: &Value, is_now: bool) -> Option<String> {
    Some(match (kind, value) {
        (_, Value::Null) => return None,
        (Kind::Instant, _) if is_now => "now()".into(),
        (Kind::Instant, Value::Int(at)) => format!("timestamptz 'epoch' + interval '{at} microseconds'"),
        (Kind::Bool, Value::Int(is)) => (*is == 1).to_string(),
        (_, Value::Int(number)) => number.to_string(),
        (_, Value::Uuid(id)) => format!("'{id}'"),
        (_, Value::Text(text)) => quoted(text),
    })
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The statement that makes a lead, past the tables of the web system, whose triggers would do it.
fn lead(row: &Row, is_now: bool) -> String {
    let told: Vec<Uuid> = row
        .text("told")
        .and_then(|told| serde_json::from_str(told).ok())
        .unwrap_or_default();
    let told: Vec<String> = told.iter().map(Uuid::to_string).collect();
    let key = row.id("id").unwrap_or_default();
    let made = insert(row, is_now).replacen(") values (", ", told, source_table, source_id) values (", 1);
    let end = format!(", '{{{}}}', 'lead_scoring_data', '{key}');", told.join(","));
    made.strip_suffix(");").unwrap_or(&made).to_owned() + end.as_str()
}

/// Stands for a day that PostgreSQL is to reckon.
const SOME_DAY: &str = "some day";

/// What the web system says to make an edit.
fn statement(edit: &Edit) -> String {
    let drop = |from: &str, id: &Uuid| format!("delete from public.{from} where id = '{id}'");
    let set = |what: &str, id: &Uuid, to: String| format!("update public.{what} set {to} where id = '{id}'");
    match edit {
        Edit::AddCustomer { id, name } => insert(&web::customer(*id, name, 0), true),
        Edit::SetCustomer { id, field, value } => set("customers", id, format!("{field} = {}", quoted(value))),
        Edit::DropCustomer { id } => drop("customers", id),
        Edit::AddTask {
            id,
            journey,
            person,
            title,
        } => insert(&web::task(*id, *journey, *person, title, 0), true),
        Edit::RenameTask { id, title } => set("task_queue", id, format!("title = {}", quoted(title))),
        Edit::CloseTask { id, person } => {
            let closed = format!("status = 'completed', completed_at = now(), completed_by = '{person}'");
            set("task_queue", id, closed)
        }
        Edit::DropTask { id } => drop("task_queue", id),
        Edit::AddBooking {
            id,
            customer,
            person,
            ahead,
        } => {
            let day = format!("(now() at time zone 'Asia/Bangkok')::date + {ahead}");
            insert(&web::booking(*id, *customer, *person, SOME_DAY), true).replace(&quoted(SOME_DAY), &day)
        }
        Edit::ConfirmBooking { id } => {
            set("appointments", id, "status = 'confirmed'".into()) + " and status = 'scheduled'"
        }
        Edit::AddLead {
            id,
            customer,
            name,
            person,
        } => lead(&web::lead(*id, *customer, name, *person, 0), true),
        Edit::AnswerLead { id, person } => format!(
            "update desk.lead l set status = case when l.status = 'closed' then l.status else 'claimed' end, claimed_by = coalesce(l.claimed_by, '{person}'),
               answered_at = coalesce(l.answered_at, now()), answered_by = case when l.answered_at is null then '{person}' else l.answered_by end where id = '{id}'"
        ),
        Edit::AddFollowup { id, rule, customer } => insert(&web::followup(*id, *rule, *customer, 0), true),
        Edit::DropFollowup { id } => drop("followup_executions", id),
        Edit::AddEntry {
            id,
            customer,
            kind,
            amount,
        } => insert(&super::decide::web_entry(*id, *customer, kind, *amount, 0), true),
        Edit::AddNotification { id, person, title } => insert(&web::notification(*id, *person, title, 0), true),
        Edit::MoveNotification { id, to } => set("notifications", id, format!("user_id = '{to}'")),
        Edit::ReadNotification { id } => set("notifications", id, "is_read = true".into()),
        Edit::DropNotification { id } => drop("notifications", id),
        Edit::RenameStaff { id, nickname } => format!(
            "update desk.staff set nickname = {} where person_id = '{id}'",
            quoted(nickname)
        ),
    }
}

/// An answer to a whole batch, in one word. Both are told to a person in the same way when access has ended.
pub fn word(error: &ClinicError) -> String {
    match error {
        ClinicError::LoginEnded => "access ended".into(),
        ClinicError::Refused { code, .. } if code == "not_enrolled" => "access ended".into(),
        other => other.to_string(),
    }
}

/// The detail of a refusal, with its instant as a number: PostgreSQL writes it in the time zone of the connection.
pub fn detail(refusal: &Refusal) -> Json {
    let text = refusal.detail.as_deref().unwrap_or("{}");
    let mut detail: Json = serde_json::from_str(text).unwrap_or_default();
    let at = detail.get("at").and_then(Json::as_str).map(str::to_owned);
    if let Some(at) = at.and_then(|at| DateTime::parse_from_rfc3339(&at).ok()) {
        detail["at"] = at.timestamp_micros().into();
    }
    detail
}
