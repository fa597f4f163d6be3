//! Who is here, in PostgreSQL: numbers that nobody else has that day, days that are the clinic's own, people who are told in ten seconds or
//! never, and a wait that becomes somebody's task. Real server, real logins, real concurrency.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::collections::BTreeSet;

use clinic_support::{A, B, DB, Desk, desk, journey, migrated, uid};
use desk_clinic::connect::connect;
use desk_clinic::push::{Mutation, Outcome, Status, push};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A booking of today for customer `n` of clinic A with person 5, at this time.
fn booked(pg: &PgCluster, customer: u32, time: &str) -> Uuid {
    pg.psql(DB, &format!("insert into public.appointments (clinic_id, customer_id, staff_id, appointment_code, appointment_type, status, appointment_date, start_time, end_time, room_id)
        values ('{A}', md5('customer:{customer}')::uuid, md5('user:5')::uuid, 'T' || substr(gen_random_uuid()::text, 1, 12), 'treatment', 'confirmed', (now() at time zone 'Asia/Bangkok')::date, '{time}', time '{time}' + interval '45 minutes', 'ห้อง 1') returning id"))
        .parse()
        .unwrap()
}

fn check_in(pg: &PgCluster, customer: u32, booking: Option<Uuid>) -> Json {
    json!({ "id": Uuid::now_v7(), "customer_id": uid(pg, "customer", customer), "appointment_id": booking })
}

/// The outcome with its detail.
async fn answer(desk: &mut Desk, name: &str, args: &Json) -> Outcome {
    let mutation = desk.mutation(name, args.clone());
    desk.push(&[mutation]).await.unwrap().remove(0)
}

/// Does it; the action's id.
async fn done(desk: &mut Desk, name: &str, args: &Json) -> Uuid {
    let mutation = desk.mutation(name, args.clone());
    let id = mutation.id;
    let outcome = desk.push(&[mutation]).await.unwrap().remove(0);
    assert_eq!(outcome.status, Status::Ok, "{name}: {outcome:?}");
    id
}

fn visits(pg: &PgCluster, columns: &str) -> String {
    pg.psql(
        DB,
        &format!("select {columns} from desk.visit order by arrived_at, created_at"),
    )
}

/// What person `n` was told about visits: how often, and whether it may be shown yet.
fn told(pg: &PgCluster, n: u32) -> String {
    pg.psql(DB, &format!("select count(*) || ' ' || coalesce(bool_and((metadata ->> 'after')::timestamptz > now())::text, '-') from public.notifications where user_id = md5('user:{n}')::uuid and type = 'visit_arrived'"))
}

/// The ten seconds are over.
fn ten_seconds_later(pg: &PgCluster) {
    pg.psql(DB, "update public.notifications set metadata = metadata || jsonb_build_object('after', now() - interval '1 second') where metadata ? 'after'");
}

/// Fires every timer that is due.
fn fire(pg: &PgCluster) -> String {
    pg.psql(
        DB,
        "select count(*) from generate_series(1, 20) n where desk.fire_next() is not null",
    )
}

#[tokio::test]
async fn twenty_check_ins_at_once_from_two_logins_get_twenty_numbers() {
    let pg = migrated().await;
    let (nok, beam) = (desk(&pg, A, 5).await, desk(&pg, A, 7).await);
    let customers: Vec<u32> = (0..20).map(|n| 2 * n + 1).collect();
    let bookings: Vec<Uuid> = customers
        .iter()
        .map(|customer| booked(&pg, *customer, "10:30"))
        .collect();
    let mut running = Vec::new();
    for (nth, (customer, booking)) in customers.iter().zip(bookings).enumerate() {
        // Each from a connection and an outbox of its own, as from twenty programs: nothing queues them up before the database does.
        let options = if nth % 2 == 0 {
            nok.options.clone()
        } else {
            beam.options.clone()
        };
        let args = check_in(&pg, *customer, Some(booking));
        running.push(async move {
            let mut conn = connect(&options).await.unwrap();
            let mutation = Mutation {
                seq: 1,
                id: Uuid::now_v7(),
                name: "visit.check_in".into(),
                args,
                v: 1,
            };
            push(&mut conn, Uuid::now_v7(), &[mutation]).await.unwrap().remove(0)
        });
    }
    // Eight connections a login at a time.
    for chunk in [running.split_off(14), running.split_off(0)] {
        for outcome in futures_util::future::join_all(chunk).await {
            assert_eq!(outcome.status, Status::Ok, "{outcome:?}");
        }
    }
    let numbers: BTreeSet<i64> = visits(&pg, "queue_number")
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    assert_eq!(
        numbers,
        (1..=20).collect(),
        "twenty different ones, and none was skipped"
    );
    assert_eq!(pg.psql(DB, "select count(distinct arrived_by) from desk.visit"), "2");
}

#[tokio::test]
async fn between_midnight_and_seven_it_is_the_bangkok_day_not_the_utc_one() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 5).await;
    // A PC without a line says later when it happened: yesterday 23:59, today 00:00, 06:59 and 07:00 in Bangkok.
    let midnight = "((now() at time zone 'Asia/Bangkok')::date - 1)::timestamp at time zone 'Asia/Bangkok'";
    for (customer, minutes) in [(1, -1), (3, 0), (5, 419), (7, 420)] {
        let at = pg.psql(DB, &format!("select to_char(({midnight} + interval '{minutes} minutes') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"));
        let mut args = check_in(&pg, customer, None);
        args["at"] = json!(at);
        done(&mut nok, "visit.check_in", &args).await;
    }
    assert_eq!(
        visits(
            &pg,
            &format!("(day - ({midnight} at time zone 'Asia/Bangkok')::date) || ' ' || queue_number")
        ),
        "-1 1\n0 1\n0 2\n0 3",
        "the evening before is a day of its own; the night belongs to the morning after it"
    );
    let wrong = format!(
        "insert into desk.visit (clinic_id, id, customer_id, day, queue_number, arrived_at, arrived_by) values ('{A}', gen_random_uuid(), md5('customer:9')::uuid, '2026-09-30', 1, '2026-10-01T06:00:00+07:00', md5('user:5')::uuid)"
    );
    assert!(
        pg.try_psql(DB, &wrong).unwrap_err().contains("the clinic's own"),
        "nor can the UTC day be written by hand"
    );
}

#[tokio::test]
async fn numbers_are_called_in_sql_as_on_the_desk() {
    let pg = migrated().await;
    for number in [1, 12, 99, 100, 198, 199, 2_574, 2_575, 99_999] {
        assert_eq!(
            pg.psql(DB, &format!("select desk.queue_label({number})")),
            desk_core::visit::queue_label(number)
        );
    }
    use desk_core::visit::State;
    for (was, becomes) in State::ALL
        .into_iter()
        .flat_map(|was| State::ALL.map(|becomes| (was, becomes)))
    {
        let may = pg.psql(
            DB,
            &format!("select desk.visit_may('{}', '{}')", was.word(), becomes.word()),
        );
        assert_eq!(may == "t", was.may_become(becomes), "{was:?} {becomes:?}");
    }
}

/// Story 6: the wrong Ploy.
#[tokio::test]
async fn a_check_in_that_was_taken_back_is_told_to_nobody_and_one_message_is_left_in_the_end() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let booking = booked(&pg, 1, "10:30");
    let first = check_in(&pg, 1, Some(booking));
    let of = done(&mut nok, "visit.check_in", &first).await;
    assert_eq!(
        told(&pg, 5),
        "1 true",
        "who is booked hears of it, but not before ten seconds"
    );
    assert_eq!(
        pg.psql(DB, "select count(*) from public.notifications where type like 'visit%'"),
        "1",
        "and nobody else"
    );
    done(&mut nok, "visit.undo_check_in", &json!({ "id": first["id"], "of": of })).await;
    assert_eq!(
        pg.psql(DB, "select count(*) from public.notifications where type like 'visit%'"),
        "0",
        "nobody was ever told"
    );
    done(&mut nok, "visit.check_in", &check_in(&pg, 1, Some(booking))).await;
    ten_seconds_later(&pg);
    assert_eq!(told(&pg, 5), "1 false", "one message in the end");
    let message = pg.psql(
        DB,
        "select title || ' | ' || message from public.notifications where type = 'visit_arrived'",
    );
    assert_eq!(message, "ลูกค้าใหม่ มาถึงแล้ว | คิว A2 · นัด 10:30 · ห้อง 1");
    assert_eq!(
        visits(
            &pg,
            "queue_number, state, arrived_device, desk.nickname_of(clinic_id, arrived_by), finished_device, desk.nickname_of(clinic_id, finished_by)"
        ),
        "1|undone|PC-หน้าร้าน|นิก7|PC-หน้าร้าน|นิก7\n2|waiting|PC-หน้าร้าน|นิก7||",
        "check-in, undo, check-in, each with person and PC; the number of the mistake is not given again"
    );
}

#[tokio::test]
async fn who_was_told_already_is_told_that_it_is_over() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let args = check_in(&pg, 1, Some(booked(&pg, 1, "10:30")));
    let of = done(&mut nok, "visit.check_in", &args).await;
    ten_seconds_later(&pg);
    done(&mut nok, "visit.undo_check_in", &json!({ "id": args["id"], "of": of })).await;
    let left = pg.psql(DB, "select type || ' ' || is_read::text from public.notifications where user_id = md5('user:5')::uuid and type like 'visit%' order by created_at, type");
    assert_eq!(left, "visit_arrived true\nvisit_withdrawn false");
}

#[tokio::test]
async fn only_who_checked_in_takes_it_back_and_only_while_she_waits() {
    let pg = migrated().await;
    let (mut nok, mut beam) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let args = check_in(&pg, 1, None);
    let of = done(&mut nok, "visit.check_in", &args).await;
    assert_eq!(
        beam.act("visit.undo_check_in", json!({ "id": args["id"], "of": of }))
            .await,
        "nothing_to_undo"
    );
    done(
        &mut beam,
        "visit.leave",
        &json!({ "id": args["id"], "reason": "รอนาน" }),
    )
    .await;
    let refused = answer(&mut nok, "visit.undo_check_in", &json!({ "id": args["id"], "of": of })).await;
    assert_eq!(refused.code.as_deref(), Some("changed_meanwhile"));
    assert_eq!(refused.detail.unwrap()["by"], json!("นิก5"));
    assert_eq!(visits(&pg, "state, reason"), "left|รอนาน");
}

#[tokio::test]
async fn two_counters_that_press_at_once_check_her_in_once() {
    let pg = migrated().await;
    let (mut nok, mut beam) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let booking = booked(&pg, 1, "10:30");
    let (mine, theirs) = (check_in(&pg, 1, Some(booking)), check_in(&pg, 1, Some(booking)));
    let first = nok.mutation("visit.check_in", mine.clone());
    let second = beam.mutation("visit.check_in", theirs.clone());
    let of = second.id;
    let (a, b) = ([first], [second]);
    let (a, b) = futures_util::future::join(nok.push(&a), beam.push(&b)).await;
    assert!(a.unwrap()[0].status == Status::Ok && b.unwrap()[0].status == Status::Ok);
    assert_eq!(pg.psql(DB, "select count(*) from desk.visit"), "1");
    let holder = visits(&pg, "desk.nickname_of(clinic_id, arrived_by)");
    let undo = answer(
        &mut beam,
        "visit.undo_check_in",
        &json!({ "id": theirs["id"], "of": of }),
    )
    .await;
    match holder.as_str() {
        "นิก5" => assert_eq!(undo.status, Status::Ok),
        _ => assert_eq!(
            undo.detail.unwrap()["by"],
            json!("นิก7"),
            "it was a colleague's, and she is still here"
        ),
    }
}

#[tokio::test]
async fn a_wait_of_ten_minutes_becomes_a_task_and_ends_with_the_wait() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let (way, _) = journey(&pg, A, 1, 7);
    let args = check_in(&pg, 1, Some(booked(&pg, 1, "10:30")));
    let of = done(&mut nok, "visit.check_in", &args).await;
    assert_eq!(fire(&pg), "0", "not before its time");
    pg.psql(DB, "update desk.timer set due_at = now() - interval '1 second'");
    assert_eq!(
        (
            fire(&pg).as_str(),
            pg.psql(DB, "select outcome from desk.timer").as_str()
        ),
        ("1", "task_made")
    );
    let task = "select task_type, priority, status, title, desk.nickname_of(clinic_id, assigned_to) from public.task_queue where task_data ? 'visit_id'";
    assert_eq!(
        pg.psql(DB, task),
        "prepare_treatment|critical|pending|ลูกค้าใหม่ รอเกิน 10 นาที (คิว A1)|คน"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select workflow_id from public.task_queue where task_data ? 'visit_id'"
        ),
        way.to_string()
    );
    assert_eq!(fire(&pg), "0", "and once only");
    done(&mut nok, "visit.undo_check_in", &json!({ "id": args["id"], "of": of })).await;
    assert_eq!(
        pg.psql(DB, "select status from public.task_queue where task_data ? 'visit_id'"),
        "cancelled"
    );
}

#[tokio::test]
async fn a_room_that_is_being_prepared_becomes_urgent_instead_of_a_second_task() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let (way, task) = journey(&pg, A, 1, 7);
    pg.psql(DB, "update public.task_queue set task_type = 'prepare_treatment', priority = 'low', due_date = now() + interval '1 hour', snoozed_until = now() + interval '1 hour'");
    done(&mut nok, "visit.check_in", &check_in(&pg, 1, None)).await;
    pg.psql(DB, "update desk.timer set due_at = now() - interval '1 second'");
    fire(&pg);
    let all = pg.psql(DB, &format!("select id, priority, due_date <= now(), snoozed_until is null from public.task_queue where workflow_id = '{way}'"));
    assert_eq!(all, format!("{task}|critical|t|t"));
}

/// Story 6 and T5: the preparation that a colleague has planned outlives a check-in of the wrong person, and a customer who went.
#[tokio::test]
async fn a_wait_that_ended_gives_a_planned_preparation_back_as_it_was() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    pg.psql(DB, "update public.task_queue set task_type = 'prepare_treatment', priority = 'low', due_date = date_trunc('minute', now()) + interval '1 day', snoozed_until = date_trunc('minute', now()) + interval '5 hours'");
    let stands = || {
        pg.psql(DB, &format!("select concat_ws(' ', status, priority, due_date, snoozed_until, completed_by, task_data ->> 'visit_id') from public.task_queue where id = '{task}'"))
    };
    let was = stands();
    let wait_long = |desk_way: &str| {
        pg.psql(
            DB,
            "update desk.timer set due_at = now() - interval '1 second' where state = 'waiting'",
        );
        assert_eq!(fire(&pg), "1", "{desk_way}");
        assert!(stands().starts_with("pending critical"), "{}", stands());
    };
    let args = check_in(&pg, 1, None);
    let of = done(&mut nok, "visit.check_in", &args).await;
    wait_long("undone");
    done(&mut nok, "visit.undo_check_in", &json!({ "id": args["id"], "of": of })).await;
    assert_eq!(stands(), was, "as if she had not been checked in");

    let args = check_in(&pg, 1, None);
    done(&mut nok, "visit.check_in", &args).await;
    wait_long("left");
    done(&mut nok, "visit.leave", &json!({ "id": args["id"] })).await;
    assert_eq!(stands(), was, "nor when she went");

    // What a colleague has changed meanwhile stays as they want it.
    let args = check_in(&pg, 1, None);
    let of = done(&mut nok, "visit.check_in", &args).await;
    wait_long("changed");
    pg.psql(DB, &format!("update public.task_queue set priority = 'high', status = 'in_progress', due_date = date_trunc('minute', now()) + interval '2 days' where id = '{task}'"));
    done(&mut nok, "visit.undo_check_in", &json!({ "id": args["id"], "of": of })).await;
    assert_eq!(pg.psql(DB, &format!("select concat_ws(' ', status, priority, due_date > now() + interval '40 hours', snoozed_until, desk_before_wait) from public.task_queue where id = '{task}'")), "in_progress high t");
}

#[tokio::test]
async fn without_a_journey_a_long_wait_is_told_to_people_and_one_that_ended_is_no_task() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let (waits, leaves) = (check_in(&pg, 1, None), check_in(&pg, 3, None));
    done(&mut nok, "visit.check_in", &waits).await;
    done(&mut nok, "visit.check_in", &leaves).await;
    done(&mut nok, "visit.leave", &json!({ "id": leaves["id"] })).await;
    pg.psql(
        DB,
        "update desk.timer set due_at = now() - interval '1 second' where state = 'waiting'",
    );
    assert_eq!(fire(&pg), "1", "who left waits no longer");
    assert_eq!(pg.psql(DB, "select count(*) from public.task_queue"), "0");
    assert_eq!(
        pg.psql(
            DB,
            "select distinct title || ' | ' || message from public.notifications where type = 'visit_waiting'"
        ),
        "ลูกค้าใหม่ รอเกิน 10 นาที | คิว A1"
    );
}

#[tokio::test]
async fn the_database_refuses_what_no_visit_may_become_also_when_asked_by_hand() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let args = check_in(&pg, 1, None);
    done(&mut nok, "visit.check_in", &args).await;
    for (sql, says) in [
        (
            "update desk.visit set state = 'done', started_at = now(), started_by = arrived_by, finished_at = now(), finished_by = arrived_by",
            "cannot go from waiting to done",
        ),
        ("update desk.visit set state = 'serving'", "visit_state"),
        ("update desk.visit set queue_number = 7", "never changes"),
        (
            "update desk.visit set customer_id = md5('customer:3')::uuid",
            "never changes",
        ),
        (
            "update desk.visit set arrived_by = md5('user:1')::uuid",
            "never changes",
        ),
        ("delete from desk.visit", "never deleted"),
        (
            "insert into desk.visit (clinic_id, id, customer_id, day, queue_number, arrived_at, arrived_by) select clinic_id, gen_random_uuid(), customer_id, day, queue_number, arrived_at, arrived_by from desk.visit",
            "visit_clinic_id_day_queue_number_key",
        ),
        (
            "update desk.visit set journey_id = (select id from public.workflow_states where customer_id = md5('customer:3')::uuid)",
            "not present",
        ),
        (
            "update public.appointments set desk_journey_id = (select id from public.workflow_states where customer_id = md5('customer:3')::uuid) where customer_id = md5('customer:1')::uuid",
            "not present",
        ),
    ] {
        if sql.contains("workflow_states") && pg.psql(DB, "select count(*) from public.workflow_states") == "0" {
            journey(&pg, A, 3, 7);
        }
        let refused = pg.try_psql(DB, sql).expect_err(sql);
        assert!(refused.contains(says), "{sql}: {refused}");
    }
    let foreign = format!(
        "insert into desk.visit (clinic_id, id, customer_id, appointment_id, day, queue_number, arrived_at, arrived_by) values ('{A}', gen_random_uuid(), md5('customer:1')::uuid, md5('appointment:2')::uuid, '2026-10-01', 9, '2026-10-01T10:00:00+07:00', md5('user:5')::uuid)"
    );
    assert!(
        pg.try_psql(DB, &foreign).unwrap_err().contains("not present"),
        "another clinic's booking"
    );
    pg.psql(
        DB,
        "delete from public.sales_commissions; delete from public.customer_sales_messages",
    ); // these would keep her
    pg.psql(DB, "delete from public.customers where id = md5('customer:1')::uuid");
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.visit"),
        "0",
        "with the customer it goes"
    );
}

#[tokio::test]
async fn absurd_arguments_are_refusals_with_the_stated_codes() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let booking = booked(&pg, 1, "10:30");
    let with = |key: &str, value: Json| {
        let mut args = check_in(&pg, 1, Some(booking));
        args[key] = value;
        args
    };
    let long_ago = pg.psql(
        DB,
        "select to_char(now() - interval '40 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
    );
    for (args, code) in [
        (with("customer_id", json!(Uuid::now_v7())), "customer_not_found"),
        (
            with("customer_id", json!(uid(&pg, "customer", 2))),
            "customer_not_found",
        ),
        (with("customer_id", json!(7)), "value_not_allowed"),
        (with("appointment_id", json!(Uuid::now_v7())), "appointment_not_found"),
        (
            with("appointment_id", json!(uid(&pg, "appointment", 2))),
            "appointment_not_found",
        ),
        (
            with("appointment_id", json!(uid(&pg, "appointment", 3))),
            "appointment_not_found",
        ),
        (
            with("appointment_id", json!(uid(&pg, "appointment", 1))),
            "booking_of_another_day",
        ),
        (with("id", json!("x")), "value_not_allowed"),
        (with("at", json!("yesterday")), "value_not_allowed"),
        (with("at", json!(long_ago)), "date_out_of_range"),
    ] {
        assert_eq!(nok.act("visit.check_in", args.clone()).await, code, "{args}");
    }
    assert_eq!(
        nok.act("visit.leave", json!({ "id": Uuid::now_v7() })).await,
        "visit_not_found"
    );
    pg.psql(
        DB,
        &format!("update public.appointments set status = 'cancelled' where id = '{booking}'"),
    );
    assert_eq!(
        nok.act("visit.check_in", check_in(&pg, 1, Some(booking))).await,
        "appointment_closed"
    );
    assert_eq!(pg.psql(DB, "select count(*) from desk.visit"), "0");
    let mut theirs = desk(&pg, B, 8).await;
    assert_eq!(
        theirs.act("visit.check_in", check_in(&pg, 1, Some(booking))).await,
        "customer_not_found",
        "another clinic's customer is none"
    );
}

#[tokio::test]
async fn a_pc_whose_clock_is_ahead_does_not_put_arrivals_into_the_future() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 7).await;
    let ahead = pg.psql(
        DB,
        "select to_char(now() at time zone 'UTC' + interval '3 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
    );
    let mut args = check_in(&pg, 1, None);
    args["at"] = json!(ahead);
    done(&mut nok, "visit.check_in", &args).await;
    assert_eq!(
        visits(
            &pg,
            "arrived_at <= now(), day = (now() at time zone 'Asia/Bangkok')::date"
        ),
        "t|t"
    );
}

/// A course of five of customer `n`, two sessions of which are done, waiting for the third.
fn course(pg: &PgCluster, customer: u32) -> Uuid {
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage, treatment_plan, desk_sessions_done) values ('{A}', md5('customer:{customer}')::uuid, 'treatment_scheduled', '{{\"name\": \"HydraFacial\", \"sessions\": 5}}', 2) returning id"))
        .parse()
        .unwrap()
}

fn stands(pg: &PgCluster, journey: Uuid) -> String {
    pg.psql(DB, &format!("select current_stage || ' ' || desk_sessions_done || '/' || desk_sessions_planned || ' ' || coalesce(desk_outcome, 'open') from public.workflow_states where id = '{journey}'"))
}

fn booking_status(pg: &PgCluster, booking: Uuid) -> String {
    pg.psql(
        DB,
        &format!("select status || ' ' || desk.slot_of(a) from public.appointments a where id = '{booking}'"),
    )
}

/// Story 9: the third of five.
#[tokio::test]
async fn start_and_finish_move_the_journey_of_the_booking_and_no_other() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 5).await;
    let (way, other) = (course(&pg, 1), course(&pg, 1));
    let booking = booked(&pg, 1, "10:30");
    pg.psql(
        DB,
        &format!("update public.appointments set desk_journey_id = '{way}' where id = '{booking}'"),
    );
    let args = check_in(&pg, 1, Some(booking));
    done(&mut nok, "visit.check_in", &args).await;
    let refused = answer(
        &mut nok,
        "visit.finish",
        &json!({ "id": args["id"], "entry": Uuid::now_v7() }),
    )
    .await;
    assert_eq!(
        refused.code.as_deref(),
        Some("visit_not_started"),
        "from waiting nothing is finished"
    );
    let start = json!({ "id": args["id"], "entry": Uuid::now_v7() });
    let of = done(&mut nok, "visit.start", &start).await;
    assert_eq!(
        (stands(&pg, way).as_str(), visits(&pg, "state").as_str()),
        ("in_treatment 2/5 open", "serving")
    );
    assert!(booking_status(&pg, booking).starts_with("in_progress"));
    assert_eq!(
        nok.act("visit.start", json!({ "id": args["id"], "entry": Uuid::now_v7() }))
            .await,
        "visit_already_started"
    );
    done(
        &mut nok,
        "visit.unstart",
        &json!({ "id": args["id"], "of": of, "entry": Uuid::now_v7() }),
    )
    .await;
    assert_eq!(
        (
            stands(&pg, way).as_str(),
            visits(&pg, "state, started_at is null").as_str()
        ),
        ("treatment_scheduled 2/5 open", "waiting|t")
    );
    done(
        &mut nok,
        "visit.start",
        &json!({ "id": args["id"], "entry": Uuid::now_v7() }),
    )
    .await;
    let finish = json!({ "id": args["id"], "entry": Uuid::now_v7() });
    let of = done(&mut nok, "visit.finish", &finish).await;
    assert_eq!(
        stands(&pg, way),
        "treatment_completed 3/5 open",
        "two are left, and the journey is not over"
    );
    assert!(booking_status(&pg, booking).starts_with("completed"));
    assert_eq!(
        stands(&pg, other),
        "treatment_scheduled 2/5 open",
        "her other course is untouched"
    );
    assert_eq!(pg.psql(DB, "select last_visit_date = (now() at time zone 'Asia/Bangkok')::date from public.customers where id = md5('customer:1')::uuid"), "t");
    assert_eq!(nok.act("visit.leave", json!({ "id": args["id"] })).await, "visit_ended");
    done(
        &mut nok,
        "visit.unfinish",
        &json!({ "id": args["id"], "of": of, "entry": Uuid::now_v7() }),
    )
    .await;
    assert_eq!(
        (stands(&pg, way).as_str(), visits(&pg, "state").as_str()),
        ("in_treatment 2/5 open", "serving")
    );
}

#[tokio::test]
async fn of_two_courses_that_wait_none_is_moved_by_a_walk_in_and_the_only_one_is() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 5).await;
    let only = course(&pg, 3);
    let (one, two) = (course(&pg, 1), course(&pg, 1));
    for customer in [1, 3] {
        let args = check_in(&pg, customer, None);
        done(&mut nok, "visit.check_in", &args).await;
        done(
            &mut nok,
            "visit.start",
            &json!({ "id": args["id"], "entry": Uuid::now_v7() }),
        )
        .await;
    }
    assert_eq!(
        [one, two].map(|way| stands(&pg, way)),
        ["treatment_scheduled 2/5 open", "treatment_scheduled 2/5 open"]
    );
    assert_eq!(stands(&pg, only), "in_treatment 2/5 open");
}

#[tokio::test]
async fn a_journey_that_stands_elsewhere_refuses_the_start_with_the_reason_and_nothing_is_half_done() {
    let pg = migrated().await;
    let (mut nok, mut may) = (desk(&pg, A, 5).await, desk(&pg, A, 7).await);
    let way = course(&pg, 1);
    let args = check_in(&pg, 1, None);
    done(&mut nok, "visit.check_in", &args).await;
    let start = json!({ "id": args["id"], "entry": Uuid::now_v7() });
    assert_eq!(
        may.act("visit.start", start.clone()).await,
        "role_not_allowed",
        "a seller does not treat"
    );
    pg.psql(
        DB,
        &format!("select desk.move_journey('{A}', '{way}', md5('user:5')::uuid, 'PC', 'no_show')"),
    );
    let refused = answer(&mut nok, "visit.start", &start).await;
    assert_eq!(refused.code.as_deref(), Some("move_not_allowed"));
    assert_eq!(refused.detail.unwrap()["stage"], json!("payment_confirmed"));
    assert_eq!(visits(&pg, "state"), "waiting");
}

fn slot(pg: &PgCluster, days: i32, times: &str) -> String {
    pg.psql(
        DB,
        &format!("select to_char((now() at time zone 'Asia/Bangkok')::date + {days}, 'YYYY-MM-DD') || ' {times}'"),
    )
}

#[tokio::test]
async fn a_booking_is_made_moved_missed_and_taken_back_with_its_journey() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 5).await;
    let way: Uuid = pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage) values ('{A}', md5('customer:1')::uuid, 'payment_confirmed') returning id")).parse().unwrap();
    let stage = || {
        pg.psql(DB, &format!("select current_stage || ' ' || coalesce(to_char(desk_booked_at at time zone 'Asia/Bangkok', 'HH24:MI'), '-') from public.workflow_states where id = '{way}'"))
    };
    let id = Uuid::now_v7();
    let book = json!({ "id": id, "customer_id": uid(&pg, "customer", 1), "type": "treatment", "slot": slot(&pg, 1, "10:30-11:30"), "staff_id": uid(&pg, "user", 7),
        "room": "ห้อง 1", "service": "HydraFacial", "journey_id": way, "entry": Uuid::now_v7() });
    let of = done(&mut nok, "appointment.book", &book).await;
    assert_eq!(stage(), "treatment_scheduled 10:30");
    assert_eq!(
        pg.psql(
            DB,
            &format!("select appointment_code || services::text from public.appointments where id = '{id}'")
        ),
        "BKK01-B000001[\"HydraFacial\"]"
    );
    assert_eq!(pg.psql(DB, "select count(*) || ' ' || bool_and((metadata ->> 'after')::timestamptz > now() + interval '2 minutes')::text from public.notifications where type = 'booking_made'"), "1 true", "who treats hears of it in three minutes");
    done(
        &mut nok,
        "appointment.unbook",
        &json!({ "id": id, "of": of, "entry": Uuid::now_v7() }),
    )
    .await;
    assert_eq!(
        (
            stage().as_str(),
            pg.psql(
                DB,
                "select count(*) from public.notifications where type like 'booking%'"
            )
            .as_str()
        ),
        ("payment_confirmed -", "0")
    );
    assert!(booking_status(&pg, id).starts_with("cancelled"));

    let id = Uuid::now_v7();
    let mut book = book;
    book["id"] = json!(id);
    book["entry"] = json!(Uuid::now_v7());
    done(&mut nok, "appointment.book", &book).await;
    let (was, wanted) = (slot(&pg, 1, "10:30-11:30"), slot(&pg, 2, "14:00-15:00"));
    let of = done(
        &mut nok,
        "appointment.reschedule",
        &json!({ "id": id, "set": { "slot": wanted }, "base": { "slot": was }, "entry": Uuid::now_v7() }),
    )
    .await;
    assert_eq!(
        (booking_status(&pg, id), stage()),
        (format!("scheduled {wanted}"), "treatment_scheduled 14:00".into())
    );
    done(&mut nok, "appointment.move_back", &json!({ "id": id, "of": of, "set": { "slot": was }, "base": { "slot": wanted }, "status": "scheduled", "entry": Uuid::now_v7() })).await;
    assert_eq!(
        (booking_status(&pg, id), stage()),
        (format!("scheduled {was}"), "treatment_scheduled 10:30".into())
    );
    assert_eq!(nok.act("appointment.no_show", json!({ "id": id })).await, "not_yet");
    pg.psql(DB, &format!("update public.appointments set appointment_date = (now() at time zone 'Asia/Bangkok')::date - 1 where id = '{id}'"));
    let of = done(
        &mut nok,
        "appointment.no_show",
        &json!({ "id": id, "entry": Uuid::now_v7() }),
    )
    .await;
    assert_eq!(
        (booking_status(&pg, id).split(' ').next().unwrap(), stage().as_str()),
        ("no_show", "payment_confirmed -")
    );
    done(
        &mut nok,
        "appointment.reopen",
        &json!({ "id": id, "of": of, "status": "scheduled", "entry": Uuid::now_v7() }),
    )
    .await;
    assert_eq!(
        (booking_status(&pg, id).split(' ').next().unwrap(), stage().as_str()),
        ("scheduled", "treatment_scheduled 10:30")
    );
    let of = done(&mut nok, "appointment.cancel", &json!({ "id": id, "reason": "ติดธุระ" })).await;
    assert_eq!(
        stage(),
        "payment_confirmed -",
        "what is cancelled is expected no longer"
    );
    let why = "select coalesce(desk_kind, type) || ' ' || (performed_by = md5('user:5')::uuid) from public.workflow_actions order by desk_version desc limit 1";
    assert_eq!(pg.psql(DB, why), "unbook true");
    done(
        &mut nok,
        "appointment.reopen",
        &json!({ "id": id, "of": of, "status": "scheduled" }),
    )
    .await;
    assert_eq!(stage(), "treatment_scheduled 10:30");
    done(&mut nok, "appointment.cancel", &json!({ "id": id, "reason": "ติดธุระ" })).await;
    assert_eq!(stage(), "payment_confirmed -");
    assert!(
        pg.psql(DB, &format!("select notes from public.appointments where id = '{id}'"))
            .ends_with("ติดธุระ")
    );
    assert_eq!(
        nok.act("appointment.cancel", json!({ "id": id })).await,
        "appointment_closed"
    );
}

/// W5: why a course stands where it does is true when its customer went, and when one of two bookings is cancelled.
#[tokio::test]
async fn who_went_is_expected_no_longer_and_of_two_bookings_the_other_is() {
    let pg = migrated().await;
    let mut nok = desk(&pg, A, 5).await;
    let way: Uuid = pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, current_stage) values ('{A}', md5('customer:1')::uuid, 'payment_confirmed') returning id")).parse().unwrap();
    let stage = || {
        pg.psql(DB, &format!("select current_stage || ' ' || coalesce(to_char(desk_booked_at at time zone 'Asia/Bangkok', 'HH24:MI'), '-') from public.workflow_states where id = '{way}'"))
    };
    let book = |id: Uuid, slot: String| json!({ "id": id, "customer_id": uid(&pg, "customer", 1), "type": "treatment", "slot": slot, "staff_id": uid(&pg, "user", 7), "journey_id": way, "entry": Uuid::now_v7() });
    let (today, later) = (Uuid::now_v7(), Uuid::now_v7());
    done(&mut nok, "appointment.book", &book(later, slot(&pg, 2, "14:00-15:00"))).await;
    done(&mut nok, "appointment.book", &book(today, slot(&pg, 0, "10:30-11:30"))).await;
    assert_eq!(stage(), "treatment_scheduled 10:30");
    let args = check_in(&pg, 1, Some(today));
    done(&mut nok, "visit.check_in", &args).await;
    let of = done(&mut nok, "visit.leave", &json!({ "id": args["id"] })).await;
    assert_eq!(stage(), "treatment_scheduled 14:00", "the other booking stands");
    done(&mut nok, "visit.return", &json!({ "id": args["id"], "of": of })).await;
    assert_eq!(stage(), "treatment_scheduled 10:30");
    done(&mut nok, "appointment.cancel", &json!({ "id": later })).await;
    assert_eq!(stage(), "treatment_scheduled 10:30", "today's stands");
    done(&mut nok, "visit.leave", &json!({ "id": args["id"] })).await;
    assert_eq!(stage(), "payment_confirmed -");
}

/// Story 16: the same booking, decided at two counters.
#[tokio::test]
async fn a_check_in_and_a_move_of_one_booking_are_both_told_with_who_and_when_whichever_comes_first() {
    let pg = migrated().await;
    let (mut nok, mut beam) = (desk(&pg, A, 5).await, desk(&pg, A, 7).await);
    let seen = slot(&pg, 0, "10:30-11:15");
    let later = slot(&pg, 0, "15:00-15:45");
    // The move comes first.
    let booking = booked(&pg, 1, "10:30");
    done(
        &mut beam,
        "appointment.reschedule",
        &json!({ "id": booking, "set": { "slot": later }, "base": { "slot": seen } }),
    )
    .await;
    let mut args = check_in(&pg, 1, Some(booking));
    args["set"] = json!({ "slot": seen });
    args["base"] = json!({ "slot": seen });
    let refused = answer(&mut nok, "visit.check_in", &args).await;
    let detail = refused.detail.unwrap();
    assert_eq!(refused.code.as_deref(), Some("changed_meanwhile"));
    assert_eq!(
        (&detail["yours"], &detail["theirs"], &detail["by"]),
        (&json!(seen), &json!(later), &json!("นิก7"))
    );
    assert!(detail["at"].is_string());
    args["base"] = json!({ "slot": later });
    done(&mut nok, "visit.check_in", &args).await;
    assert_eq!(
        booking_status(&pg, booking),
        format!("scheduled {seen}"),
        "decided for mine: back where it was seen, and she waits"
    );
    // The arrival comes first.
    let booking = booked(&pg, 3, "10:30");
    let args = check_in(&pg, 3, Some(booking));
    done(&mut nok, "visit.check_in", &args).await;
    let mut move_it = json!({ "id": booking, "set": { "slot": later }, "base": { "slot": seen } });
    let refused = answer(&mut beam, "appointment.reschedule", &move_it).await;
    let detail = refused.detail.unwrap();
    assert_eq!(
        (&detail["field"], &detail["theirs"], &detail["by"]),
        (&json!("visit"), &args["id"], &json!("นิก5"))
    );
    move_it["base"]["visit"] = args["id"].clone();
    done(&mut beam, "appointment.reschedule", &move_it).await;
    assert_eq!(booking_status(&pg, booking), format!("scheduled {later}"));
    assert_eq!(
        pg.psql(
            DB,
            &format!("select state || ' ' || reason from desk.visit where appointment_id = '{booking}'")
        ),
        "left เลื่อนนัด"
    );
    // Two moves.
    let refused = answer(
        &mut nok,
        "appointment.reschedule",
        &json!({ "id": booking, "set": { "slot": slot(&pg, 3, "09:00-09:45") }, "base": { "slot": seen } }),
    )
    .await;
    assert_eq!(refused.detail.unwrap()["by"], json!("นิก7"));
}
