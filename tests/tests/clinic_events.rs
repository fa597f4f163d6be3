//! Events of a journey in the clinic's database: each kind goes to whom it concerns, whoever writes it, once, and is processed when they have seen it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, B, DB, desk, journey, migrated, uid};
use desk_core::phrase;
use desk_tests::harness::pg::PgCluster;
use serde_json::json;
use uuid::Uuid;

const OWNER: u32 = 1;
const SELLER: u32 = 7;
const FRONT: u32 = 5;
/// Two who treat; the first has the journey.
const TREATS: u32 = 3;
const ALSO_TREATS: u32 = 9;

/// The clinic's people with their parts, and a journey that the seller sells and the first beautician treats; its task.
async fn clinic() -> (PgCluster, Uuid, Uuid) {
    let pg = migrated().await;
    for (n, role) in [
        (OWNER, "owner"),
        (SELLER, "sales"),
        (FRONT, "front_desk"),
        (TREATS, "beautician"),
        (ALSO_TREATS, "beautician"),
    ] {
        pg.psql(DB, &format!("insert into desk.staff (clinic_id, person_id, role, nickname, display_name, active) select '{A}', u.id, '{role}', 'นิก{n}', 'คน{n}', true from public.users u where u.id = md5('user:{n}')::uuid
            on conflict (clinic_id, person_id) do update set role = '{role}', active = true"));
    }
    pg.psql(DB, &format!("update desk.staff set active = false where clinic_id = '{A}' and person_id <> all (array(select md5('user:' || n)::uuid from unnest(array[{OWNER}, {SELLER}, {FRONT}, {TREATS}, {ALSO_TREATS}]) n))"));
    let (way, task) = journey(&pg, A, 1, SELLER);
    pg.psql(
        DB,
        &format!(
            "update public.workflow_states set assigned_beautician_id = md5('user:{TREATS}')::uuid where id = '{way}'"
        ),
    );
    pg.psql(
        DB,
        "delete from public.workflow_events; delete from public.notifications",
    );
    (pg, way, task)
}

/// An event as the web system writes it; who was told, by number.
fn written(pg: &PgCluster, way: Uuid, kind: &str, data: &str, named: &str) -> (Uuid, String) {
    let id: Uuid = pg
        .psql(DB, &format!("insert into public.workflow_events (workflow_id, event_type, event_data, target_users, broadcast) values ('{way}', '{kind}', '{data}', {named}, cardinality({named}) = 0) returning id"))
        .parse()
        .unwrap();
    (id, told(pg, id))
}

fn told(pg: &PgCluster, event: Uuid) -> String {
    pg.psql(DB, &format!("select coalesce(string_agg(n.user_id::text, ' ' order by n.user_id), '') from public.notifications n where n.metadata ->> 'event_id' = '{event}'"))
}

fn people(pg: &PgCluster, who: &[u32]) -> String {
    let mut ids: Vec<String> = who.iter().map(|n| uid(pg, "user", *n).to_string()).collect();
    ids.sort();
    ids.join(" ")
}

const NOBODY: &str = "'{}'::uuid[]";

#[tokio::test]
async fn each_of_the_eight_goes_to_whom_it_concerns_once_and_nobody_else() {
    let (pg, way, task) = clinic().await;
    let user = format!("array[md5('user:{FRONT}')::uuid]");
    for (kind, data, named, who) in [
        ("customer_scanned", "{}", NOBODY, vec![TREATS]),
        ("appointment_scheduled", "{}", NOBODY, vec![TREATS]),
        ("treatment_completed", "{}", NOBODY, vec![SELLER]),
        ("payment_received", "{}", NOBODY, vec![SELLER]),
        ("upsell_opportunity", "{}", NOBODY, vec![SELLER]),
        (
            "task_assigned",
            &format!("{{\"metadata\": {{\"taskId\": \"{task}\"}}}}"),
            NOBODY,
            vec![SELLER],
        ),
        ("workflow_updated", "{}", NOBODY, vec![OWNER]),
        ("notification_sent", "{}", &user, vec![FRONT]),
        ("notification_sent", "{}", NOBODY, vec![]),
        ("something_else", "{}", NOBODY, vec![]),
    ] {
        let (id, heard) = written(&pg, way, kind, data, named);
        assert_eq!(heard, people(&pg, &who), "{kind}");
        let kept = format!(
            "select event_type, cardinality(target_users), broadcast from public.workflow_events where id = '{id}'"
        );
        let is_known = kind != "something_else";
        assert_eq!(
            pg.psql(DB, &kept),
            format!("{kind}|{}|{}", who.len(), if is_known { "f" } else { "t" })
        );
    }
    let kinds = pg.psql(DB, "select count(*), count(distinct event) from desk.event_kind");
    assert_eq!(kinds, "8|8");
}

#[tokio::test]
async fn who_has_left_is_replaced_by_their_role_and_who_caused_it_is_not_told() {
    let (pg, way, _) = clinic().await;
    pg.psql(
        DB,
        &format!("update desk.staff set active = false where person_id = md5('user:{TREATS}')::uuid"),
    );
    assert_eq!(
        written(&pg, way, "appointment_scheduled", "{}", NOBODY).1,
        people(&pg, &[ALSO_TREATS])
    );
    let by = format!("{{\"sourceUserId\": \"{}\"}}", uid(&pg, "user", SELLER));
    assert_eq!(written(&pg, way, "payment_received", &by, NOBODY).1, "");
    let stranger = format!("array[md5('user:2')::uuid, md5('user:{TREATS}')::uuid]");
    assert_eq!(
        written(&pg, way, "customer_scanned", "{}", &stranger).1,
        people(&pg, &[ALSO_TREATS]),
        "another clinic's person and one who has left are nobody here"
    );
    let hostile = "{\"priority\": \"urgent\", \"sourceUserId\": \"x\", \"metadata\": 7, \"message\": \"0812345678\"}";
    let (id, heard) = written(&pg, way, "payment_received", hostile, NOBODY);
    assert_eq!(heard, people(&pg, &[SELLER]));
    let note = format!(
        "select priority, action_url, metadata ? 'subject', title from public.notifications where metadata ->> 'event_id' = '{id}'"
    );
    let shown = pg.psql(DB, &note);
    assert!(shown.starts_with(&format!("high|/journeys/{way}|f|ชำระแล้ว")), "{shown}");
    assert_eq!(
        pg.psql(
            DB,
            &format!("select count(*) from public.notifications where clinic_id = '{B}'")
        ),
        "0"
    );
}

#[tokio::test]
async fn what_is_seen_by_all_of_them_is_processed_and_what_is_sent_again_comes_once() {
    let (pg, way, _) = clinic().await;
    pg.psql(
        DB,
        &format!("update public.workflow_states set assigned_beautician_id = null where id = '{way}'"),
    );
    let (id, heard) = written(&pg, way, "customer_scanned", "{}", NOBODY);
    assert_eq!(heard, people(&pg, &[TREATS, ALSO_TREATS]));
    let processed = || {
        pg.psql(
            DB,
            &format!("select processed from public.workflow_events where id = '{id}'"),
        )
    };
    let mut seen = vec![];
    for n in [TREATS, ALSO_TREATS] {
        let mut ann = desk(&pg, A, n).await;
        let note: Uuid = pg
            .psql(
                DB,
                &format!("select id from public.notifications where user_id = md5('user:{n}')::uuid"),
            )
            .parse()
            .unwrap();
        let read = ann.mutation("notification.read", json!({ "id": note }));
        ann.push(std::slice::from_ref(&read)).await.unwrap();
        ann.push(&[read]).await.unwrap();
        seen.push(processed());
    }
    assert_eq!(seen, ["f", "t"]);
    let again = pg.psql(
        DB,
        &format!("update public.workflow_events set event_data = event_data || '{{\"x\": 1}}' where id = '{id}'"),
    );
    assert_eq!(
        (again.as_str(), told(&pg, id)),
        ("", heard),
        "a change of the row tells nobody anew"
    );
}

#[tokio::test]
async fn a_move_at_a_desk_is_addressed_by_the_same_table() {
    let (pg, way, _) = clinic().await;
    let mut nok = desk(&pg, A, FRONT).await;
    let step = |action: &str, facts: serde_json::Value| json!({ "id": way, "action": action, "entry": Uuid::now_v7(), "facts": facts, "note": "ลูกค้าขอ" });
    let mut owner = desk(&pg, A, OWNER).await;
    assert_eq!(owner.act("journey.move", step("send_proposal", json!({}))).await, "ok");
    pg.psql(
        DB,
        "delete from public.workflow_events; delete from public.notifications",
    );
    for (action, facts, who) in [
        ("confirm_payment", json!({ "amount": 100_000 }), SELLER),
        ("schedule_appointment", json!({}), TREATS),
        ("no_show", json!({}), OWNER),
    ] {
        assert_eq!(nok.act("journey.move", step(action, facts)).await, "ok", "{action}");
        let last = pg.psql(
            DB,
            "select id from public.workflow_events order by created_at desc limit 1",
        );
        assert_eq!(told(&pg, last.parse().unwrap()), people(&pg, &[who]), "{action}");
    }
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) = count(distinct (user_id, metadata ->> 'event_id')) from public.notifications"
        ),
        "t"
    );
}

/// What these functions write elsewhere than into a notification: notes on tasks, and titles of tasks.
const ELSEWHERE: [&str; 4] = ["ย้ายจาก ", "งานนี้เป็นของหน้าที่อื่น", "ไม่อยู่", " รอเกิน 10 นาที (คิว "];

#[tokio::test]
async fn every_word_that_the_database_may_say_in_a_notification_is_said_in_english_too() {
    let pg = migrated().await;
    let bodies = pg.psql(DB, r"select string_agg(p.prosrc, E'\n') from pg_proc p where p.pronamespace = 'desk'::regnamespace and p.prosrc ~ 'desk\.(notify|emit|tell_booking)\('");
    let titles = pg.psql(DB, "select string_agg(title, E'\n') from desk.event_kind");
    let code = bodies.lines().map(|line| line.split("--").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let is_thai = |word: &&str| word.chars().any(|sign| ('\u{e01}'..='\u{e5b}').contains(&sign));
    // What stands between the odd and the even quotation mark is said.
    let said = code
        .split('\'')
        .skip(1)
        .step_by(2)
        .chain(titles.lines())
        .filter(is_thai);
    let said: Vec<&str> = said.filter(|word| !ELSEWHERE.contains(word)).collect();
    assert!(said.len() > 40, "{said:?}");
    let unknown: Vec<&str> = said.into_iter().filter(|word| !phrase::is_known(word)).collect();
    assert_eq!(unknown, Vec::<&str>::new());
}
