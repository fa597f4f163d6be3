//! Two counters and the agenda: the wrong Ploy, and an hour without a line in which both decide about one booking.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::{sync::Arc, time::Duration};

use clinic_support::{A, DB, migrated, ticket};
use desk_app::{
    Desk,
    api::{
        Nothing, Saved,
        agenda::{AgendaList, AgendaRow, VisitCheckIn},
        booking::{AppointmentReschedule, BookingPlace},
        sync::{AttentionSettle, Settle, SyncMode},
        undo::Undo,
    },
};
use desk_core::visit::Standing;
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, sync, until_agreed, until_mode};

async fn code(pg: &PgCluster, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    ticket.code()
}

/// A booking of today with person 5.
fn booked(pg: &PgCluster, customer: u32, time: &str) {
    pg.psql(DB, &format!("insert into public.appointments (clinic_id, customer_id, staff_id, appointment_code, appointment_type, status, appointment_date, start_time, end_time)
        values ('{A}', md5('customer:{customer}')::uuid, md5('user:5')::uuid, 'T' || substr(gen_random_uuid()::text, 1, 12), 'treatment', 'confirmed', (now() at time zone 'Asia/Bangkok')::date, '{time}', time '{time}' + interval '45 minutes')"));
}

async fn agenda(desk: &Arc<Desk>) -> Vec<AgendaRow> {
    desk.agenda_list(AgendaList { date: None }).await.unwrap().rows
}

async fn check_in(desk: &Arc<Desk>, row: &AgendaRow) -> Saved {
    let request = VisitCheckIn {
        customer_id: row.customer.id,
        booking_id: row.booking_id,
        slot: row.slot.clone(),
    };
    desk.visit_check_in(request).await.unwrap()
}

/// How often this desk shows that somebody has arrived.
async fn told(desk: &Arc<Desk>) -> usize {
    let shown = desk.notification_list(Nothing {}).await.unwrap().rows;
    shown.iter().filter(|row| row.kind == "visit_arrived").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_ploy_is_taken_back_and_who_treats_hears_of_one_arrival_after_ten_seconds() {
    let pg = migrated().await;
    booked(&pg, 1, "10:30");
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, 5, pg.port()).await, "PC-B").await;
    until_agreed(&a).await;
    until_agreed(&b).await;
    let row = agenda(&a).await.remove(0);
    let wrong = check_in(&a, &row).await;
    assert_eq!(
        agenda(&a).await[0].standing,
        Standing::Waiting,
        "at once, before anything was sent"
    );
    eventually("B sees her wait, with her number", LONG, async || {
        let seen = agenda(&b).await.remove(0);
        (seen.standing == Standing::Waiting && seen.queue.as_deref() == Some("A1")).then_some(())
    })
    .await;
    assert_eq!(told(&b).await, 0, "not before ten seconds");
    assert_eq!(a.undo(Undo { of: wrong.undo }).await.unwrap().refused, None);
    eventually("B sees it taken back", LONG, async || {
        (agenda(&b).await[0].visit_id.is_none()).then_some(())
    })
    .await;
    let row = agenda(&a).await.remove(0);
    check_in(&a, &row).await;
    eventually("B sees her wait again", LONG, async || {
        (agenda(&b).await[0].queue.as_deref() == Some("A2")).then_some(())
    })
    .await;
    pc_b.clock.skip(Duration::from_secs(15));
    eventually("who treats hears of it", LONG, async || {
        (told(&b).await == 1).then_some(())
    })
    .await;
    let history = agenda(&b).await.remove(0).history;
    let told_by: Vec<_> = history
        .iter()
        .map(|step| (step.by.as_deref(), step.device.as_deref()))
        .collect();
    assert_eq!(
        told_by,
        [(Some("นิก7"), Some("PC-A")); 3],
        "check-in, undo, check-in, with person and PC"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_apart_both_decide_about_one_booking_and_one_row_names_both_and_offers_both() {
    let pg = migrated().await;
    for (customer, time) in [(1, "10:30"), (3, "11:00"), (5, "11:30")] {
        booked(&pg, customer, time);
    }
    let net = NetCut::to(pg.port());
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, 5, pg.port()).await, "PC-B").await;
    until_agreed(&a).await;
    until_agreed(&b).await;
    net.cut();
    until_mode(&a, SyncMode::Offline).await;
    for row in agenda(&a).await {
        check_in(&a, &row).await;
    }
    assert!(
        agenda(&a)
            .await
            .iter()
            .all(|row| row.standing == Standing::Waiting && row.queue.is_none())
    );
    let row = agenda(&b).await.remove(0);
    let from = BookingPlace {
        date: row.slot.clone().unwrap()[..10].into(),
        start_time: "10:30".into(),
        end_time: "11:15".into(),
        room: row.room.clone(),
        staff_id: row.staff.clone().unwrap().id,
    };
    let to = BookingPlace {
        start_time: "23:00".into(),
        end_time: "23:45".into(),
        ..from.clone()
    };
    b.appointment_reschedule(AppointmentReschedule {
        id: row.booking_id.unwrap(),
        from,
        to,
    })
    .await
    .unwrap();
    until_agreed(&b).await;
    a.shut_down().await;
    drop(a);
    let a = pc_a.start_and_unlock().await;
    assert_eq!(
        sync(&a).await.waiting.len(),
        3,
        "everything confirmed is there after a restart"
    );
    net.resume();
    until_agreed(&a).await;
    assert_eq!(
        pg.psql(DB, "select count(*), count(distinct queue_number) from desk.visit"),
        "2|2",
        "nobody else waits for it"
    );
    let refused = sync(&a).await.attention;
    assert_eq!(refused.len(), 1);
    let side = &refused[0].sides[0];
    assert_eq!(
        (refused[0].by.as_deref(), side.by.as_deref(), side.field.as_str()),
        (Some("นิก7"), Some("นิก5"), "slot")
    );
    assert!(
        side.yours.as_ref().unwrap().ends_with("10:30-11:15") && side.theirs.as_ref().unwrap().ends_with("23:00-23:45")
    );
    assert!(side.at.is_some() && refused[0].can_retry && refused[0].customer_id.is_some());
    a.attention_settle(AttentionSettle {
        id: refused[0].id,
        how: Settle::Mine,
    })
    .await
    .unwrap();
    until_agreed(&a).await;
    assert!(sync(&a).await.attention.is_empty());
    eventually("B sees the decision", LONG, async || {
        let rows = agenda(&b).await;
        (rows[0].time == "10:30"
            && rows
                .iter()
                .all(|row| row.standing == Standing::Waiting && row.queue.is_some()))
        .then_some(())
    })
    .await;
}
