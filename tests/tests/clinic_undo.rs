//! Taking back in PostgreSQL: a new action names the one it takes back. The database lets it through once, for who did it, and only while
//! nobody has changed it since; whatever it refuses stays as it is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, B, DB, Desk, desk, followup, journey, migrated, uid};
use desk_clinic::push::{Mutation, Status};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Does one action; its id.
async fn done(desk: &mut Desk, name: &str, args: Json) -> Uuid {
    let mutation = desk.mutation(name, args);
    let id = mutation.id;
    let outcome = desk.push(&[mutation]).await.unwrap().remove(0);
    assert_eq!(outcome.status, Status::Ok, "{name}: {outcome:?}");
    id
}

/// Gives points; the entry is called like the action.
async fn awarded(desk: &mut Desk, customer: Uuid, satang: i64) -> Uuid {
    let mut award = desk.mutation("points.award", json!({}));
    award.args = json!({ "id": award.id, "customer_id": customer, "satang": satang });
    let id = award.id;
    assert_eq!(desk.push(&[award]).await.unwrap()[0].status, Status::Ok);
    id
}

fn task(pg: &PgCluster, columns: &str) -> String {
    pg.psql(DB, &format!("select {columns} from public.task_queue"))
}

#[tokio::test]
async fn a_closed_task_is_open_again_once_and_both_are_in_its_notes() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, id) = journey(&pg, A, 1, 7);
    pg.psql(
        DB,
        "update public.task_queue set status = 'in_progress', snoozed_until = '2026-12-01T09:00:00+07:00'",
    );
    let of = done(&mut may, "task.complete", json!({ "id": id, "note": "โทรแล้ว" })).await;
    let reopen = json!({ "id": id, "of": of, "status": "in_progress", "until": "2026-12-01T02:00:00.000000Z" });
    assert_eq!(may.act("task.reopen", reopen.clone()).await, "ok");
    assert_eq!(
        task(
            &pg,
            "status, completed_at is null, completed_by is null, snoozed_until = '2026-12-01T09:00:00+07:00'"
        ),
        "in_progress|t|t|t"
    );
    let notes = task(&pg, "notes");
    let lines: Vec<_> = notes.lines().collect();
    assert!(
        lines.len() == 2 && lines[0].ends_with(" นิก7: โทรแล้ว") && lines[1].ends_with(" นิก7: เปิดงานอีกครั้ง"),
        "{notes}"
    );
    assert_eq!(may.act("task.reopen", reopen.clone()).await, "already_undone");
    done(&mut may, "task.complete", json!({ "id": id })).await;
    assert_eq!(
        may.act("task.reopen", reopen).await,
        "already_undone",
        "the second closing is another action"
    );
    assert_eq!(task(&pg, "status"), "completed");
}

#[tokio::test]
async fn only_who_did_it_takes_it_back_and_others_learn_nothing_from_the_answer() {
    let pg = migrated().await;
    let (mut may, mut nok, mut theirs) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await, desk(&pg, B, 8).await);
    let (_, id) = journey(&pg, A, 1, 7);
    let of = done(&mut may, "task.complete", json!({ "id": id })).await;
    let mut answers = Vec::new();
    for desk in [&mut nok, &mut theirs] {
        for of in [of, Uuid::now_v7()] {
            let reopen = desk.mutation("task.reopen", json!({ "id": id, "of": of }));
            let outcome = desk.push(&[reopen]).await.unwrap().remove(0);
            answers.push((outcome.code, outcome.detail));
        }
    }
    assert!(
        answers
            .iter()
            .all(|answer| *answer == (Some("nothing_to_undo".into()), Some(json!({})))),
        "{answers:?}"
    );
    assert_eq!(
        may.act("task.unnote", json!({ "id": id, "of": of })).await,
        "nothing_to_undo",
        "a closing is no note"
    );
    assert_eq!(task(&pg, "status"), "completed");
    let mut elsewhere = desk(&pg, A, 7).await;
    assert_eq!(
        elsewhere.act("task.reopen", json!({ "id": id, "of": of })).await,
        "ok",
        "the same person at another PC"
    );
}

#[tokio::test]
async fn what_somebody_changed_since_stays() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    desk(&pg, A, 5).await;
    let (_, id) = journey(&pg, A, 1, 7);
    let due = followup(&pg, A, 1);
    let (nok, boss) = (uid(&pg, "user", 5), uid(&pg, "user", 1));
    let snoozed = done(&mut may, "task.snooze", json!({ "id": id, "until": soon(&pg, 1) })).await;
    let given = done(&mut may, "task.reassign", json!({ "id": id, "to": nok })).await;
    let noted = done(&mut may, "task.note", json!({ "id": id, "text": "ผิดงาน" })).await;
    let called = done(&mut may, "followup.done", json!({ "id": due, "note": "โทรแล้ว" })).await;
    pg.psql(DB, &format!("update public.task_queue set snoozed_until = now() + interval '3 days', assigned_to = '{boss}', notes = 'ของเว็บ';
        update public.followup_executions set status = 'delivered'"));
    assert_eq!(
        may.act("task.unsnooze", json!({ "id": id, "of": snoozed, "until": null }))
            .await,
        "changed_meanwhile"
    );
    assert_eq!(
        may.act(
            "task.hand_back",
            json!({ "id": id, "of": given, "to": may.who.person_id })
        )
        .await,
        "changed_meanwhile"
    );
    assert_eq!(
        may.act("task.unnote", json!({ "id": id, "of": noted, "text": "ผิดงาน" }))
            .await,
        "changed_meanwhile"
    );
    assert_eq!(
        may.act("followup.reopen", json!({ "id": due, "of": called })).await,
        "changed_meanwhile"
    );
    let closed = done(&mut may, "task.complete", json!({ "id": id })).await;
    pg.psql(DB, &format!("update public.task_queue set completed_by = '{nok}'"));
    let reopen = may.mutation("task.reopen", json!({ "id": id, "of": closed }));
    let outcome = may.push(&[reopen]).await.unwrap().remove(0);
    assert_eq!(outcome.code.as_deref(), Some("changed_meanwhile"));
    assert_eq!(outcome.detail.unwrap()["by"], json!("นิก5"));
    assert_eq!(
        may.act("task.unsnooze", json!({ "id": id, "of": snoozed })).await,
        "task_already_closed"
    );
    assert_eq!(task(&pg, "status, notes"), "completed|ของเว็บ");
}

/// An instant some hours from now, in whole seconds as desks write them.
fn soon(pg: &PgCluster, hours: u32) -> String {
    pg.psql(
        DB,
        &format!(
            "select to_char((now() + interval '{hours} hours') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        ),
    )
}

#[tokio::test]
async fn a_snooze_an_owner_and_a_note_go_back_to_what_they_were() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, id) = journey(&pg, A, 1, 7);
    let nok = uid(&pg, "user", 5);
    let before = soon(&pg, 1);
    done(&mut may, "task.snooze", json!({ "id": id, "until": before })).await;
    done(&mut may, "task.note", json!({ "id": id, "text": "ก่อน" })).await;
    let snoozed = done(&mut may, "task.snooze", json!({ "id": id, "until": soon(&pg, 9) })).await;
    let given = done(&mut may, "task.reassign", json!({ "id": id, "to": nok })).await;
    let noted = done(&mut may, "task.note", json!({ "id": id, "text": "ผิด\nงาน" })).await;
    done(&mut may, "task.note", json!({ "id": id, "text": "หลัง" })).await;
    assert_eq!(
        may.act("task.unnote", json!({ "id": id, "of": noted, "text": "ผิด\nงาน" }))
            .await,
        "ok"
    );
    assert_eq!(
        may.act(
            "task.hand_back",
            json!({ "id": id, "of": given, "to": may.who.person_id })
        )
        .await,
        "ok"
    );
    assert_eq!(
        may.act("task.unsnooze", json!({ "id": id, "of": snoozed, "until": before }))
            .await,
        "ok"
    );
    assert_eq!(
        task(
            &pg,
            &format!("assigned_to = '{}', snoozed_until = '{before}'", may.who.person_id)
        ),
        "t|t"
    );
    let notes = task(&pg, "notes");
    let said: Vec<_> = notes.lines().map(|line| line.rsplit(": ").next().unwrap()).collect();
    assert_eq!(said, ["ก่อน", "หลัง"]);
}

#[tokio::test]
async fn a_follow_up_is_due_again_with_nothing_left_of_its_closing() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let due = followup(&pg, A, 1);
    pg.psql(DB, "update public.followup_executions set response = '{\"asked\": 1}'");
    let of = done(&mut may, "followup.cancel", json!({ "id": due, "reason": "ย้ายบ้าน" })).await;
    assert_eq!(
        may.act(
            "followup.reopen",
            json!({ "id": due, "of": of, "status": "pending", "executed_at": null })
        )
        .await,
        "ok"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select status, executed_at is null, response from public.followup_executions"
        ),
        "pending|t|{\"asked\": 1, \"reopened_by\": \"นิก7\"}"
    );
    assert_eq!(
        may.act("followup.reopen", json!({ "id": due, "of": of })).await,
        "already_undone"
    );
    assert_eq!(may.act("followup.done", json!({ "id": due })).await, "ok");
}

#[tokio::test]
async fn points_are_cancelled_by_an_entry_and_the_tier_and_sums_are_those_of_before() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    awarded(&mut may, customer, 500_000).await;
    let profile = "select total_points, available_points, current_tier, total_spent, total_visits, average_spend, last_visit from public.loyalty_profiles";
    let before = pg.psql(DB, profile);
    let visit = pg.psql(DB, "select to_char(last_visit at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from public.loyalty_profiles");
    let of = awarded(&mut may, customer, 1_234_567).await;
    assert_eq!(
        pg.psql(DB, "select current_tier from public.loyalty_profiles"),
        "silver"
    );
    let reverse = |entry: Uuid| json!({ "id": entry, "of": of, "customer_id": customer, "last_visit": visit });
    let entry = Uuid::now_v7();
    assert_eq!(may.act("points.reverse", reverse(entry)).await, "ok");
    assert_eq!(pg.psql(DB, profile), before);
    assert_eq!(
        pg.psql(DB, &format!("select r.type, r.amount, r.description, r.expires_at = e.expires_at, r.created_at > e.created_at
            from public.point_transactions r join public.point_transactions e on e.id = r.desk_reverses where r.id = '{entry}'")),
        "refund|-1234|ย้อน: คะแนนจากยอดชำระ|t|t"
    );
    assert_eq!(
        may.act("points.reverse", reverse(Uuid::now_v7())).await,
        "already_undone"
    );
    assert_eq!(
        pg.psql(DB, "select count(*) from public.point_transactions"),
        "4",
        "welcome points, two awards, one reversal: nothing is deleted"
    );
    let refused = pg
        .try_psql(DB, "update public.point_transactions set desk_reverses = null")
        .unwrap_err();
    assert!(refused.contains("only added to"), "{refused}");
}

#[tokio::test]
async fn points_that_were_spent_are_not_taken_back_below_nothing() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    let of = awarded(&mut may, customer, 500_000).await;
    pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount) values ('{A}', '{customer}', 'redeemed', 300)"));
    let reverse = may.mutation(
        "points.reverse",
        json!({ "id": Uuid::now_v7(), "of": of, "customer_id": customer }),
    );
    let outcome = may.push(&[reverse]).await.unwrap().remove(0);
    assert_eq!(
        (outcome.code.as_deref(), outcome.detail),
        (Some("points_spent"), Some(json!({ "missing": 200 })))
    );
    assert_eq!(
        pg.psql(DB, "select available_points from public.loyalty_profiles"),
        "300"
    );
}

#[tokio::test]
async fn two_reversals_at_once_cancel_one_award_once() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let mut elsewhere = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    for _ in 0..10 {
        let of = awarded(&mut may, customer, 100_000).await;
        let args = || json!({ "id": Uuid::now_v7(), "of": of, "customer_id": customer });
        let (one, two) = tokio::join!(
            may.act("points.reverse", args()),
            elsewhere.act("points.reverse", args())
        );
        let mut both = [one, two];
        both.sort();
        assert_eq!(both, ["already_undone", "ok"]);
    }
    assert_eq!(
        pg.psql(
            DB,
            "select available_points, total_points, total_visits from public.loyalty_profiles"
        ),
        "100|100|0"
    );
}

#[tokio::test]
async fn an_edit_goes_back_and_a_colleagues_change_is_shown_with_both_sides() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let customer = uid(&pg, "customer", 1);
    let fields = "select nickname, phone from public.customers where id = md5('customer:1')::uuid";
    let before = pg.psql(DB, fields);
    let (nickname, phone) = before.split_once('|').unwrap();
    let edit = json!({ "id": customer, "set": { "nickname": "ใหม่", "phone": "0899999999" }, "base": { "nickname": nickname, "phone": phone } });
    let of = done(&mut may, "customer.edit", edit.clone()).await;
    let back = json!({ "id": customer, "of": of, "set": { "nickname": nickname, "phone": phone }, "base": { "nickname": "ใหม่", "phone": "0899999999" } });
    assert_eq!(may.act("customer.revert", back).await, "ok");
    assert_eq!(pg.psql(DB, fields), before);

    let of = done(&mut may, "customer.edit", edit).await;
    done(
        &mut nok,
        "customer.edit",
        json!({ "id": customer, "set": { "phone": "0811111111" }, "base": { "phone": "0899999999" } }),
    )
    .await;
    let mut back = json!({ "id": customer, "of": of, "set": { "nickname": nickname, "phone": phone } });
    let revert = may.mutation("customer.revert", back.clone());
    let outcome = may.push(&[revert]).await.unwrap().remove(0);
    assert_eq!(outcome.code.as_deref(), Some("changed_meanwhile"));
    let detail = json!({ "field": "phone", "yours": phone, "theirs": "0811111111", "by": "นิก5" });
    assert_eq!(outcome.detail, Some(detail));
    back["base"] = json!({ "phone": "0811111111" });
    assert_eq!(
        may.act("customer.revert", back.clone()).await,
        "ok",
        "the person has seen the other side and decided"
    );
    assert_eq!(pg.psql(DB, fields), before);
    back["set"]["notes"] = json!("x");
    assert_eq!(may.act("customer.revert", back).await, "already_undone");
}

#[tokio::test]
async fn only_fields_of_the_edit_go_back() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let customer = uid(&pg, "customer", 1);
    let of = done(
        &mut may,
        "customer.edit",
        json!({ "id": customer, "set": { "nickname": "ใหม่" } }),
    )
    .await;
    for set in [
        json!({ "phone": "0811111111" }),
        json!({ "clinic_id": B }),
        json!([]),
        json!(null),
    ] {
        assert_eq!(
            may.act("customer.revert", json!({ "id": customer, "of": of, "set": set }))
                .await,
            "value_not_allowed"
        );
    }
}

#[tokio::test]
async fn a_customer_registered_by_mistake_goes_only_while_nothing_hangs_on_them() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let count = |id: Uuid| pg.psql(DB, &format!("select count(*) from public.customers where id = '{id}'"));
    for hangs in [
        None,
        Some("insert into public.workflow_states (clinic_id, customer_id) values ('{A}', '{id}')"),
        Some("insert into public.customer_preferences (clinic_id, customer_id) values ('{A}', '{id}')"),
        Some(
            "insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{id}', 'BN0009')",
        ),
        Some(
            "create table public.later (who uuid references public.customers (id)); insert into public.later values ('{id}')",
        ),
        Some("update public.customers set phone = '0811111111' where id = '{id}'"),
        Some("update public.customers set allergies = 'ยุง' where id = '{id}'"),
    ] {
        let id = Uuid::now_v7();
        let typed = json!({ "id": id, "full_name": " มะลิ ใจดี ", "phone": "089-123 4567", "birth_date": "1995-05-05", "gender": "female" });
        let of = done(&mut may, "customer.create", typed).await;
        let text = hangs
            .unwrap_or_default()
            .replace("{A}", A)
            .replace("{id}", &id.to_string());
        pg.psql(DB, &text);
        let answer = may.act("customer.remove", json!({ "id": id, "of": of })).await;
        let expected = match hangs {
            None => ("ok", "0"),
            Some(text) if text.starts_with("update") => ("changed_meanwhile", "1"),
            Some(_) => ("customer_in_use", "1"),
        };
        assert_eq!((answer.as_str(), count(id).as_str()), expected, "{text}");
    }
}

#[tokio::test]
async fn taking_back_what_was_refused_is_done_without_doing_anything() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, id) = journey(&pg, A, 1, 7);
    pg.psql(
        DB,
        &format!(
            "update public.task_queue set status = 'completed', completed_by = '{}'",
            uid(&pg, "user", 5)
        ),
    );
    let complete = may.mutation("task.complete", json!({ "id": id }));
    let of = complete.id;
    let reopen = may.mutation("task.reopen", json!({ "id": id, "of": of }));
    let outcomes = may.push(&[complete, reopen]).await.unwrap();
    let codes: Vec<_> = outcomes.iter().map(|outcome| outcome.code.as_deref()).collect();
    assert_eq!(codes, [Some("task_already_closed"), None]);
    assert_eq!(task(&pg, "status, notes is null"), "completed|t");
}

#[tokio::test]
async fn done_and_taken_back_in_one_batch_and_the_batch_sent_again() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, id) = journey(&pg, A, 1, 7);
    let complete = may.mutation("task.complete", json!({ "id": id }));
    let reopen = may.mutation("task.reopen", json!({ "id": id, "of": complete.id }));
    let batch: [Mutation; 2] = [complete, reopen];
    for _ in 0..2 {
        assert!(
            may.push(&batch)
                .await
                .unwrap()
                .iter()
                .all(|outcome| outcome.status == Status::Ok)
        );
    }
    assert_eq!(task(&pg, "status, notes like '%เปิดงานอีกครั้ง'"), "pending|t");
}

#[tokio::test]
async fn absurd_values_are_refusals() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let (_, id) = journey(&pg, A, 1, 7);
    let due = followup(&pg, A, 1);
    let closed = done(&mut may, "followup.done", json!({ "id": due })).await;
    let snoozed = done(&mut may, "task.snooze", json!({ "id": id, "until": soon(&pg, 2) })).await;
    let given = done(
        &mut may,
        "task.reassign",
        json!({ "id": id, "to": uid(&pg, "user", 5) }),
    )
    .await;
    let of = done(&mut may, "task.complete", json!({ "id": id })).await;
    let stranger = uid(&pg, "user", 8);
    let cases = [
        ("task.reopen", json!({ "id": id }), "value_not_allowed"),
        ("task.reopen", json!({ "id": id, "of": "x" }), "value_not_allowed"),
        (
            "task.reopen",
            json!({ "id": id, "of": of, "status": "completed" }),
            "value_not_allowed",
        ),
        (
            "task.reopen",
            json!({ "id": id, "of": of, "until": 7 }),
            "value_not_allowed",
        ),
        (
            "task.unsnooze",
            json!({ "id": id, "of": snoozed, "until": "9999-01-01T00:00:00Z" }),
            "date_out_of_range",
        ),
        (
            "task.hand_back",
            json!({ "id": id, "of": given, "to": stranger }),
            "person_not_found",
        ),
        (
            "followup.reopen",
            json!({ "id": due, "of": closed, "status": "delivered" }),
            "value_not_allowed",
        ),
        (
            "points.reverse",
            json!({ "id": Uuid::now_v7(), "of": of }),
            "nothing_to_undo",
        ),
        ("customer.remove", json!({ "of": of }), "nothing_to_undo"),
    ];
    for (name, args, expected) in cases {
        assert_eq!(may.act(name, args.clone()).await, expected, "{name} {args}");
    }
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.problem where code = 'action_failed'"),
        "0"
    );
}
