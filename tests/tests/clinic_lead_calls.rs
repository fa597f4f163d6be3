//! A call answers the lead it was made for, and the leads of the customer who was called: the clock stops at the time of the call, whoever wrote what by itself before.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use clinic_support::{A, B, DB, Desk, desk, journey, let_sell, migrated, uid};
use desk_tests::harness::pg::PgCluster;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A hot lead that came so many minutes ago; of the fixture's customer 1 where it bears their phone.
fn hot_lead(pg: &PgCluster, name: &str, phone: &str, minutes: i32) -> Uuid {
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) values ('{A}', '{name}', '{phone}', 92, 'hot', 'high')"));
    pg.psql(
        DB,
        &format!("update desk.lead set created_at = now() - interval '{minutes} minutes' where name = '{name}'"),
    );
    pg.psql(DB, &format!("select id from desk.lead where name = '{name}'"))
        .parse()
        .unwrap()
}

fn phone_of(pg: &PgCluster, customer: u32) -> String {
    pg.psql(DB, &format!("update public.customers set phone = '0812345678' where id = md5('customer:{customer}')::uuid and clinic_id = '{A}' returning phone"))
}

fn of(pg: &PgCluster, id: Uuid, fields: &str) -> String {
    pg.psql(DB, &format!("select {fields} from desk.lead where id = '{id}'"))
}

fn waits(pg: &PgCluster, id: Uuid) -> (String, String) {
    let timers = format!(
        "select count(*) from desk.timer where kind = 'lead.escalate' and state = 'waiting' and facts ->> 'lead' = '{id}'"
    );
    (of(pg, id, "answered_at is null"), pg.psql(DB, &timers))
}

fn ago(pg: &PgCluster, minutes: i32) -> String {
    pg.psql(
        DB,
        &format!("select to_json(now() - interval '{minutes} minutes') #>> '{{}}'"),
    )
}

fn call(at: &str, more: Json) -> Json {
    let mut args = json!({ "id": Uuid::now_v7(), "direction": "out", "outcome": "talked", "at": at, "next_id": Uuid::now_v7(), "preference_id": Uuid::now_v7(), "journey_id": Uuid::now_v7() });
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    args
}

async fn logged(desk: &mut Desk, args: Json) -> Uuid {
    let mutation = desk.mutation("contact.log", args);
    let id = mutation.id;
    let outcome = desk.push(&[mutation]).await.unwrap().remove(0);
    assert_eq!(outcome.code, None, "{outcome:?}");
    id
}

#[tokio::test]
async fn a_call_logged_for_a_lead_stops_its_clock_at_the_time_of_the_call_and_a_message_by_itself_does_not() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    for n in [5, 7] {
        let_sell(&pg, n);
    }
    let id = hot_lead(&pg, "มายด์", "", 10);
    assert_eq!(waits(&pg, id), ("t".into(), "2".into()));
    // The web system greets by itself, and scores anew: nobody has answered.
    pg.psql(
        DB,
        "update public.lead_scoring_data set overall_score = 95 where customer_name = 'มายด์'",
    );
    assert_eq!(waits(&pg, id), ("t".into(), "2".into()));
    let at = ago(&pg, 4);
    logged(
        &mut may,
        call(
            &at,
            json!({ "lead_id": id, "note": "สนใจโปร", "next_at": ago(&pg, -60) }),
        ),
    )
    .await;
    assert_eq!(waits(&pg, id), ("f".into(), "0".into()));
    assert_eq!(
        of(
            &pg,
            id,
            "status, outcome, answered_at = (select at from desk.contact), answered_by = md5('user:7')::uuid, next_at > now(), notes like '%สนใจโปร'"
        ),
        "claimed|talked|t|t|t|t"
    );
    let unread = format!(
        "select count(*) from public.notifications where metadata ->> 'subject' = 'lead:{id}' and not coalesce(is_read, false)"
    );
    assert_eq!(pg.psql(DB, &unread), "0", "nobody else need look");
    assert_eq!(
        pg.psql(DB, "select count(*) from public.task_queue"),
        "0",
        "what follows stays with the lead"
    );
    // A colleague's call that was made before, and arrives later, was the first answer.
    logged(
        &mut nok,
        call(&ago(&pg, 8), json!({ "lead_id": id, "outcome": "no_answer" })),
    )
    .await;
    assert_eq!(
        of(
            &pg,
            id,
            "answered_by = md5('user:5')::uuid, claimed_by = md5('user:7')::uuid"
        ),
        "t|t"
    );
}

#[tokio::test]
async fn a_call_about_a_task_answers_the_leads_that_the_customer_had_by_then_and_no_others() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let_sell(&pg, 7);
    let phone = phone_of(&pg, 1);
    let (_, task) = journey(&pg, A, 1, 7);
    let (before, after) = (hot_lead(&pg, "ก่อน", &phone, 30), hot_lead(&pg, "หลัง", &phone, 1));
    let stranger = hot_lead(&pg, "คนอื่น", "0899999999", 30);
    assert_eq!(of(&pg, before, "customer_id = md5('customer:1')::uuid"), "t");
    logged(
        &mut may,
        call(
            &ago(&pg, 5),
            json!({ "customer_id": uid(&pg, "customer", 1), "task_id": task, "outcome": "booked" }),
        ),
    )
    .await;
    assert_eq!(
        of(&pg, before, "status, outcome, claimed_by = md5('user:7')::uuid"),
        "closed|booked|t"
    );
    assert_eq!(
        (waits(&pg, after).0, waits(&pg, stranger).0),
        ("t".into(), "t".into()),
        "it came after the call; it is somebody else's"
    );
}

#[tokio::test]
async fn a_call_that_was_a_mistake_lets_the_lead_wait_again_unless_somebody_went_on() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    for n in [5, 7] {
        let_sell(&pg, n);
    }
    let id = hot_lead(&pg, "มายด์", "", 10);
    let first = logged(
        &mut may,
        call(&ago(&pg, 4), json!({ "lead_id": id, "outcome": "not_interested" })),
    )
    .await;
    assert_eq!(of(&pg, id, "status"), "closed");
    assert_eq!(
        may.act("contact.retract", json!({ "id": Uuid::nil(), "of": first }))
            .await,
        "ok"
    );
    assert_eq!(of(&pg, id, "status, outcome is null, claimed_by is null"), "open|t|t");
    assert_eq!(waits(&pg, id), ("t".into(), "2".into()));
    let second = logged(&mut may, call(&ago(&pg, 3), json!({ "lead_id": id }))).await;
    assert_eq!(
        nok.act("lead.answer", json!({ "id": id, "outcome": "talked" })).await,
        "ok"
    );
    assert_eq!(
        may.act("contact.retract", json!({ "id": Uuid::nil(), "of": second }))
            .await,
        "changed_meanwhile"
    );
    assert_eq!(of(&pg, id, "status, outcome"), "claimed|talked");
}

#[tokio::test]
async fn a_call_is_taken_back_and_what_was_decided_after_it_stands_and_says_so() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    for n in [5, 7] {
        let_sell(&pg, n);
    }
    let id = hot_lead(&pg, "มายด์", "", 10);
    let call_of_may = logged(&mut may, call(&ago(&pg, 8), json!({ "lead_id": id }))).await;
    assert_eq!(of(&pg, id, "outcome, answered_by = md5('user:7')::uuid"), "talked|t");
    let close = json!({ "id": id, "outcome": "booked", "at": ago(&pg, 2) });
    assert_eq!(nok.act("lead.answer", close).await, "ok");
    assert_eq!(
        of(&pg, id, "status, outcome, claimed_by = md5('user:7')::uuid"),
        "closed|booked|t"
    );
    let back = json!({ "id": Uuid::nil(), "of": call_of_may });
    assert_eq!(may.act("contact.retract", back).await, "ok");
    assert_eq!(pg.psql(DB, "select retracted_at is not null from desk.contact"), "t");
    assert_eq!(
        of(
            &pg,
            id,
            "status, outcome, claimed_by = md5('user:5')::uuid, answered_by = md5('user:5')::uuid, answered_at between now() - interval '3 minutes' and now() - interval '1 minute', notes like '%ผลที่ปิดไว้ยังอยู่'"
        ),
        "closed|booked|t|t|t|t"
    );
}

#[tokio::test]
async fn a_call_with_a_lead_that_was_closed_before_or_that_its_journey_closed_leaves_it_closed() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    for n in [5, 7] {
        let_sell(&pg, n);
    }
    let before = hot_lead(&pg, "มายด์", "", 10);
    let close = json!({ "id": before, "outcome": "booked", "at": ago(&pg, 5) });
    assert_eq!(nok.act("lead.answer", close).await, "ok");
    let stood = of(
        &pg,
        before,
        "status, outcome, answered_at, answered_by, claimed_by, claimed_at",
    );
    let late = logged(
        &mut may,
        call(&ago(&pg, 8), json!({ "lead_id": before, "outcome": "no_answer" })),
    )
    .await;
    assert_eq!(
        of(&pg, before, "answered_by = md5('user:7')::uuid"),
        "t",
        "it was the first"
    );
    let way = Uuid::now_v7();
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, id, customer_id, current_stage) values ('{A}', '{way}', md5('customer:1')::uuid, 'lead_created')"));
    let of_way: Uuid = pg
        .psql(DB, &format!("select id from desk.lead where source_id = '{way}'"))
        .parse()
        .unwrap();
    let early = logged(&mut may, call(&ago(&pg, 0), json!({ "lead_id": of_way }))).await;
    let scan = json!({ "id": way, "action": "scan_customer", "entry": Uuid::now_v7(), "facts": {} });
    assert_eq!(may.act("journey.move", scan).await, "ok");
    assert_eq!(of(&pg, of_way, "status, outcome"), "closed|talked");
    for call in [late, early] {
        assert_eq!(
            may.act("contact.retract", json!({ "id": Uuid::nil(), "of": call }))
                .await,
            "ok"
        );
    }
    let moved = format!(
        "status, outcome is null, answered_by = md5('user:7')::uuid, answered_at = (select performed_at from public.workflow_actions where workflow_id = '{way}' and to_stage = 'scanned')"
    );
    assert_eq!(of(&pg, of_way, &moved), "closed|t|t|t", "who moved it on answered it");
    assert_eq!(
        of(
            &pg,
            before,
            "status, outcome = 'booked', answered_by = md5('user:5')::uuid"
        ),
        "closed|t|t"
    );
    assert_eq!(
        of(
            &pg,
            before,
            "status, outcome, answered_at, answered_by, claimed_by, claimed_at"
        ),
        stood
    );
}

#[tokio::test]
async fn who_treats_answers_no_lead_and_nobody_answers_another_clinics() {
    let pg = migrated().await;
    let (mut ann, mut other) = (desk(&pg, A, 7).await, desk(&pg, B, 8).await);
    pg.psql(
        DB,
        &format!(
            "update desk.staff set role = 'beautician' where clinic_id = '{A}' and person_id = md5('user:7')::uuid"
        ),
    );
    let phone = phone_of(&pg, 1);
    let id = hot_lead(&pg, "มายด์", &phone, 10);
    assert_eq!(
        ann.act("contact.log", call(&ago(&pg, 1), json!({ "lead_id": id })))
            .await,
        "role_not_allowed"
    );
    assert_eq!(
        ann.act(
            "contact.log",
            call(&ago(&pg, 1), json!({ "customer_id": uid(&pg, "customer", 1) }))
        )
        .await,
        "ok",
        "a call with her own customer"
    );
    assert_eq!(
        other
            .act("contact.log", call(&ago(&pg, 1), json!({ "lead_id": id })))
            .await,
        "lead_not_found"
    );
    assert_eq!(waits(&pg, id).0, "t");
}

#[tokio::test]
async fn a_call_under_a_clock_that_runs_ahead_answers_now_and_not_in_the_future() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let_sell(&pg, 7);
    let id = hot_lead(&pg, "มายด์", "", 10);
    logged(&mut may, call(&ago(&pg, -300), json!({ "lead_id": id }))).await;
    assert_eq!(of(&pg, id, "answered_at <= now(), claimed_at <= now()"), "t|t");
}

#[tokio::test]
async fn an_answer_is_not_taken_back_over_a_colleagues_call_since() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    for n in [5, 7] {
        let_sell(&pg, n);
    }
    let id = hot_lead(&pg, "มายด์", "", 10);
    let answer = may.mutation(
        "lead.answer",
        json!({ "id": id, "outcome": "no_answer", "at": ago(&pg, 5) }),
    );
    let of_may = answer.id;
    assert_eq!(may.push(&[answer]).await.unwrap().remove(0).code, None);
    logged(&mut nok, call(&ago(&pg, 1), json!({ "lead_id": id }))).await;
    let before = of(&pg, id, "status, outcome, answered_at, answered_by");
    let back = json!({ "of": of_may, "status": "open" });
    assert_eq!(may.act("lead.unanswer", back).await, "changed_meanwhile");
    assert_eq!(of(&pg, id, "status, outcome, answered_at, answered_by"), before);
}

#[tokio::test]
async fn a_lead_that_is_gone_was_answered_by_nobody_once_its_only_call_is_taken_back() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let_sell(&pg, 7);
    let id = hot_lead(&pg, "มายด์", "", 10);
    let call = logged(&mut may, call(&ago(&pg, 8), json!({ "lead_id": id }))).await;
    pg.psql(DB, "delete from public.lead_scoring_data where customer_name = 'มายด์'");
    assert_eq!(of(&pg, id, "status, answered_by = md5('user:7')::uuid"), "closed|t");
    let back = json!({ "id": Uuid::nil(), "of": call });
    assert_eq!(may.act("contact.retract", back).await, "ok");
    assert_eq!(
        of(
            &pg,
            id,
            "status, answered_at is null, answered_by is null, claimed_by is null"
        ),
        "closed|t|t|t"
    );
}
