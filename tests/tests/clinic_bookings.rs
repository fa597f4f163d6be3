//! A booking and its journey are one thing: told once, and cancelled together. Real server, real logins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, DB, Desk, desk, migrated, uid};
use desk_clinic::push::Status;
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The fixture's people of clinic A: at the counter, and two who treat.
const FRONT: u32 = 5;
const TREATS: u32 = 3;
const ALSO_TREATS: u32 = 9;

/// A course that waits for a booking.
struct Course {
    pg: PgCluster,
    nok: Desk,
    way: Uuid,
}

impl Course {
    async fn new() -> Self {
        let pg = migrated().await;
        for n in [TREATS, ALSO_TREATS] {
            pg.psql(DB, &format!("insert into desk.staff (clinic_id, person_id, role, nickname, display_name, active) select '{A}', u.id, 'beautician', 'นิก{n}', 'คน{n}', true from public.users u where u.id = md5('user:{n}')::uuid
                on conflict (clinic_id, person_id) do update set role = 'beautician', active = true"));
        }
        let nok = desk(&pg, A, FRONT).await;
        let sql = format!(
            "insert into public.workflow_states (clinic_id, customer_id, current_stage) values ('{A}', md5('customer:1')::uuid, 'payment_confirmed') returning id"
        );
        let way = pg.psql(DB, &sql).parse().unwrap();
        pg.psql(
            DB,
            "delete from public.workflow_events; delete from public.notifications",
        );
        Self { pg, nok, way }
    }

    /// Does it; the action's id.
    async fn does(&mut self, name: &str, args: Json) -> Uuid {
        let mutation = self.nok.mutation(name, args);
        let id = mutation.id;
        let outcome = self.nok.push(&[mutation]).await.unwrap().remove(0);
        assert_eq!(outcome.status, Status::Ok, "{name}: {outcome:?}");
        id
    }

    fn slot(&self, days: i32, times: &str) -> String {
        let day = format!("select to_char((now() at time zone 'Asia/Bangkok')::date + {days}, 'YYYY-MM-DD')");
        format!("{} {times}", self.pg.psql(DB, &day))
    }

    async fn books(&mut self, treats: u32, slot: &str) -> Uuid {
        self.books_as("treatment", treats, slot).await
    }

    async fn books_as(&mut self, kind: &str, treats: u32, slot: &str) -> Uuid {
        let id = Uuid::now_v7();
        let (customer, staff) = (uid(&self.pg, "customer", 1), uid(&self.pg, "user", treats));
        let args = json!({ "id": id, "customer_id": customer, "type": kind, "slot": slot, "staff_id": staff, "journey_id": self.way, "entry": Uuid::now_v7() });
        self.does("appointment.book", args).await;
        id
    }

    async fn moves(&mut self, action: &str, rest: Json) -> Uuid {
        let mut args = json!({ "id": self.way, "action": action, "entry": Uuid::now_v7() });
        args.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.does("journey.move", args).await
    }

    async fn takes_back(&mut self, name: &str, id: Uuid, of: Uuid) -> Option<String> {
        let mutation = self
            .nok
            .mutation(name, json!({ "id": id, "of": of, "entry": Uuid::now_v7() }));
        self.nok.push(&[mutation]).await.unwrap().remove(0).code
    }

    /// Stage, hour of the booking and who treats.
    fn stands(&self) -> String {
        self.pg.psql(DB, &format!("select current_stage || ' ' || coalesce(to_char(desk_booked_at at time zone 'Asia/Bangkok', 'HH24:MI'), '-') || ' ' || case assigned_beautician_id when md5('user:3')::uuid then 'hers' else '-' end
            from public.workflow_states where id = '{}'", self.way))
    }

    /// What somebody was told and has not read: kind, hour, how urgent.
    fn told(&self, person: u32) -> String {
        self.pg.psql(DB, &format!("select coalesce(string_agg(type || ' ' || substring(message from '[0-9]{{2}}:[0-9]{{2}}') || ' ' || priority, ', ' order by created_at, type), '-')
            from public.notifications where user_id = md5('user:{person}')::uuid and not is_read"))
    }

    fn hours_pass(&self) {
        self.pg.psql(DB, "update public.notifications set metadata = metadata || jsonb_build_object('after', now() - interval '1 hour') where metadata ? 'after'");
    }

    fn booking(&self, id: Uuid) -> String {
        let sql = format!("select status from public.appointments where id = '{id}'");
        self.pg.psql(DB, &sql)
    }
}

#[tokio::test]
async fn who_treats_hears_of_a_booking_of_a_journey_once_and_not_before_it_can_be_taken_back() {
    let mut course = Course::new().await;
    let morning = course.slot(2, "10:30-11:30");
    let id = course.books(TREATS, &morning).await;
    assert_eq!(course.stands(), "treatment_scheduled 10:30 hers");
    assert_eq!(course.told(TREATS), "booking_made 10:30 high");
    assert_eq!(course.told(ALSO_TREATS), "-", "whoever does not treat hears nothing");
    let held =
        "select bool_and((metadata ->> 'after')::timestamptz > now() + interval '2 minutes') from public.notifications";
    assert_eq!(course.pg.psql(DB, held), "t");
    let event = format!(
        "select event_type || ' ' || (target_users = array[md5('user:{TREATS}')::uuid]) || ' ' || coalesce(processed, false) from public.workflow_events"
    );
    assert_eq!(
        course.pg.psql(DB, &event),
        "appointment_scheduled true false",
        "the web system reads of it"
    );
    // Seen, the event is done with.
    course.pg.psql(DB, "update public.notifications set is_read = true");
    assert_eq!(course.pg.psql(DB, &event), "appointment_scheduled true true");
    course.hours_pass();
    let evening = course.slot(3, "18:00-19:00");
    course
        .does(
            "appointment.reschedule",
            json!({ "id": id, "set": { "slot": evening }, "base": { "slot": morning }, "entry": Uuid::now_v7() }),
        )
        .await;
    assert_eq!(course.stands(), "treatment_scheduled 18:00 hers");
    assert_eq!(course.told(TREATS), "booking_moved 18:00 high");
}

#[tokio::test]
async fn after_a_move_only_the_new_time_is_still_to_be_read() {
    let mut course = Course::new().await;
    let (morning, evening) = (course.slot(2, "10:30-11:30"), course.slot(3, "18:00-19:00"));
    let id = course.books(TREATS, &morning).await;
    let to_evening =
        json!({ "id": id, "set": { "slot": evening }, "base": { "slot": morning }, "entry": Uuid::now_v7() });
    course.does("appointment.reschedule", to_evening).await;
    assert_eq!(course.told(TREATS), "booking_moved 18:00 high", "within three minutes");
    course.hours_pass();
    let back = json!({ "id": id, "set": { "slot": morning }, "base": { "slot": evening }, "entry": Uuid::now_v7() });
    course.does("appointment.reschedule", back).await;
    assert_eq!(course.told(TREATS), "booking_moved 10:30 high", "and hours later");
    // What an older desk or the web system says of a time without a booking.
    for hour in ["09:15", "16:45"] {
        let at = course.slot(4, hour).replace(' ', "T") + ":00+07:00";
        course
            .moves("reschedule", json!({ "facts": { "booked_at": at } }))
            .await;
        let told = format!("appointment_scheduled {hour} high");
        assert!(course.told(TREATS).contains(&told), "{}", course.told(TREATS));
        course.hours_pass();
    }
    assert!(!course.told(TREATS).contains("09:15"), "{}", course.told(TREATS));
    course.moves("no_show", json!({})).await;
    assert!(
        !course.told(TREATS).contains("appointment_scheduled"),
        "nobody is expected"
    );
}

/// What was held is gone with what is taken back: whoever treats is left with what is true, and hears nothing that they know.
#[tokio::test]
async fn what_is_taken_back_leaves_who_treats_with_what_is_true() {
    let mut course = Course::new().await;
    let (morning, evening) = (course.slot(2, "10:30-11:30"), course.slot(3, "18:00-19:00"));
    let id = course.books(TREATS, &morning).await;
    let moves = json!({ "id": id, "set": { "slot": evening }, "base": { "slot": morning }, "entry": Uuid::now_v7() });
    let moves_back = |of: Uuid| json!({ "id": id, "of": of, "set": { "slot": morning }, "base": { "slot": evening }, "status": "scheduled", "entry": Uuid::now_v7() });
    let of = course.does("appointment.reschedule", moves.clone()).await;
    course.does("appointment.move_back", moves_back(of)).await;
    assert_eq!(course.told(TREATS), "booking_made 10:30 high", "nothing was seen yet");
    course.hours_pass();
    let of = course.does("appointment.cancel", json!({ "id": id })).await;
    course.does("appointment.reopen", json!({ "id": id, "of": of })).await;
    assert!(
        !course.told(TREATS).contains("booking"),
        "they know of it: {}",
        course.told(TREATS)
    );
    let mut moves = moves;
    moves["entry"] = json!(Uuid::now_v7());
    let of = course.does("appointment.reschedule", moves).await;
    course.hours_pass();
    course.does("appointment.move_back", moves_back(of)).await;
    assert_eq!(
        course.told(TREATS),
        "booking_moved 10:30 high",
        "they saw the other time"
    );
    let way = course.way;
    let of = course.moves("cancel", json!({ "note": "ย้ายบ้าน" })).await;
    course.hours_pass();
    assert_eq!(course.takes_back("journey.unmove", way, of).await, None);
    assert_eq!(course.told(TREATS), "booking_made 10:30 high", "they saw it cancelled");
}

#[tokio::test]
async fn a_cancelled_journey_takes_its_open_bookings_along_and_brings_them_back() {
    let mut course = Course::new().await;
    let (soon, later, past) = (
        course.slot(2, "10:30-11:30"),
        course.slot(9, "14:00-15:00"),
        course.slot(-1, "09:00-10:00"),
    );
    let scan = course.books_as("scan", TREATS, &soon).await;
    let treatment = course.books(TREATS, &later).await;
    let missed = course.books_as("scan", TREATS, &past).await;
    let pg = &course.pg;
    pg.psql(
        DB,
        &format!("update public.appointments set status = 'confirmed' where id = '{scan}'"),
    );
    let of_nobody = format!("insert into public.appointments (clinic_id, customer_id, staff_id, appointment_code, appointment_type, status, appointment_date, start_time, end_time)
        select clinic_id, customer_id, staff_id, 'T1', appointment_type, status, appointment_date, start_time, end_time from public.appointments where id = '{treatment}' returning id");
    let of_nobody: Uuid = pg.psql(DB, &of_nobody).parse().unwrap();
    let stood = course.stands();
    course.hours_pass();
    let of = course.moves("cancel", json!({ "note": "ย้ายบ้าน" })).await;
    assert_eq!(course.stands(), "completed - hers");
    assert_eq!(
        (course.booking(scan), course.booking(treatment)),
        ("cancelled".into(), "cancelled".into())
    );
    assert_eq!(course.booking(missed), "scheduled", "what was missed was not cancelled");
    assert_eq!(
        course.booking(of_nobody),
        "scheduled",
        "what is not of this journey stays"
    );
    let told = course.told(TREATS);
    assert_eq!(told.matches("booking_cancelled").count(), 2, "{told}");
    let way = course.way;
    assert_eq!(course.takes_back("journey.unmove", way, of).await, None);
    assert_eq!(course.stands(), stood);
    assert_eq!(
        (course.booking(scan), course.booking(treatment)),
        ("confirmed".into(), "scheduled".into())
    );
    assert!(
        !course.told(TREATS).contains("booking_cancelled"),
        "what was taken back is not told"
    );
}

#[tokio::test]
async fn taking_a_cancelling_back_leaves_what_others_decided_and_says_what_is_no_more() {
    let mut course = Course::new().await;
    let (soon, later) = (course.slot(2, "10:30-11:30"), course.slot(9, "14:00-15:00"));
    let first = course.books(TREATS, &soon).await;
    let second = course.books_as("scan", TREATS, &later).await;
    let way = course.way;
    let of = course.moves("cancel", json!({ "note": "ย้ายบ้าน" })).await;
    let moved = course.slot(3, "16:00-17:00");
    course
        .does(
            "appointment.reschedule",
            json!({ "id": second, "set": { "slot": moved }, "base": { "slot": later } }),
        )
        .await;
    assert_eq!(course.takes_back("journey.unmove", way, of).await, None);
    assert_eq!(
        (course.booking(first), course.booking(second)),
        ("scheduled".into(), "scheduled".into())
    );
    let slot = format!("select desk.slot_of(a) from public.appointments a where id = '{second}'");
    assert_eq!(course.pg.psql(DB, &slot), moved, "where the colleague put it");
    let of = course.moves("cancel", json!({ "note": "ย้ายบ้าน" })).await;
    let gone = format!("delete from public.appointments where id = '{first}'");
    course.pg.psql(DB, &gone);
    let said = course.takes_back("journey.unmove", way, of).await;
    assert_eq!(said.as_deref(), Some("appointment_not_found"));
    assert!(course.stands().starts_with("completed"), "both or neither");
    assert_eq!(course.booking(second), "cancelled");
}

#[tokio::test]
async fn a_booking_for_which_somebody_has_come_and_a_cancelling_by_plain_sql() {
    let mut course = Course::new().await;
    let (today, later) = (course.slot(0, "10:30-11:30"), course.slot(9, "14:00-15:00"));
    let first = course.books(TREATS, &today).await;
    let second = course.books(TREATS, &later).await;
    let customer = uid(&course.pg, "customer", 1);
    course
        .does(
            "visit.check_in",
            json!({ "id": Uuid::now_v7(), "customer_id": customer, "appointment_id": first }),
        )
        .await;
    let owner =
        "(select person_id from desk.staff where role = 'owner' and active and clinic_id = w.clinic_id limit 1)";
    course.pg.psql(DB, &format!("update desk.staff set role = 'owner' where clinic_id = '{A}' and person_id = md5('user:1')::uuid; insert into public.workflow_actions (clinic_id, workflow_id, type, desk_kind, performed_by, from_stage, to_stage, notes)
        select w.clinic_id, w.id, 'close_case', 'cancel', {owner}, w.current_stage, 'completed', 'ปิด' from public.workflow_states w where w.id = '{}'", course.way));
    assert!(course.stands().starts_with("completed"));
    assert_eq!(course.booking(second), "cancelled", "whoever writes it");
    assert_ne!(course.booking(first), "cancelled", "she is here: the door decides");
}
