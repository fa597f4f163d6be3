//! Calls in PostgreSQL: each outcome decides what becomes of the task and what comes next, consent holds at once, and all of it can be taken back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use chrono::{DateTime, TimeDelta, Utc};
use clinic_support::{A, DB, Desk, desk, followup, journey, migrated, uid};
use desk_clinic::push::Status;
use desk_core::call::{RULES, Settles};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A call that person 7 made with customer 1 about a task, with the next step tomorrow.
fn call(pg: &PgCluster, outcome: &str, task: Option<Uuid>) -> Json {
    let at = Utc::now() - TimeDelta::hours(2);
    json!({
        "id": Uuid::now_v7(), "customer_id": uid(pg, "customer", 1), "task_id": task, "direction": "out", "outcome": outcome, "note": "คุยแล้ว",
        "at": at, "next_at": at + TimeDelta::days(1), "next_id": Uuid::now_v7(), "preference_id": Uuid::now_v7(), "journey_id": Uuid::now_v7(),
    })
}

fn of(pg: &PgCluster, task: Uuid, columns: &str) -> String {
    pg.psql(
        DB,
        &format!("select {columns} from public.task_queue where id = '{task}'"),
    )
}

/// A task of a kind on the journey of another one.
fn beside(pg: &PgCluster, journey: Uuid, kind: &str) -> Uuid {
    pg.psql(
        DB,
        &format!("select desk.create_task('{A}', '{journey}', '{kind}', md5('user:7')::uuid, now())"),
    )
    .parse()
    .unwrap()
}

async fn logged(may: &mut Desk, args: Json) -> Uuid {
    let mutation = may.mutation("contact.log", args);
    let id = mutation.id;
    let outcome = may.push(&[mutation]).await.unwrap().remove(0);
    assert_eq!(outcome.status, Status::Ok, "{outcome:?}");
    id
}

#[tokio::test]
async fn the_outcomes_in_the_database_are_those_of_the_core() {
    let pg = migrated().await;
    let rows = pg.psql(DB, "select string_agg(concat_ws('|', key, outcome, task, coalesce(next_kind, '-'), is_reached), ' ' order by key) from desk.call_outcome");
    let core = RULES.map(|rule| {
        let task = match rule.settles {
            Settles::Done => "done",
            Settles::Later => "later",
            Settles::Stop => "stop",
        };
        format!(
            "{}|{}|{task}|{}|{}",
            rule.key,
            rule.word,
            rule.next.unwrap_or("-"),
            if rule.is_reached { "t" } else { "f" }
        )
    });
    assert_eq!(rows, core.join(" "));
}

#[tokio::test]
async fn a_call_made_offline_counts_with_its_real_time() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let args = call(&pg, "talked", None);
    let at: DateTime<Utc> = args["at"].as_str().unwrap().parse().unwrap();
    logged(&mut may, args).await;
    let found = pg.psql(DB, "select floor(extract(epoch from at))::bigint, person_id = md5('user:7')::uuid, device, direction, outcome from desk.contact");
    assert_eq!(found, format!("{}|t|PC-หน้าร้าน|out|talked", at.timestamp()));
    let mut ahead = call(&pg, "talked", None);
    ahead["at"] = json!(Utc::now() + TimeDelta::days(3));
    logged(&mut may, ahead).await;
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.contact where at > now()"),
        "0",
        "a clock that runs ahead"
    );
}

#[tokio::test]
async fn nobody_answered_puts_the_task_off_and_makes_no_second_one() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    logged(&mut may, call(&pg, "no_answer", Some(task))).await;
    assert_eq!(
        of(
            &pg,
            task,
            "status, snoozed_until > now(), notes like '%: [[]no_answer] คุยแล้ว' or notes like '%[no_answer] คุยแล้ว'"
        ),
        "pending|t|t"
    );
    assert_eq!(pg.psql(DB, "select count(*) from public.task_queue"), "1");
}

#[tokio::test]
async fn whoever_wants_to_think_is_called_again_and_the_outcome_replaces_the_chain() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (journey, _) = journey(&pg, A, 1, 7);
    let upsell = beside(&pg, journey, "follow_up_upsell");
    let args = call(&pg, "thinking", Some(upsell));
    let next: Uuid = args["next_id"].as_str().unwrap().parse().unwrap();
    logged(&mut may, args).await;
    assert_eq!(of(&pg, upsell, "status, desk_outcome"), "completed|thinking");
    assert_eq!(
        of(
            &pg,
            next,
            "task_type, assigned_to = md5('user:7')::uuid, due_date < now() + interval '1 day'"
        ),
        "customer_follow_up|t|t",
        "not in seven days"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.task_queue where task_type = 'customer_follow_up'"
        ),
        "1"
    );
    let none = beside(&pg, journey, "follow_up_upsell");
    logged(&mut may, call(&pg, "not_interested", Some(none))).await;
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.task_queue where task_type = 'customer_follow_up'"
        ),
        "1",
        "who does not want it is not followed up"
    );
}

#[tokio::test]
async fn do_not_call_writes_the_consent_at_once_and_takes_every_later_call() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (journey, task) = journey(&pg, A, 1, 7);
    let (review, prepare) = (
        beside(&pg, journey, "review_request"),
        beside(&pg, journey, "prepare_treatment"),
    );
    let planned = followup(&pg, A, 1);
    let id = logged(&mut may, call(&pg, "do_not_call", Some(task))).await;
    let consent = || {
        pg.psql(
            DB,
            "select do_not_contact from public.customer_preferences where customer_id = md5('customer:1')::uuid",
        )
    };
    let states = || {
        [
            of(&pg, task, "status"),
            of(&pg, review, "status"),
            of(&pg, prepare, "status"),
            pg.psql(
                DB,
                &format!("select status from public.followup_executions where id = '{planned}'"),
            ),
        ]
    };
    assert_eq!(
        (consent(), states()),
        (
            "t".into(),
            ["cancelled", "cancelled", "pending", "cancelled"].map(str::to_owned)
        )
    );
    let contact = pg.psql(DB, "select id from desk.contact");
    assert_eq!(
        may.act("contact.retract", json!({ "id": contact, "of": id })).await,
        "ok"
    );
    assert_eq!(
        (consent(), states()),
        (
            "f".into(),
            ["pending", "pending", "pending", "pending"].map(str::to_owned)
        )
    );
    assert_eq!(
        may.act("contact.retract", json!({ "id": contact, "of": id })).await,
        "already_undone"
    );
}

#[tokio::test]
async fn who_said_twice_not_to_be_called_is_called_again_only_when_both_are_taken_back() {
    for first_goes_first in [true, false] {
        let pg = migrated().await;
        let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
        let (_, task) = journey(&pg, A, 1, 7);
        let (first, second) = (call(&pg, "do_not_call", Some(task)), call(&pg, "do_not_call", None));
        let of_may = json!({ "id": first["id"], "of": logged(&mut may, first).await });
        let of_nok = json!({ "id": second["id"], "of": logged(&mut nok, second).await });
        let state = || {
            let consent =
                "select do_not_contact from public.customer_preferences where customer_id = md5('customer:1')::uuid";
            (pg.psql(DB, consent), of(&pg, task, "status"))
        };
        let mut back = [(&mut may, of_may), (&mut nok, of_nok)];
        if !first_goes_first {
            back.reverse();
        }
        let [(one, earlier), (other, later)] = back;
        assert_eq!(one.act("contact.retract", earlier).await, "ok");
        assert_eq!(state(), ("t".into(), "cancelled".into()), "one of the two still stands");
        assert_eq!(other.act("contact.retract", later).await, "ok");
        assert_eq!(state(), ("f".into(), "pending".into()), "nobody said so any more");
    }
}

#[tokio::test]
async fn a_call_is_taken_back_with_what_it_made_unless_a_colleague_works_on_it() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let (_, task) = journey(&pg, A, 1, 7);
    let args = call(&pg, "asked_price", Some(task));
    let next: Uuid = args["next_id"].as_str().unwrap().parse().unwrap();
    let contact = args["id"].clone();
    let id = logged(&mut may, args).await;
    assert_eq!(
        nok.act("contact.retract", json!({ "id": contact, "of": id })).await,
        "nothing_to_undo",
        "a colleague's"
    );
    assert_eq!(nok.act("task.start", json!({ "id": next })).await, "ok");
    assert_eq!(
        may.act("contact.retract", json!({ "id": contact, "of": id })).await,
        "changed_meanwhile"
    );
    pg.psql(DB, &format!("update public.task_queue set status = 'pending', desk_started_at = null, desk_started_by = null where id = '{next}'"));
    assert_eq!(
        may.act("contact.retract", json!({ "id": contact, "of": id })).await,
        "ok"
    );
    assert_eq!(
        (of(&pg, task, "status"), of(&pg, next, "status")),
        ("pending".into(), "cancelled".into())
    );
    assert_eq!(pg.psql(DB, "select retracted_at is not null from desk.contact"), "t");
}

#[tokio::test]
async fn whoever_calls_wakes_what_slept_and_odd_calls_are_refused() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, task) = journey(&pg, A, 1, 7);
    assert_eq!(
        may.act(
            "task.snooze",
            json!({ "id": task, "until": Utc::now() + TimeDelta::days(2) })
        )
        .await,
        "ok"
    );
    let mut incoming = call(&pg, "asked_price", None);
    incoming["direction"] = json!("in");
    logged(&mut may, incoming).await;
    assert_eq!(of(&pg, task, "snoozed_until <= now(), desk_woken_by"), "t|reply");
    let foreign = uid(&pg, "customer", 2);
    for (field, value, code) in [
        ("outcome", json!("sang"), "value_not_allowed"),
        ("direction", json!("sideways"), "value_not_allowed"),
        ("customer_id", json!(foreign), "customer_not_found"),
        ("customer_id", json!(null), "customer_not_found"),
        ("lead_id", json!(Uuid::now_v7()), "lead_not_found"),
        ("task_id", json!(Uuid::now_v7()), "task_not_found"),
        ("at", json!("2001-01-01T00:00:00Z"), "date_out_of_range"),
        ("next_at", json!("2101-01-01T00:00:00Z"), "date_out_of_range"),
        ("note", json!("ก".repeat(2001)), "text_too_long"),
    ] {
        let mut args = call(&pg, "talked", None);
        args[field] = value;
        assert_eq!(may.act("contact.log", args).await, code, "{field}");
    }
    assert!(
        may.sql("update desk.contact set note = 'x'").await.is_err(),
        "a login writes nothing"
    );
    assert!(
        pg.try_psql(DB, "update desk.contact set outcome = 'booked'").is_err(),
        "a call is never changed"
    );
}
