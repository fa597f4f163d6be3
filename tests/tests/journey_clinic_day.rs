//! A clinic elsewhere lives by its own clock: what today is, when it is quiet, and how times are written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use clinic_support::{A, DB, journey, migrated, ticket};
use desk_app::{
    Desk,
    api::{
        Nothing,
        settings::SettingsSet,
        task::{TaskList, TaskNote, TaskState, Whose},
    },
    error::Code,
};
use desk_tests::harness::{pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, stand, unlock, until_agreed};

fn set_clinic(pg: &PgCluster, change: &str) {
    pg.psql(DB, &format!("update desk.clinic set {change} where clinic_id = '{A}'"));
}

/// A clinic in London, where it is half past six in the evening while the next day has begun in Bangkok.
async fn london() -> (PgCluster, Pc, Arc<Desk>) {
    let (pg, pc) = (migrated().await, Pc::default());
    set_clinic(
        &pg,
        "timezone = 'Europe/London', quiet_from = '18:00', quiet_to = '08:00'",
    );
    pc.clock.set("2026-10-01T18:30:00+01:00");
    let desk = pc.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    until_agreed(&desk).await;
    (pg, pc, desk)
}

async fn until_zone(desk: &Arc<Desk>, zone: &str) {
    eventually(format!("the desk lives by {zone}"), LONG, async || {
        (stand(desk).await.day.timezone == zone).then_some(())
    })
    .await;
}

/// The quiet hours of the signed-in person; none of their own where there are none.
async fn set_quiet(desk: &Arc<Desk>, hours: Option<(&str, &str)>) -> Result<(), Code> {
    let mut settings = desk.settings(Nothing {}).await.unwrap();
    settings.quiet_from = hours.map(|(from, _)| from.into());
    settings.quiet_to = hours.map(|(_, to)| to.into()).filter(|to: &String| !to.is_empty());
    let set = desk.settings_set(SettingsSet { settings }).await;
    set.map(drop).map_err(|error| error.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn today_and_what_is_written_follow_the_clinics_clock() {
    let (pg, pc, desk) = london().await;
    let (_, task) = journey(&pg, A, 1, 7);
    assert_eq!(desk.today(Nothing {}).await.unwrap().date, "2026-10-01");
    let everyones = TaskList {
        whose: Whose::Everyone,
        state: TaskState::Open,
    };
    let tasks = async || desk.task_list(everyones.clone()).await.unwrap().rows;
    eventually("the task", LONG, async || {
        tasks().await.iter().any(|row| row.id == task).then_some(())
    })
    .await;
    let text = "โทรแล้ว".into();
    desk.task_note(TaskNote { id: task, text }).await.unwrap();
    let note = tasks()
        .await
        .into_iter()
        .find(|row| row.id == task)
        .unwrap()
        .notes
        .unwrap();
    assert!(note.starts_with("01/10 18:3"), "{note}");
    desk.shut_down().await;
    drop(desk);

    let desk = pc.start().await;
    assert_eq!(
        stand(&desk).await.day.timezone,
        "Europe/London",
        "the lock screen has a clock too"
    );
    unlock(&desk, stand(&desk).await.people[0].id).await;
    set_clinic(&pg, "timezone = 'Asia/Tokyo'");
    until_zone(&desk, "Asia/Tokyo").await;
    assert_eq!(desk.today(Nothing {}).await.unwrap().date, "2026-10-02");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clinics_quiet_hours_hold_for_whoever_has_set_none() {
    let (pg, pc, desk) = london().await;
    let lead = |name: &str| {
        pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{A}', '{name}', 92, 'hot', 'high')"));
    };
    let arrived = async |count: usize| {
        eventually("the lead in Today", LONG, async || {
            (desk.today(Nothing {}).await.unwrap().leads.len() == count).then_some(())
        })
        .await;
    };
    let told = || pc.toasts.shown.lock().unwrap().len();
    lead("มายด์");
    arrived(1).await;
    until_agreed(&desk).await;
    assert_eq!(told(), 0, "it is quiet from six in the clinic");

    assert_eq!(set_quiet(&desk, Some(("22:00", ""))).await, Err(Code::ValueNotAllowed));
    set_quiet(&desk, Some(("22:00", "07:00"))).await.unwrap();
    eventually("the toast", LONG, async || (told() == 1).then_some(())).await;

    set_quiet(&desk, None).await.unwrap();
    lead("ปิ่น");
    arrived(2).await;
    until_agreed(&desk).await;
    assert_eq!(told(), 1);
    set_clinic(&pg, "quiet_from = '21:00'");
    eventually("the second toast", LONG, async || (told() == 2).then_some(())).await;
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_nobody_knows_counts_as_bangkok_and_is_logged_once() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_writer(move || writer.clone()).init();
    let (pg, _pc, desk) = london().await;
    set_clinic(&pg, "timezone = 'Asia/Ari'");
    until_zone(&desk, "Asia/Bangkok").await;
    assert_eq!(desk.today(Nothing {}).await.unwrap().date, "2026-10-02");
    set_clinic(&pg, "quiet_from = '22:00'");
    eventually("the next row of the clinic", LONG, async || {
        (stand(&desk).await.day.quiet_from == "22:00").then_some(())
    })
    .await;
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(said.matches("Asia/Ari").count(), 1, "{said}");
}
