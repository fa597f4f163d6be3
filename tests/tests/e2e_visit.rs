//! At the door, in real windows and by keyboard, in Thai and in English: the wrong Ploy is checked in and taken back, and the third session of a course is done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use clinic_support::{A, DB, migrated, ticket};
use desk_tests::harness::{desk::Desk, notifications::Toast, pg::PgCluster};
use e2e_support::{LONG, agreed, counter, ctrl, find, gone, key, press, says, screen, see, type_keys};
use thirtyfour::{By, Key};
use uuid::Uuid;

/// What is read in a language.
struct Words {
    language: &'static str,
    waits: &'static str,
    undone: &'static str,
    not_started: &'static str,
    session: &'static str,
    third_done: &'static str,
}

const THAI: Words = Words {
    language: "th",
    waits: "รอ 0:0",
    undone: "ย้อนเช็กอิน",
    not_started: "จบไม่ได้ ยังไม่ได้เริ่มทำ",
    session: "ครั้งที่ 3 จาก 5",
    third_done: "เสร็จ",
};
const ENGLISH: Words = Words {
    language: "en",
    waits: "Waiting 0:0",
    undone: "Check-in taken back",
    not_started: "Cannot finish yet: nobody has started",
    session: "Session 3 of 5",
    third_done: "Done",
};

/// A clinic in whose zone it is noon, whenever the test runs: at midnight nobody of the day can be late yet.
async fn at_noon() -> PgCluster {
    let pg = migrated().await;
    pg.psql(DB, &format!("update desk.clinic set timezone = (select name from pg_timezone_names where name like 'Etc/GMT%' and extract(hour from now() at time zone name) = 12 limit 1) where clinic_id = '{A}'"));
    pg
}

/// A booking of today for customer `n` of clinic A whom person 7 treats, at this time of the clinic, on this journey.
fn booked(pg: &PgCluster, customer: u32, time: &str, journey: Option<Uuid>) -> Uuid {
    let journey = journey.map_or_else(|| "null".to_owned(), |id| format!("'{id}'"));
    pg.psql(DB, &format!("insert into public.appointments (clinic_id, customer_id, staff_id, appointment_code, appointment_type, status, appointment_date, start_time, end_time, desk_journey_id)
        select '{A}', md5('customer:{customer}')::uuid, md5('user:7')::uuid, 'T{customer}', 'treatment', 'confirmed', d, t, t + interval '30 minutes', {journey}
        from (select (now() at time zone timezone)::date as d, {time} as t from desk.clinic where clinic_id = '{A}') x returning id"))
        .parse()
        .unwrap()
}

/// A PC that looks at the agenda.
async fn at_the_agenda(pg: &PgCluster, n: u32, name: &str, words: &Words) -> Desk {
    let pc = counter(ticket(pg, A, n).await.code(), name, words.language).await;
    key(&pc, Key::F3).await;
    screen(&pc, "agenda").await;
    pc
}

/// Waits until a line of the agenda stands so.
async fn stands(pc: &Desk, standing: &str) {
    find(
        pc,
        &format!("[data-screen=agenda] [data-row-id] [data-standing={standing}]"),
    )
    .await;
}

fn arrivals(pg: &PgCluster) -> String {
    pg.psql(DB, "select count(*) from public.notifications where type = 'visit_arrived' and user_id = md5('user:7')::uuid and coalesce(expires_at > now(), true) and not is_read")
}

async fn the_wrong_ploy(words: &Words) {
    let pg = at_noon().await;
    booked(&pg, 1, "time '10:30'", None);
    let (a, b) = tokio::join!(
        at_the_agenda(&pg, 5, "PC-A", words),
        at_the_agenda(&pg, 7, "PC-B", words)
    );
    press(&a, "[data-screen=agenda] [data-row-id]").await;
    type_keys(&a, " ").await;
    stands(&a, "waiting").await;
    says(&a, "[data-screen=agenda] [data-row-id]", words.waits).await;
    stands(&b, "waiting").await;
    find(&a, "[data-detail=agenda] [data-queue=A1]").await;

    ctrl(&a, 'z').await;
    gone(&a, "[data-standing=waiting]").await;
    gone(&b, "[data-standing=waiting]").await;
    agreed(&a).await;
    assert_eq!(arrivals(&pg), "0", "nobody is told of what was taken back");

    type_keys(&a, " ").await;
    stands(&a, "waiting").await;
    stands(&b, "waiting").await;
    b.notifications()
        .toast("one arrival", LONG, |toast: &Toast| !toast.summary.is_empty())
        .await;
    assert_eq!(arrivals(&pg), "1");
    assert_eq!(
        b.notifications().toasts().len(),
        1,
        "told once, after the ten seconds in which it may be taken back"
    );

    let door = a.window().find_all(By::Css("[data-step]")).await.unwrap();
    let mut steps = vec![];
    for step in door {
        steps.push(step.text().await.unwrap());
    }
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(
        steps.iter().all(|step| step.contains("นิก5") && step.contains("PC-A")),
        "{steps:?}"
    );
    assert!(steps[1].contains(words.undone), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_ploy_in_thai() {
    the_wrong_ploy(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_ploy_in_english() {
    the_wrong_ploy(&ENGLISH).await;
}

/// A course of five of customer 1, two sessions of which are done, waiting for the third; and another one beside it.
fn two_courses(pg: &PgCluster) -> (Uuid, Uuid) {
    let course = || {
        pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, treatment_plan, desk_sessions_done) values ('{A}', md5('customer:1')::uuid, 'treatment_scheduled', '{{\"name\": \"HydraFacial\", \"sessions\": 5}}', 2) returning id"))
            .parse()
            .unwrap()
    };
    (course(), course())
}

fn journey(pg: &PgCluster, id: Uuid) -> String {
    pg.psql(DB, &format!("select current_stage || ' ' || desk_sessions_done || '/' || desk_sessions_planned || ' ' || coalesce(desk_outcome, 'open') from public.workflow_states where id = '{id}'"))
}

/// Sixteen minutes ago: who has not come by then is late.
const LATE: &str = "(now() at time zone timezone - interval '16 minutes')::time";

async fn the_third_of_five(words: &Words) {
    let pg = at_noon().await;
    let (way, other) = two_courses(&pg);
    booked(&pg, 1, "time '00:00'", Some(way));
    let missed = booked(&pg, 3, LATE, None);
    let pc = at_the_agenda(&pg, 5, "PC-A", words).await;
    says(&pc, "[data-screen=agenda]", words.session).await;
    press(&pc, "[data-screen=agenda] [data-row-id]").await;
    type_keys(&pc, " ").await;
    stands(&pc, "waiting").await;
    type_keys(&pc, "d").await;
    see(&pc, words.not_started).await;
    stands(&pc, "waiting").await;
    type_keys(&pc, "s").await;
    stands(&pc, "serving").await;
    agreed(&pc).await;
    assert_eq!(journey(&pg, way), "in_treatment 2/5 open");
    type_keys(&pc, "d").await;
    stands(&pc, "done").await;
    see(&pc, words.third_done).await;
    agreed(&pc).await;
    assert_eq!(
        journey(&pg, way),
        "treatment_completed 3/5 open",
        "two are left, and the journey is not over"
    );
    assert_eq!(
        journey(&pg, other),
        "treatment_scheduled 2/5 open",
        "the other course is untouched"
    );

    stands(&pc, "late").await;
    press(&pc, "[data-screen=agenda] [data-row-id]:has([data-standing=late])").await;
    type_keys(&pc, "x").await;
    stands(&pc, "no_show").await;
    agreed(&pc).await;
    assert_eq!(
        pg.psql(
            DB,
            &format!("select status from public.appointments where id = '{missed}'")
        ),
        "no_show"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_of_five_in_thai() {
    the_third_of_five(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_of_five_in_english() {
    the_third_of_five(&ENGLISH).await;
}
