//! A course at two counters, one of them without a line: what is booked for it brings it along, what is cancelled takes its bookings with it, and what a desk showed
//! before the clinic had answered is what the clinic decides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, DB, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        booking::{AppointmentBook, AppointmentReschedule, BookingPlace},
        customer::CustomerOpen,
        journey::{JourneyBooking, JourneyMove, JourneyShow, JourneyShown},
        sync::SyncMode,
        undo::Undo,
    },
};
use desk_core::journey::Action;
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, until_agreed, until_mode};
use uuid::Uuid;

async fn code(pg: &PgCluster, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    ticket.code()
}

/// A paid course of the first customer.
fn course(pg: &PgCluster) -> Uuid {
    let sql = format!(
        "insert into public.workflow_states (clinic_id, customer_id, current_stage, desk_title) values ('{A}', md5('customer:1')::uuid, 'payment_confirmed', 'เลเซอร์') returning id"
    );
    pg.psql(DB, &sql).parse().unwrap()
}

async fn shown(desk: &Arc<Desk>, id: Uuid) -> JourneyShown {
    desk.journey_show(JourneyShow { id }).await.unwrap()
}

/// All that an action may change of it, and its history.
fn facts(shown: &JourneyShown) -> String {
    let one = &shown.journey;
    let history: Vec<_> = one.actions.iter().map(|step| (step.id, step.kind.clone())).collect();
    let bookings: Vec<_> = shown
        .bookings
        .iter()
        .map(|booking| (booking.id, booking.slot.clone()))
        .collect();
    let treats = one.beautician.as_ref().map(|person| person.id);
    format!(
        "{} {} {:?} {:?} {treats:?} {history:?} {bookings:?}",
        one.stage, one.version, one.booked_at, one.outcome
    )
}

fn place(pg: &PgCluster, days: i32, from: &str, to: &str) -> BookingPlace {
    BookingPlace {
        date: pg.psql(
            DB,
            &format!("select (now() at time zone 'Asia/Bangkok')::date + {days}"),
        ),
        start_time: from.into(),
        end_time: to.into(),
        room: None,
        staff_id: uid(pg, "user", 9),
    }
}

async fn books(desk: &Arc<Desk>, pg: &PgCluster, way: Uuid, place: BookingPlace) {
    let request = AppointmentBook {
        customer_id: uid(pg, "customer", 1),
        kind: "treatment".into(),
        place,
        service: Some("เลเซอร์".into()),
        notes: None,
        journey_id: Some(way),
    };
    desk.appointment_book(request).await.unwrap();
}

fn place_of(booking: &JourneyBooking) -> BookingPlace {
    let (start, end) = booking.slot[11..].split_once('-').unwrap();
    BookingPlace {
        date: booking.date.clone(),
        start_time: start.into(),
        end_time: end.into(),
        room: booking.room.clone(),
        staff_id: booking.staff.as_ref().unwrap().id,
    }
}

async fn cancels(desk: &Arc<Desk>, way: Uuid) -> Option<Uuid> {
    let request = JourneyMove {
        id: way,
        action: Action::Cancel,
        expected: shown(desk, way).await.journey.version,
        note: Some("ย้ายบ้าน".into()),
        title: None,
        sessions: None,
        satang: None,
        booked_at: None,
        beautician_id: None,
    };
    desk.journey_move(request).await.unwrap().undo
}

/// Two desks on one course; the first one behind a line that can be cut.
struct Counters {
    pg: PgCluster,
    net: NetCut,
    way: Uuid,
    a: Arc<Desk>,
    b: Arc<Desk>,
    _pcs: (Pc, Pc),
}

impl Counters {
    async fn new() -> Self {
        let pg = migrated().await;
        let way = course(&pg);
        pg.psql(DB, &format!("insert into desk.staff (clinic_id, person_id, role, nickname, display_name, active) values ('{A}', md5('user:9')::uuid, 'beautician', 'นิก9', 'คน9', true)
            on conflict (clinic_id, person_id) do update set role = 'beautician', active = true"));
        let net = NetCut::to(pg.port());
        let pcs = (Pc::default(), Pc::default());
        let a = pcs.0.connect(code(&pg, 7, net.port()).await, "PC-A").await;
        let b = pcs.1.connect(code(&pg, 5, pg.port()).await, "PC-B").await;
        until_agreed(&a).await;
        until_agreed(&b).await;
        Self {
            pg,
            net,
            way,
            a,
            b,
            _pcs: pcs,
        }
    }

    async fn cut(&self) {
        self.net.cut();
        until_mode(&self.a, SyncMode::Offline).await;
    }

    async fn joined(&self) {
        self.net.resume();
        until_agreed(&self.a).await;
    }

    async fn books(&self, days: i32, from: &str, to: &str) {
        books(&self.a, &self.pg, self.way, place(&self.pg, days, from, to)).await;
    }

    /// What the customer's bookings of the days to come are, on one of the desks.
    async fn words(&self, desk: &Arc<Desk>) -> Vec<String> {
        let id = uid(&self.pg, "customer", 1);
        let card = desk.customer_card(CustomerOpen { id }).await.unwrap();
        let tomorrow = place(&self.pg, 1, "", "").date;
        let ahead = card.appointments.iter().filter(|one| one.date > tomorrow);
        ahead.map(|one| one.status.clone()).collect()
    }

    async fn until_b_sees(&self, words: [&str; 2]) {
        eventually("the other desk sees it", LONG, async || {
            (self.words(&self.b).await == words).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_desk_without_a_line_books_and_moves_is_what_the_clinic_makes_of_it() {
    let on = Counters::new().await;
    let (a, way) = (&on.a, on.way);
    on.cut().await;
    on.books(2, "10:30", "11:30").await;
    let booking = shown(a, way).await.bookings.remove(0);
    let (from, to) = (place_of(&booking), place(&on.pg, 3, "18:00", "19:00"));
    a.appointment_reschedule(AppointmentReschedule {
        id: booking.id,
        from,
        to,
    })
    .await
    .unwrap();
    on.books(9, "14:00", "15:00").await;
    let guessed = facts(&shown(a, way).await);
    assert!(guessed.starts_with("treatment_scheduled 4 "), "{guessed}");
    on.joined().await;
    assert_eq!(
        facts(&shown(a, way).await),
        guessed,
        "the clinic has it as it was shown"
    );
    eventually("and so has the other desk", LONG, async || {
        (facts(&shown(&on.b, way).await) == guessed).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_that_is_cancelled_without_a_line_takes_its_bookings_along_on_every_desk_and_brings_them_back() {
    let on = Counters::new().await;
    let (a, way) = (&on.a, on.way);
    on.books(2, "10:30", "11:30").await;
    on.books(9, "14:00", "15:00").await;
    until_agreed(a).await;
    on.cut().await;
    let undo = cancels(a, way).await;
    let guessed = facts(&shown(a, way).await);
    assert_eq!(on.words(a).await, ["cancelled", "cancelled"], "at once");
    on.joined().await;
    assert_eq!(facts(&shown(a, way).await), guessed);
    on.until_b_sees(["cancelled", "cancelled"]).await;
    let undone = a.undo(Undo { of: undo }).await.unwrap();
    assert_eq!(undone.refused, None);
    assert_eq!(on.words(a).await, ["scheduled", "scheduled"]);
    until_agreed(a).await;
    on.until_b_sees(["scheduled", "scheduled"]).await;
    let back = shown(&on.b, way).await;
    assert_eq!(
        (back.journey.stage.as_str(), back.bookings.len()),
        ("treatment_scheduled", 2)
    );
}
