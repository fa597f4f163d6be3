//! A hot lead in real windows, in Thai and in English: both sellers hear of it once, whoever takes it has it and the other's toast goes, a call and not the automatic
//! greeting stops its clock, and a lead that nobody takes goes to the next one and then to the manager, once each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod e2e_support;

use clinic_support::{A, DB, admin, let_sell, migrated, ticket};
use desk_clinic::worker;
use desk_tests::harness::{desk::Desk, notifications::Toast, pg::PgCluster, wait::eventually};
use e2e_support::{LONG, agreed, counter, find, gone, screen, see, type_keys};
use thirtyfour::Key;

/// What is read in a language.
struct Words {
    language: &'static str,
    /// A time as somebody types it.
    tomorrow: &'static str,
}

const THAI: Words = Words {
    language: "th",
    tomorrow: "พรุ่งนี้บ่ายสอง",
};
const ENGLISH: Words = Words {
    language: "en",
    tomorrow: "tomorrow 2pm",
};

/// The web system's scoring finds somebody hot.
fn hot(pg: &PgCluster, name: &str) {
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority)
        values ('{A}', '{name}', '084-555-6666', 92, 'hot', 'high')"));
}

fn about(name: &'static str) -> impl Fn(&Toast) -> bool {
    move |toast| toast.summary.contains(name)
}

fn count(pc: &Desk, name: &'static str) -> usize {
    pc.notifications()
        .toasts()
        .iter()
        .filter(|toast| about(name)(toast))
        .count()
}

async fn field(pg: &PgCluster, name: &str, fields: &str, wanted: &str) {
    let sql = format!("select {fields} from desk.lead where name = '{name}'");
    eventually(format!("{fields} of {name} becomes {wanted}"), LONG, async || {
        (pg.psql(DB, &sql) == wanted).then_some(())
    })
    .await;
}

/// A step of a lead's escalation becomes due, and a worker takes its turn.
async fn due(pg: &PgCluster, name: &str, step: &str) {
    pg.psql(DB, &format!("update desk.timer t set due_at = now() from desk.lead l where l.name = '{name}' and t.occasion = '{step}:' || l.id and t.state = 'waiting'"));
    let mut conn = admin(pg).await;
    while worker::fire_next(&mut conn).await.unwrap() {}
}

async fn a_hot_lead(words: &Words) {
    let pg = migrated().await;
    // Always open: what the clocks do at night is told elsewhere.
    pg.psql(DB, &format!("update desk.clinic set opening = (select jsonb_object_agg(d, '[[\"00:00\",\"24:00\"]]'::jsonb) from unnest(array['mon','tue','wed','thu','fri','sat','sun']) d) where clinic_id = '{A}'"));
    let (may, other) = tokio::join!(
        counter(ticket(&pg, A, 7).await.code(), "PC-B", words.language),
        counter(ticket(&pg, A, 5).await.code(), "PC-A", words.language)
    );
    let_sell(&pg, 7);
    let_sell(&pg, 5);
    agreed(&may).await;
    agreed(&other).await;
    taken_and_called(&pg, &may, &other, words).await;
    passed_on(&pg, &may, &other, words).await;
}

async fn taken_and_called(pg: &PgCluster, may: &Desk, other: &Desk, words: &Words) {
    hot(pg, "มายด์ ทดสอบ");
    let toast = may.notifications().toast("the lead here", LONG, about("มายด์")).await;
    let there = other.notifications().toast("the lead there", LONG, about("มายด์")).await;
    assert!(!there.body.is_empty(), "why it is hot");
    may.notifications().press(toast.id, "claim");
    eventually("the other toast goes", LONG, async || {
        other
            .notifications()
            .shown()
            .iter()
            .all(|toast| !about("มายด์")(toast))
            .then_some(())
    })
    .await;
    screen(may, "leads").await;
    see(may, "084-555-6666").await;
    field(
        pg,
        "มายด์ ทดสอบ",
        "status || '|' || (answered_at is null)",
        "claimed|true",
    )
    .await;

    type_keys(may, "c").await;
    find(may, "[data-dialog=answer] [data-option]:focus").await;
    type_keys(may, "1").await;
    find(may, "[data-dialog=answer] [name=note]:focus").await;
    let next = find(may, "[data-dialog=answer] [name=next]").await;
    next.send_keys(words.tomorrow).await.unwrap();
    find(may, "[data-dialog=answer] [data-moment=certain]").await;
    next.send_keys(Key::Enter.value().to_string()).await.unwrap();
    gone(may, "dialog[open]").await;
    agreed(may).await;
    field(pg, "มายด์ ทดสอบ", "(answered_at is not null)::text || '|' || outcome || '|' || to_char(next_at at time zone 'Asia/Bangkok', 'HH24:MI')", "true|talked|14:00").await;
    assert_eq!((count(may, "มายด์"), count(other, "มายด์")), (1, 1), "one toast a person");
}

/// Nobody reacts: after five opening minutes the next one hears of it, after fifteen the manager.
async fn passed_on(pg: &PgCluster, may: &Desk, other: &Desk, words: &Words) {
    let manager = counter(ticket(pg, A, 3).await.code(), "PC-M", words.language).await;
    hot(pg, "แอน ทดสอบ");
    for pc in [may, other] {
        pc.notifications().toast("the second lead", LONG, about("แอน")).await;
    }
    due(pg, "แอน ทดสอบ", "pass").await;
    due(pg, "แอน ทดสอบ", "raise").await;
    manager
        .notifications()
        .toast("the manager hears of it", LONG, about("แอน"))
        .await;
    agreed(&manager).await;
    due(pg, "แอน ทดสอบ", "raise").await;
    assert_eq!(count(&manager, "แอน"), 1, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_lead_in_thai() {
    a_hot_lead(&THAI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_lead_in_english() {
    a_hot_lead(&ENGLISH).await;
}
