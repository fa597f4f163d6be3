//! A desk and the clinic's PostgreSQL: enrolment, the feed down, actions up, wake-ups. Real server, real logins.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clinic_support::{A, B, DB, Desk, admin, desk, followup, journey, migrated, nothing, ticket, uid};
use desk_clinic::connect::{connect, options};
use desk_clinic::enrol::{enrol, new_password};
use desk_clinic::feed::{self, CLINIC, Op, Position, person_scope};
use desk_clinic::push::{Status, push};
use desk_clinic::{ClinicError, snapshot, staff, wake};
use desk_core::synced::{Kind, SYNCED, Table, Value};
use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use sqlx::Connection as _;
use uuid::Uuid;

type Rows = BTreeMap<(i16, Uuid), Vec<Value>>;

fn code(error: ClinicError) -> String {
    match error {
        ClinicError::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// Follows a stream to its head in pages of `limit`, applying it to `rows`.
async fn follow(desk: &mut Desk, scope: &str, mut at: Position, limit: i64, rows: &mut Rows) -> Position {
    loop {
        let page = feed::pull(&mut desk.conn, scope, at, limit, &[]).await.unwrap();
        for change in page.rows {
            match change.row {
                Some(row) => rows.insert((change.tbl, change.pk), row),
                None => rows.remove(&(change.tbl, change.pk)),
            };
        }
        at = page.next;
        if page.consistent {
            return at;
        }
    }
}

fn field(kind: Kind, bytes: &[u8]) -> Value {
    let int = |bytes: &[u8]| i64::from_be_bytes(bytes.try_into().unwrap());
    match kind {
        Kind::Uuid => Value::Uuid(Uuid::from_slice(bytes).unwrap()),
        Kind::Text => Value::Text(String::from_utf8(bytes.to_vec()).unwrap()),
        Kind::Int => Value::Int(int(bytes)),
        Kind::Bool => Value::Int(i64::from(bytes[0])),
        Kind::Instant => Value::Int(int(bytes) + 946_684_800_000_000),
    }
}

/// Copies every noun in one snapshot.
async fn load(desk: &mut Desk) -> (Rows, i64) {
    let head = snapshot::begin(&mut desk.conn).await.unwrap();
    let mut rows = Rows::new();
    for table in SYNCED {
        copy(desk, table, &mut rows).await;
    }
    snapshot::end(&mut desk.conn).await.unwrap();
    (rows, head.version)
}

async fn copy(desk: &mut Desk, table: &Table, rows: &mut Rows) {
    let on_row = |fields: &[Option<&[u8]>]| {
        let row: Vec<_> = table
            .columns
            .iter()
            .zip(fields)
            .map(|(column, bytes)| bytes.map_or(Value::Null, |bytes| field(column.kind, bytes)))
            .collect();
        let Value::Uuid(id) = row[0] else {
            panic!("no key in {}", table.name)
        };
        assert!(rows.insert((table.number, id), row).is_none(), "{} twice", table.name);
        Ok::<_, ClinicError>(())
    };
    snapshot::copy_table(&mut desk.conn, table, on_row).await.unwrap();
}

/// One row in every synced table, with odd but legal values.
fn fill(pg: &PgCluster) {
    let (journey, _) = journey(pg, A, 1, 7);
    followup(pg, A, 1);
    pg.psql(
        DB,
        &format!(
            "insert into public.workflow_actions (workflow_id, type, performed_by, from_stage, to_stage) values ('{journey}', 'send_proposal', md5('user:7')::uuid, 'scanned', 'proposal_sent');
             insert into public.loyalty_profiles (clinic_id, customer_id, referral_code, total_spent) values ('{A}', md5('customer:1')::uuid, 'BN000001', 1234.56);
             insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', md5('customer:1')::uuid, 'earned', 1500, 'infinity');
             insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'ส่วนลด 5%', 'discount_percentage', 500, 'NaN');
             insert into public.customer_preferences (clinic_id, customer_id, preferred_channels) values ('{A}', md5('customer:1')::uuid, '{{line}}');
             insert into desk.visit (clinic_id, id, customer_id, appointment_id, journey_id, day, queue_number, arrived_at, arrived_by, arrived_device)
               values ('{A}', gen_random_uuid(), md5('customer:1')::uuid, md5('appointment:1')::uuid, '{journey}', '2026-10-01', 12, '2026-10-01T10:21:30.000001+07:00', md5('user:7')::uuid, 'PC-หน้าร้าน');
             update public.appointments set desk_journey_id = '{journey}' where id = md5('appointment:1')::uuid;
             insert into public.automation_rules (clinic_id, rule_name, trigger_stage, target_action, target_data) values ('{A}', 'กฎ', 'follow_up', 'move', '{{\"action\": \"close_case\"}}');
             update public.customers set metadata = '{{\"line_name\": \"ต้น🌸\"}}', date_of_birth = '1990-02-28', notes = E'บรรทัดหนึ่ง\\nสอง \"\\\\', tags = '[\"vip\"]' where id = md5('customer:1')::uuid;
             insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{A}', 'คุณมะลิ ใจดี', 88, 'hot', 'high');
             with spent as (insert into public.point_transactions (clinic_id, customer_id, type, amount) select '{A}', customer_id, 'redeemed', -1 from public.loyalty_profiles where clinic_id = '{A}' and available_points > 0 limit 1 returning id, customer_id)
             insert into desk.coupon (clinic_id, id, code, customer_id, reward_id, name, kind, value, is_stackable, points, lots, expires_at, issued_at, issued_by, issued_device)
               select '{A}', id, 'K7QF29MX', customer_id, gen_random_uuid(), 'มาสก์', 'free_service', 0, true, 1, '[{{\"lot\": \"x\", \"points\": 1}}]', now() + interval '1 year', now(), md5('user:7')::uuid, 'PC-หน้าร้าน' from spent;
             insert into desk.payment (clinic_id, id, number, customer_id, satang, method, taken_at, taken_by, taken_device, note, points, multiplier)
               values ('{A}', gen_random_uuid(), 7, md5('customer:1')::uuid, 199900, 'promptpay', '2026-10-01T10:41:30.000001+07:00', md5('user:7')::uuid, 'PC-หน้าร้าน', 'เลเซอร์', 399, 2.5);
             insert into desk.lease (clinic_id, device, day, points, per_customer, taken_by, ends_at, settles_until) values ('{A}', 'PC-หน้าร้าน', '2026-10-01', 500, 200, md5('user:7')::uuid, '2026-10-01T23:59:59+07:00', '2026-10-08T23:59:59+07:00');
             insert into desk.referral (clinic_id, id, referrer_id, friend_id, made_at, made_by, by_code, state, reasons, decided_at, decided_by, note)
               values ('{A}', gen_random_uuid(), md5('customer:1')::uuid, md5('customer:3')::uuid, '2026-10-01T10:41:30.000001+07:00', md5('user:7')::uuid, true, 'refused', '{{same_address,same_name}}', now(), md5('user:7')::uuid, 'คนเดียวกัน 🌸');
             insert into public.achievements (clinic_id, name, category, conditions, badge_icon, special_reward, is_secret) values ('{A}', 'ลับ', 'special', '{{\"totalSpent\": 1}}', '🌱', '{{\"name\": \"มาสก์\"}}', true);
             insert into desk.achieved (clinic_id, customer_id, achievement_id, period, percent, reward) select '{A}', md5('customer:1')::uuid, a.id, '2026', 99, 'มาสก์' from public.achievements a;
             insert into desk.approval (clinic_id, id, kind, customer_id, points, reason, note, reward_id, asked_at, asked_by, asked_device, state, decided_at, decided_by, why, entry_id)
               values ('{A}', gen_random_uuid(), 'gift', md5('customer:1')::uuid, 500, 'other', 'ใจดี', gen_random_uuid(), now(), md5('user:7')::uuid, 'PC-1', 'agreed', now(), md5('user:1')::uuid, 'ได้', gen_random_uuid());
             insert into desk.merge_step values (pg_current_xact_id(), md5('customer:7')::uuid, md5('customer:9')::uuid);
             insert into desk.merge (clinic_id, id, from_id, into_id, merged_at, merged_by, until) values ('{A}', md5('merge:1')::uuid, md5('customer:7')::uuid, md5('customer:9')::uuid, '2026-10-01T10:41:30.000001+07:00', md5('user:1')::uuid, '2026-10-31T23:59:59+07:00');
             delete from desk.merge_step;
             insert into desk.closed_day (clinic_id, day, name) values ('{A}', '2026-12-31', 'วันสิ้นปี');
             insert into desk.contact (clinic_id, id, customer_id, person_id, direction, outcome, note, at) values ('{A}', md5('contact:1')::uuid, md5('customer:1')::uuid, md5('user:7')::uuid, 'out', 'talked', 'คุยแล้ว', now())"
        ),
    );
}

#[tokio::test]
async fn a_code_works_once_and_makes_the_login_its_own() {
    let pg = migrated().await;
    let ticket = ticket(&pg, "BKK01", 7).await;
    let mut early = connect(&options(&ticket.connect_to())).await.unwrap();
    assert_eq!(
        code(feed::head(&mut early).await.unwrap_err()),
        "not_enrolled",
        "before enrolment it sees nothing"
    );
    assert_eq!(
        code(push(&mut early, Uuid::now_v7(), &[]).await.unwrap_err()),
        "not_enrolled"
    );
    let password = new_password().unwrap();
    let who = enrol(&ticket, &password, "PC-1").await.unwrap();
    assert_eq!(
        (
            who.clinic_id.to_string().as_str(),
            who.role.as_str(),
            who.nickname.as_deref()
        ),
        (A, "sales", Some("นิก7"))
    );
    assert_eq!(
        (who.clinic_name_th.as_str(), who.clinic_name_en.as_str()),
        ("คลินิกเอ", "Clinic A")
    );
    assert_eq!(code(enrol(&ticket, &password, "PC-2").await.unwrap_err()), "code_used");
    let again = sqlx::query("select desk.enrol('SCRAM-SHA-256$4096:YQ==$YQ==:YQ==', 'x')")
        .execute(&mut early)
        .await;
    assert_eq!(code(ClinicError::from(again.unwrap_err())), "code_used");
    let mut conn = connect(&options(&ticket.connect_with(&password))).await.unwrap();
    assert_eq!(feed::head(&mut conn).await.unwrap().clinic_id.to_string(), A);
}

#[tokio::test]
async fn an_expired_code_says_so() {
    let pg = migrated().await;
    let mut ticket = ticket(&pg, A, 7).await;
    pg.psql(DB, "update desk.enrolment set expires_at = now() - interval '1 minute'");
    assert_eq!(code(enrol(&ticket, "abc", "PC").await.unwrap_err()), "code_expired");
    pg.psql(DB, &format!("alter role {} valid until '2020-01-01'", ticket.login));
    ticket.expires_at = chrono_past();
    assert_eq!(code(enrol(&ticket, "abc", "PC").await.unwrap_err()), "code_expired");
}

fn chrono_past() -> sqlx::types::chrono::DateTime<sqlx::types::chrono::Utc> {
    sqlx::types::chrono::DateTime::from_timestamp(1_577_836_800, 0).unwrap()
}

#[tokio::test]
async fn a_person_who_leaves_is_out_at_once_and_keeps_their_name() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    assert_eq!(may.act("task.complete", json!({ "id": task })).await, "ok");
    assert_eq!(
        staff::disable(&mut admin(&pg).await, A, "user7@example.test")
            .await
            .unwrap(),
        1
    );
    assert!(
        feed::head(&mut may.conn).await.unwrap_err().is_passing(),
        "its connections are ended"
    );
    assert!(matches!(connect(&may.options).await, Err(ClinicError::LoginEnded)));
    assert_eq!(
        pg.psql(
            DB,
            "select s.nickname from public.task_queue t join desk.staff s on s.person_id = t.completed_by"
        ),
        "นิก7"
    );
    let people = staff::list(&mut admin(&pg).await).await.unwrap();
    assert!(
        people
            .iter()
            .any(|row| row.disabled_at.is_some() && !row.active && row.device.as_deref() == Some("PC-หน้าร้าน"))
    );
}

#[tokio::test]
async fn a_first_load_and_the_feed_give_the_same_rows_to_the_last_bit() {
    let pg = migrated().await;
    fill(&pg);
    // Rows from before the migration are not in the feed; touching each puts them there.
    pg.psql(DB, "update public.customers set notes = coalesce(notes, 'x'); update public.notifications set message = message || '.'; update public.appointments set notes = 'x'; update desk.staff set nickname = 'ก'; update desk.clinic set quiet_from = '21:00';
        alter table desk.loyalty_policy disable trigger keep_policy; update desk.loyalty_policy set reason = 'x'; alter table desk.loyalty_policy enable trigger keep_policy");
    let mut may = desk(&pg, A, 7).await;
    let (copied, version) = load(&mut may).await;
    for table in SYNCED {
        assert!(
            copied.keys().any(|(number, _)| *number == table.number),
            "nothing in {}",
            table.name
        );
    }
    assert_eq!(
        copied.keys().filter(|(number, _)| *number == 1).count(),
        500,
        "clinic A's half"
    );
    for limit in [7, 5000] {
        let mut pulled = Rows::new();
        let end = follow(&mut may, CLINIC, Position::START, limit, &mut pulled).await;
        follow(
            &mut may,
            &person_scope(uid(&pg, "user", 7)),
            Position::START,
            limit,
            &mut pulled,
        )
        .await;
        assert_eq!(end, Position::end_of(version));
        assert!(
            pulled == copied,
            "pages of {limit}: {} and {} rows",
            pulled.len(),
            copied.len()
        );
    }
    let customer = &copied[&(1, uid(&pg, "customer", 1))];
    assert_eq!(customer[6], Value::Text("ต้น🌸".into()));
    assert_eq!(customer[7], Value::Text("1990-02-28".into()));
}

#[tokio::test]
async fn every_change_arrives_once_as_what_it_was() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (mut rows, version) = load(&mut may).await;
    let mut at = Position::end_of(version);
    let insert = format!(
        "insert into public.customers (clinic_id, customer_code, full_name) values ('{A}', 'N1', 'ใหม่') returning id"
    );
    let id: Uuid = pg.psql(DB, &insert).parse().unwrap();
    at = follow(&mut may, CLINIC, at, 100, &mut rows).await;
    assert_eq!(rows[&(1, id)][2], Value::Text("ใหม่".into()));
    let before = feed::head(&mut may.conn).await.unwrap().version;
    pg.psql(DB, "update public.customers set full_name = full_name where false");
    pg.psql(DB, "update desk.staff set nickname = nickname");
    assert_eq!(
        feed::head(&mut may.conn).await.unwrap().version,
        before,
        "what changes nothing costs no version"
    );
    pg.psql(
        DB,
        &format!("insert into public.customers (clinic_id, customer_code, full_name) values ('{B}', 'N2', 'ของบี')"),
    );
    assert_eq!(
        feed::head(&mut may.conn).await.unwrap().version,
        before,
        "nor does another clinic's change"
    );
    pg.psql(DB, &format!("delete from public.customers where id = '{id}'"));
    let page = feed::pull(&mut may.conn, CLINIC, at, 100, &[]).await.unwrap();
    assert_eq!(
        page.rows
            .iter()
            .map(|change| (change.tbl, change.op, change.pk))
            .collect::<Vec<_>>(),
        [(1, Op::Delete, id)]
    );
    let refused = pg.try_psql(DB, "truncate public.customers cascade").unwrap_err();
    assert!(refused.contains("TRUNCATE"), "{refused}");
}

#[tokio::test]
async fn a_notification_that_changes_hands_leaves_one_person_and_reaches_the_other() {
    let pg = migrated().await;
    let (mut seven, mut five) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let start = Position::end_of(feed::head(&mut seven.conn).await.unwrap().version);
    let note: Uuid = pg.psql(DB, "insert into public.notifications (user_id, type, title, message) values (md5('user:7')::uuid, 'x', 'หัวข้อ', 'ข้อความ') returning id").parse().unwrap();
    assert_eq!(
        pg.psql(
            DB,
            &format!("select clinic_id from public.notifications where id = '{note}'")
        ),
        A,
        "a person's only clinic is filled in"
    );
    let (to_seven, to_five) = (person_scope(seven.who.person_id), person_scope(five.who.person_id));
    assert_eq!(
        feed::pull(&mut seven.conn, &to_seven, start, 100, &[])
            .await
            .unwrap()
            .rows
            .len(),
        1
    );
    assert_eq!(
        feed::pull(&mut five.conn, &to_five, start, 100, &[])
            .await
            .unwrap()
            .rows
            .len(),
        0
    );
    assert_eq!(
        feed::pull(&mut five.conn, &to_seven, start, 100, &[])
            .await
            .unwrap()
            .rows
            .len(),
        0,
        "nor by asking for the other's scope"
    );
    pg.psql(
        DB,
        &format!("update public.notifications set user_id = md5('user:5')::uuid where id = '{note}'"),
    );
    let left = feed::pull(&mut seven.conn, &to_seven, start, 100, &[])
        .await
        .unwrap()
        .rows;
    assert_eq!((left[0].op, &left[0].row), (Op::Leave, &None));
    assert_eq!(
        feed::pull(&mut five.conn, &to_five, start, 100, &[])
            .await
            .unwrap()
            .rows[0]
            .op,
        Op::Upsert
    );
}

#[tokio::test]
async fn versions_become_visible_in_order_whatever_the_order_of_commits() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let at = Position::end_of(feed::head(&mut may.conn).await.unwrap().version);
    let mut slow = admin(&pg).await;
    let touch = |n: u32| format!("update public.customers set notes = 'y' where id = md5('customer:{n}')::uuid");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("begin; {}", touch(1))))
        .execute(&mut slow)
        .await
        .unwrap();
    pg.psql(DB, &touch(3));
    let mut rows = Rows::new();
    let at = follow(&mut may, CLINIC, at, 100, &mut rows).await;
    assert_eq!(rows.len(), 1);
    sqlx::raw_sql("commit").execute(&mut slow).await.unwrap();
    follow(&mut may, CLINIC, at, 100, &mut rows).await;
    assert_eq!(rows.len(), 2, "the slow transaction is not lost");
}

#[tokio::test]
async fn what_is_read_to_the_end_is_a_state_that_the_clinic_had() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let note = |n: u32, text: &str| {
        format!("update public.customers set notes = {text} where id = md5('customer:{n}')::uuid;")
    };
    pg.psql(DB, &[note(1, "500"), note(3, "500")].concat());
    let mut at = Position::end_of(feed::head(&mut may.conn).await.unwrap().version - 2);

    // What one of two holds goes to the other, and between two such transactions something is done to one alone.
    let mut clinic = admin(&pg).await;
    let alone = "update public.customers set nickname = clock_timestamp()::text where id = md5('customer:1')::uuid;";
    let both = [note(1, "(notes::int - 1)::text"), note(3, "(notes::int + 1)::text")].concat();
    let (enough, mut told) = tokio::sync::oneshot::channel();
    let work = tokio::spawn(async move {
        while told.try_recv().is_err() {
            for text in [alone, &format!("begin; {both} commit")] {
                sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()))
                    .execute(&mut clinic)
                    .await
                    .unwrap();
            }
        }
    });
    let mut rows = Rows::new();
    let place = SYNCED[0]
        .columns
        .iter()
        .position(|column| column.name == "notes")
        .unwrap();
    let held = |row: &Vec<Value>| match &row[place] {
        Value::Text(text) => text.parse::<i64>().unwrap(),
        other => panic!("{other:?}"),
    };
    let mut seen = BTreeSet::new();
    while seen.len() < 40 {
        at = follow(&mut may, CLINIC, at, 100, &mut rows).await;
        let sum: i64 = rows.values().map(held).sum();
        assert_eq!(sum, 1_000, "at version {}", at.version);
        seen.insert(at.version);
    }
    enough.send(()).unwrap();
    work.await.unwrap();
}

/// Rows of the feed that a pull reads, by the server's own count.
async fn feed_rows_read(desk: &mut Desk, after: Position) -> (usize, u64) {
    desk.sql("begin").await.unwrap();
    let page = feed::pull(&mut desk.conn, CLINIC, after, 100, &[]).await.unwrap();
    let count = "select (seq_tup_read + coalesce(idx_tup_fetch, 0))::text from pg_stat_xact_user_tables where schemaname = 'desk' and relname = 'feed'";
    let read = desk.sql(count).await.unwrap().parse().unwrap();
    desk.sql("commit").await.unwrap();
    (page.rows.len(), read)
}

#[tokio::test]
async fn a_pull_reads_what_is_new_however_large_the_clinic_and_however_it_came_to_be() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    // One transaction made nearly everything, as `migrate up` and an import do: to the planner a transaction is a large part of the feed.
    pg.psql(DB, &format!("insert into public.customers (clinic_id, customer_code, full_name) select '{A}', 'M-' || n, 'ลูกค้า ' || n from generate_series(1, 30000) n"));
    pg.psql(DB, "vacuum analyze desk.feed, desk.txn");
    let imported = Position::end_of(feed::head(&mut may.conn).await.unwrap().version);
    let (rows, read) = feed_rows_read(&mut may, imported).await;
    assert!(rows == 0 && read < 50, "{read} rows of the feed read to find nothing");

    let some = "update public.customers set notes = 'x' where customer_code in ('M-1', 'M-2', 'M-3')";
    pg.psql(DB, some);
    let (rows, read) = feed_rows_read(&mut may, imported).await;
    assert!(rows == 3 && read < 50, "{read} rows of the feed read to find three");

    // A page out of the middle of the import.
    let before = Position {
        tbl: 1,
        ..Position::end_of(imported.version - 1)
    };
    let first = feed::pull(&mut may.conn, CLINIC, before, 100, &[]).await.unwrap();
    let (rows, read) = feed_rows_read(&mut may, first.next).await;
    assert!(
        rows == 100 && read < 250,
        "{read} rows of the feed read for a page of a hundred"
    );
}

#[tokio::test]
async fn a_change_wakes_the_clinic_and_only_it() {
    let pg = migrated().await;
    let (mut a, mut b) = (desk(&pg, A, 7).await, desk(&pg, B, 8).await);
    assert!(wake::probe(&a.options).await.unwrap());
    let (channel_a, channel_b) = (
        feed::head(&mut a.conn).await.unwrap().channel,
        feed::head(&mut b.conn).await.unwrap().channel,
    );
    let mut woken_a = wake::listen(&a.options, channel_a).await.unwrap();
    let mut woken_b = wake::listen(&b.options, channel_b).await.unwrap();
    pg.psql(
        DB,
        "update public.customers set notes = 'z' where id = md5('customer:1')::uuid",
    );
    heard(&mut woken_a).await;
    pg.psql(
        DB,
        "update public.customers set notes = 'z' where id = md5('customer:2')::uuid",
    );
    heard(&mut woken_b).await;
    // Everything A could hear was sent before B heard; a hint meant for B would already be there.
    assert!(
        tokio::time::timeout(Duration::from_millis(50), woken_a.next())
            .await
            .is_err()
    );
}

/// The next call, which must come.
async fn heard(wake: &mut wake::Wake) -> wake::Call {
    tokio::time::timeout(Duration::from_secs(5), wake.next())
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn a_call_says_which_version_it_is_about_and_whom_it_concerns() {
    let pg = migrated().await;
    let mut a = desk(&pg, A, 7).await;
    let channel = feed::head(&mut a.conn).await.unwrap().channel;
    let mut woken = wake::listen(&a.options, channel).await.unwrap();
    let (nok, dao) = (uid(&pg, "user", 7), uid(&pg, "user", 5));
    let tell = |people: &str| {
        format!(
            "insert into public.notifications (user_id, type, title, message) select md5('user:' || u)::uuid, 'x', 'x', 'x' from {people} t (u)"
        )
    };
    for (change, concerned) in [
        ("update public.customers set notes = 'z' where id = md5('customer:1')::uuid".to_owned(), (false, false)),
        (tell("(values (7))"), (true, false)),
        (tell("(values (7), (5))"), (true, true)),
        (
            "update public.notifications set user_id = md5('user:5')::uuid where id = (select id from public.notifications where user_id = md5('user:7')::uuid limit 1)".to_owned(),
            (true, true),
        ),
        (tell("generate_series(1, 101)"), (true, true)),
    ] {
        pg.psql(DB, &change);
        let call = heard(&mut woken).await;
        assert_eq!((call.concerns(nok), call.concerns(dao)), concerned, "{change}");
        let version = feed::head(&mut a.conn).await.unwrap().version;
        assert_eq!(call.version(), Some(version), "{change}");
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // a table of cases
async fn every_action_does_what_it_says() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    let due = followup(&pg, A, 1);
    let other = followup(&pg, A, 3);
    let note = pg.psql(DB, "insert into public.notifications (user_id, type, title, message) values (md5('user:7')::uuid, 'x', 'x', 'x') returning id");
    let (customer, entry) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(
        may.act("task.note", json!({ "id": task, "text": "ลูกค้าไม่รับสาย\nโทรใหม่บ่าย" }))
            .await,
        "ok"
    );
    assert_eq!(
        may.act(
            "task.snooze",
            json!({ "id": task, "until": "2026-12-31T10:00:00+07:00" })
        )
        .await,
        expected_snooze(&pg)
    );
    assert_eq!(
        may.act("task.reassign", json!({ "id": task, "to": uid(&pg, "user", 5) }))
            .await,
        "ok"
    );
    assert_eq!(
        may.act("task.complete", json!({ "id": task, "note": "เสร็จแล้ว" })).await,
        "ok"
    );
    assert_eq!(
        may.act("task.complete", json!({ "id": task })).await,
        "task_already_closed"
    );
    assert_eq!(may.act("customer.create", json!({ "id": customer, "full_name": "  สมหญิง รักสวย ", "nickname": "หญิง", "phone": "081-234 5678", "birth_date": "1995-05-05", "gender": "female" })).await, "ok");
    assert_eq!(may.act("customer.edit", json!({ "id": customer, "set": { "nickname": "ญิง", "email": "ying@example.test" }, "base": { "nickname": "หญิง", "email": null } })).await, "ok");
    assert_eq!(
        may.act(
            "points.award",
            json!({ "id": entry, "customer_id": customer, "satang": 1_234_567 })
        )
        .await,
        "ok"
    );
    assert_eq!(
        may.act("followup.done", json!({ "id": due, "note": "โทรแล้ว" })).await,
        "ok"
    );
    assert_eq!(
        may.act("followup.cancel", json!({ "id": other, "reason": "ย้ายบ้าน" }))
            .await,
        "ok"
    );
    assert_eq!(
        may.act("followup.cancel", json!({ "id": due })).await,
        "followup_already_closed"
    );
    assert_eq!(may.act("notification.read", json!({ "id": note })).await, "ok");
    let shown = |sql: &str| pg.psql(DB, sql);
    let notes = shown("select notes from public.task_queue");
    let lines: Vec<_> = notes.lines().collect();
    assert!(
        lines.len() == 2 && lines[0].ends_with(" นิก7: ลูกค้าไม่รับสาย โทรใหม่บ่าย") && lines[1].ends_with(" นิก7: เสร็จแล้ว"),
        "{notes}"
    );
    assert_eq!(
        shown(
            "select status, assigned_to = md5('user:5')::uuid, completed_by = md5('user:7')::uuid from public.task_queue"
        ),
        "completed|t|t"
    );
    assert_eq!(
        shown(&format!(
            "select customer_code, full_name, nickname, email from public.customers where id = '{customer}'"
        )),
        "BKK01-000001|สมหญิง รักสวย|ญิง|ying@example.test"
    );
    assert_eq!(
        shown(
            "select total_points, available_points, current_tier, total_spent, total_visits from public.loyalty_profiles"
        ),
        "1334|1334|silver|12345.67|1"
    );
    assert_eq!(
        shown("select string_agg(type || ' ' || amount, ', ' order by amount) from public.point_transactions"),
        "bonus 100, earned 1234"
    );
    assert_eq!(
        shown(
            "select string_agg(status || ' ' || (response ->> 'by'), ', ' order by status) from public.followup_executions"
        ),
        "cancelled นิก7, sent นิก7"
    );
    assert_eq!(
        shown(&format!(
            "select is_read and read_at is not null from public.notifications where id = '{note}'"
        )),
        "t"
    );
}

/// A snooze far ahead is refused, so the date must stay true for years of test runs: this test's own clock decides.
fn expected_snooze(pg: &PgCluster) -> &'static str {
    if pg.psql(DB, "select timestamptz '2026-12-31T10:00:00+07:00' between now() - interval '31 days' and now() + interval '366 days'") == "t" { "ok" } else { "date_out_of_range" }
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // a table of cases
async fn absurd_values_are_refusals_with_the_stated_codes() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    let customer = uid(&pg, "customer", 1);
    let theirs = uid(&pg, "customer", 2);
    let id = Uuid::now_v7;
    let long = "ก".repeat(10_000);
    let cases = [
        ("task.complete", json!({ "id": id() }), "task_not_found"),
        ("task.complete", json!({ "id": 7 }), "value_not_allowed"),
        ("task.complete", json!({}), "value_not_allowed"),
        ("task.complete", json!({ "id": task, "note": [1] }), "value_not_allowed"),
        ("task.note", json!({ "id": task, "text": "  " }), "text_empty"),
        ("task.note", json!({ "id": task, "text": long }), "text_too_long"),
        (
            "task.reassign",
            json!({ "id": task, "to": uid(&pg, "user", 8) }),
            "person_not_found",
        ),
        (
            "task.snooze",
            json!({ "id": task, "until": "9999-12-31T00:00:00Z" }),
            "date_out_of_range",
        ),
        (
            "task.snooze",
            json!({ "id": task, "until": "2026-13-45T00:00:00Z" }),
            "date_out_of_range",
        ),
        (
            "task.snooze",
            json!({ "id": task, "until": "infinity" }),
            "value_not_allowed",
        ),
        ("customer.create", json!({ "id": id(), "full_name": " " }), "name_empty"),
        (
            "customer.create",
            json!({ "id": id(), "full_name": long }),
            "text_too_long",
        ),
        (
            "customer.create",
            json!({ "id": id(), "full_name": "ก", "phone": "abc" }),
            "phone_invalid",
        ),
        (
            "customer.create",
            json!({ "id": id(), "full_name": "ก", "birth_date": "2999-01-01" }),
            "date_out_of_range",
        ),
        (
            "customer.create",
            json!({ "id": id(), "full_name": "ก", "birth_date": "2023-02-30" }),
            "date_out_of_range",
        ),
        (
            "customer.create",
            json!({ "id": id(), "full_name": "ก", "gender": "robot" }),
            "value_not_allowed",
        ),
        (
            "customer.create",
            json!({ "id": customer, "full_name": "ก" }),
            "value_not_allowed",
        ),
        (
            "customer.create",
            json!({ "id": theirs, "full_name": "ก" }),
            "value_not_allowed",
        ),
        (
            "customer.edit",
            json!({ "id": theirs, "set": { "phone": "0812345678" } }),
            "customer_not_found",
        ),
        (
            "customer.edit",
            json!({ "id": customer, "set": { "clinic_id": B } }),
            "value_not_allowed",
        ),
        (
            "customer.edit",
            json!({ "id": customer, "set": { "medical_notes": "x" } }),
            "value_not_allowed",
        ),
        (
            "customer.edit",
            json!({ "id": customer, "set": [] }),
            "value_not_allowed",
        ),
        (
            "customer.edit",
            json!({ "id": customer, "set": { "full_name": null } }),
            "name_empty",
        ),
        (
            "points.award",
            json!({ "id": id(), "customer_id": theirs, "satang": 100 }),
            "customer_not_found",
        ),
        (
            "points.award",
            json!({ "id": id(), "customer_id": customer, "satang": 0 }),
            "amount_out_of_range",
        ),
        (
            "points.award",
            json!({ "id": id(), "customer_id": customer, "satang": -5 }),
            "amount_out_of_range",
        ),
        (
            "points.award",
            json!({ "id": id(), "customer_id": customer, "satang": 100_000_001 }),
            "amount_out_of_range",
        ),
        (
            "points.award",
            json!({ "id": id(), "customer_id": customer, "satang": 1.5 }),
            "amount_out_of_range",
        ),
        (
            "points.award",
            json!({ "id": id(), "customer_id": customer, "satang": "100" }),
            "amount_out_of_range",
        ),
        ("followup.done", json!({ "id": id() }), "followup_not_found"),
        (
            "notification.read",
            json!({ "id": uid(&pg, "note", 1) }),
            "notification_not_found",
        ),
        ("no.such", nothing(), "action_unknown"),
    ];
    for (name, args, expected) in cases {
        let shown = args.to_string().chars().take(120).collect::<String>();
        assert_eq!(may.act(name, args).await, expected, "{name} {shown}");
    }
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.mutation where status = 'ok'"),
        "0"
    );
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.problem where code = 'action_failed'"),
        "0"
    );
}

#[tokio::test]
async fn a_repeat_gives_the_same_outcome_and_a_poison_blocks_nobody() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    let award = |may: &mut Desk| {
        may.mutation(
            "points.award",
            json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": 100_000 }),
        )
    };
    let batch = [award(&mut may), may.mutation("no.such", nothing()), award(&mut may)];
    let at = Position::end_of(feed::head(&mut may.conn).await.unwrap().version);
    let first = may.push(&batch).await.unwrap();
    assert_eq!(
        first.iter().map(|outcome| outcome.status).collect::<Vec<_>>(),
        [Status::Ok, Status::Rejected, Status::Ok]
    );
    for _ in 0..2 {
        let again = may.push(&batch).await.unwrap();
        assert!(again.iter().all(|outcome| outcome.dup));
        assert_eq!(
            again.iter().map(|o| (o.status, &o.code)).collect::<Vec<_>>(),
            first.iter().map(|o| (o.status, &o.code)).collect::<Vec<_>>()
        );
    }
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.point_transactions where type = 'earned'"
        ),
        "2"
    );
    let ids: Vec<_> = batch.iter().map(|mutation| mutation.id).collect();
    let page = feed::pull(&mut may.conn, CLINIC, at, 100, &ids).await.unwrap();
    assert_eq!(page.acks.len(), 3, "outcomes travel with the rows they changed");
    assert!(page.rows.iter().any(|change| change.tbl == 7));
}

#[tokio::test]
async fn a_letter_that_postgresql_has_no_place_for_stops_no_batch() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    let said = may.act("task.note", json!({ "id": task, "text": "ก\0ข" })).await;
    assert_eq!(said, "ok");
    let notes = format!("select notes from public.task_queue where id = '{task}'");
    assert!(pg.psql(DB, &notes).ends_with(": กข"));
}

#[tokio::test]
async fn a_gap_a_fork_and_a_newer_desk_stop_the_batch() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (one, two, three) = (
        may.mutation("no.a", nothing()),
        may.mutation("no.b", nothing()),
        may.mutation("no.c", nothing()),
    );
    may.push(std::slice::from_ref(&one)).await.unwrap();
    assert!(matches!(
        may.push(std::slice::from_ref(&three)).await,
        Err(ClinicError::Gap)
    ));
    let mut forked = two.clone();
    forked.seq = 1;
    assert!(matches!(may.push(&[forked]).await, Err(ClinicError::Forked)));
    let mut altered = one.clone();
    altered.args = json!({ "x": 1 });
    assert!(
        matches!(may.push(&[altered]).await, Err(ClinicError::Forked)),
        "the same id with other arguments"
    );
    let mut newer = two.clone();
    newer.v = 2;
    assert!(matches!(may.push(&[newer]).await, Err(ClinicError::TooOld)));
    assert_eq!(
        pg.psql(DB, "select last_seq from desk.client"),
        "1",
        "nothing of a stopped batch stays"
    );
    let restored = push(&mut may.conn, Uuid::now_v7(), &[one]).await.unwrap();
    assert!(
        restored[0].dup,
        "a restored desk sends under a new client id what was already done"
    );
    let mut five = desk(&pg, A, 5).await;
    assert_eq!(
        code(push(&mut five.conn, may.client, &[]).await.unwrap_err()),
        "client_of_another_login"
    );
}

#[tokio::test]
async fn a_passing_trouble_undoes_the_batch_and_the_repeat_succeeds() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    let batch = [may.mutation("task.note", json!({ "id": task, "text": "หนึ่ง" }))];
    let mut holder = admin(&pg).await;
    let mut held = holder.begin().await.unwrap();
    sqlx::query("select 1 from public.task_queue for update")
        .execute(&mut *held)
        .await
        .unwrap();
    let error = may.push(&batch).await.unwrap_err();
    assert!(error.is_passing(), "{error:?}");
    held.rollback().await.unwrap();
    assert_eq!(may.push(&batch).await.unwrap()[0].status, Status::Ok);
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from regexp_matches((select notes from public.task_queue), 'หนึ่ง', 'g')"
        ),
        "1"
    );
}

#[tokio::test]
async fn two_desks_at_once_both_count_and_the_later_edit_sees_the_earlier() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let customer = uid(&pg, "customer", 1);
    for _ in 0..10 {
        let award = || json!({ "id": Uuid::now_v7(), "customer_id": customer, "satang": 10_000 });
        let (one, two) = tokio::join!(may.act("points.award", award()), nok.act("points.award", award()));
        assert_eq!((one.as_str(), two.as_str()), ("ok", "ok"));
    }
    assert_eq!(pg.psql(DB, "select available_points, total_visits, (select sum(amount) from public.point_transactions) from public.loyalty_profiles"), "300|20|300");
    assert_eq!(
        may.act(
            "customer.edit",
            json!({ "id": customer, "set": { "phone": "0899999999" }, "base": { "phone": "0800000001" } })
        )
        .await,
        "ok"
    );
    let late = nok.mutation(
        "customer.edit",
        json!({ "id": customer, "set": { "phone": "0877777777" }, "base": { "phone": "0800000001" } }),
    );
    let outcome = nok.push(&[late]).await.unwrap().remove(0);
    assert_eq!(outcome.code.as_deref(), Some("changed_meanwhile"));
    assert_eq!(
        outcome.detail.unwrap(),
        json!({ "field": "phone", "yours": "0877777777", "theirs": "0899999999", "by": "นิก7" })
    );
    assert_eq!(
        nok.act(
            "customer.edit",
            json!({ "id": customer, "set": { "nickname": "ใหม่" }, "base": { "nickname": "ต้น1" } })
        )
        .await,
        "ok",
        "another field is no conflict"
    );
}

#[tokio::test]
async fn a_hot_lead_tells_those_who_answer_leads_once() {
    let pg = migrated().await;
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) values ('{A}', 'คุณมะลิ ใจดี', '0891234567', 69, 'warm', 'high')"));
    assert_eq!(
        pg.psql(DB, "select count(*) from public.notifications where type = 'hot_lead'"),
        "0"
    );
    for _ in 0..3 {
        pg.psql(
            DB,
            "update public.lead_scoring_data set overall_score = 91 where customer_name = 'คุณมะลิ ใจดี'",
        );
        pg.psql(
            DB,
            "update public.lead_scoring_data set overall_score = 50 where customer_name = 'คุณมะลิ ใจดี'",
        );
    }
    let told = pg.psql(DB, "select title, message, priority, count(*), count(distinct user_id), bool_and(metadata ->> 'subject' = 'lead:' || (metadata ->> 'lead_id')) from public.notifications where type = 'hot_lead' group by 1, 2, 3");
    assert_eq!(
        told, "ลีดร้อน: มะลิ|คะแนน 91 จาก 100|critical|2|2|t",
        "where nobody has a desk yet, those who sell and the counter"
    );
    pg.psql(DB, "update desk.lead set status = 'claimed'");
    assert_eq!(
        pg.psql(
            DB,
            "select bool_and(is_read) from public.notifications where type = 'hot_lead'"
        ),
        "t",
        "withdrawn when somebody takes it"
    );
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority, metadata) values ('{A}', '0891112222', 10, 'cold', 'low', '{{\"asked_price\": true}}')"));
    assert_eq!(
        pg.psql(
            DB,
            "select title, message from public.notifications where type = 'hot_lead' and not is_read limit 1"
        ),
        "ลีดร้อน: ลูกค้าใหม่|ถามราคา"
    );
    journey_lead(&pg);
}

fn journey_lead(pg: &PgCluster) {
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, scan_results) values ('{A}', md5('customer:5')::uuid, '{{\"urgencyScore\": 85.4}}'), ('{A}', md5('customer:7')::uuid, '{{\"urgencyScore\": \"very\"}}');
        insert into public.workflow_states (clinic_id, customer_id, metadata) values ('{A}', md5('customer:9')::uuid, '{{\"score\": 85.4}}'), ('{A}', md5('customer:11')::uuid, '{{\"score\": \"very\"}}')"));
    assert_eq!(pg.psql(DB, "select string_agg(name || ' ' || score || ' ' || is_hot, ', ' order by score desc, name) from desk.lead where source_table = 'workflow_states'"), "ต้น9 87 true, ต้น11 34 false, ต้น5 34 false, ต้น7 34 false", "by what the web system says, never by a scan");
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{}', 'x', 99, 'hot', 'high')", Uuid::new_v4()));
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from desk.problem where code = 'lead_without_clinic'"
        ),
        "1",
        "odd data is noted, and the web system's insert goes through"
    );
}
