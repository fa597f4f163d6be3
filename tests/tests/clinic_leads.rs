//! Leads in the clinic's database: whose they are, when their clock stops, to whom they are passed on, and what their score is made of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines
)] // a test ends where it is surprised

mod clinic_support;

use clinic_support::{A, B, BASELINE, DB, Desk, admin, database, desk, migrated, uid};
use desk_clinic::migrate;
use desk_core::lead::OUTCOMES;
use desk_tests::{harness::pg::PgCluster, simulate::chance::Chance};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The web system's own list of leads, as its code reads and writes it; no migration of its makes the table.
const SALES_LEADS: &str = "create table public.sales_leads (id uuid primary key default gen_random_uuid(), clinic_id uuid not null, sales_user_id uuid, \
    name text, phone text, email text, status text not null default 'new', score int default 0, source text, metadata jsonb default '{}', last_contacted_at timestamptz)";

/// A lead of the web system that is hot at once; its row in our list.
fn hot_lead(pg: &PgCluster, name: &str) -> Uuid {
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{A}', '{name}', 92, 'hot', 'high')"));
    lead(pg, name)
}

fn lead(pg: &PgCluster, name: &str) -> Uuid {
    pg.psql(DB, &format!("select id from desk.lead where name = '{name}'"))
        .parse()
        .unwrap()
}

/// Fields of a lead, separated by `|`.
fn of(pg: &PgCluster, id: Uuid, fields: &str) -> String {
    pg.psql(DB, &format!("select {fields} from desk.lead where id = '{id}'"))
}

/// A colleague who has a desk: a new person of the clinic with this role.
async fn colleague(pg: &PgCluster, n: u32, role: &str) -> Desk {
    let desk = desk(pg, A, n).await;
    pg.psql(
        DB,
        &format!(
            "update desk.staff set role = '{role}' where clinic_id = '{A}' and person_id = '{}'",
            desk.who.person_id
        ),
    );
    desk
}

/// Everything that is due now.
fn fire(pg: &PgCluster) {
    while !pg.psql(DB, "select coalesce(desk.fire_next(), '')").is_empty() {}
}

/// Makes a step of a lead due, as if its time had come.
fn due(pg: &PgCluster, lead: Uuid, step: &str) {
    pg.psql(
        DB,
        &format!("update desk.timer set due_at = now() where occasion = '{step}:{lead}' and state = 'waiting'"),
    );
    fire(pg);
}

fn told(pg: &PgCluster, lead: Uuid) -> String {
    pg.psql(DB, &format!("select coalesce(string_agg(s.role || ' ' || n.type, ', ' order by n.created_at, s.role), '') from public.notifications n
        join desk.staff s on s.clinic_id = n.clinic_id and s.person_id = n.user_id where n.metadata ->> 'subject' = 'lead:{lead}'"))
}

async fn refusal(desk: &mut Desk, name: &str, args: Json) -> (String, Json) {
    let mutation = desk.mutation(name, args);
    let outcome = desk.push(&[mutation]).await.unwrap().remove(0);
    (outcome.code.unwrap_or_default(), outcome.detail.unwrap_or_default())
}

#[tokio::test]
async fn the_first_to_claim_has_it_and_the_next_hears_who_and_when() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let mut other = desk(&pg, B, 8).await;
    let id = hot_lead(&pg, "มายด์ ทดสอบ");
    assert_eq!(
        other.act("lead.claim", json!({ "id": id })).await,
        "lead_not_found",
        "another clinic's"
    );
    assert_eq!(may.act("lead.claim", json!({ "id": id })).await, "ok");
    let (code, detail) = refusal(&mut nok, "lead.claim", json!({ "id": id })).await;
    let at = of(&pg, id, "to_json(claimed_at) #>> '{}'");
    assert_eq!(
        (code.as_str(), &detail),
        ("lead_taken", &json!({ "by": "นิก7", "at": at }))
    );
    assert_eq!(
        may.act("lead.claim", json!({ "id": id })).await,
        "ok",
        "one's own again"
    );
    assert_eq!(
        of(&pg, id, "status, claimed_by"),
        format!("claimed|{}", may.who.person_id)
    );
    assert_eq!(
        pg.psql(
            DB,
            "select bool_and(is_read) from public.notifications where type = 'hot_lead'"
        ),
        "t"
    );
    for (name, args, code) in [
        ("lead.claim", json!({ "id": Uuid::new_v4() }), "lead_not_found"),
        ("lead.claim", json!({ "id": "x" }), "value_not_allowed"),
        ("lead.claim", json!({}), "value_not_allowed"),
        (
            "lead.answer",
            json!({ "id": id, "outcome": "sold" }),
            "value_not_allowed",
        ),
        ("lead.answer", json!({ "id": id }), "value_not_allowed"),
        (
            "lead.answer",
            json!({ "id": id, "outcome": "talked", "note": "x".repeat(2001) }),
            "text_too_long",
        ),
        (
            "lead.answer",
            json!({ "id": id, "outcome": "talked", "at": "2001-01-01T00:00:00Z" }),
            "date_out_of_range",
        ),
        (
            "lead.answer",
            json!({ "id": id, "outcome": "talked", "at": "yesterday" }),
            "value_not_allowed",
        ),
        (
            "lead.answer",
            json!({ "id": id, "outcome": "talked", "next_at": "2001-01-01T00:00:00Z" }),
            "date_out_of_range",
        ),
        ("lead.unclaim", json!({ "of": Uuid::new_v4() }), "nothing_to_undo"),
    ] {
        assert_eq!(may.act(name, args.clone()).await, code, "{name} {args}");
    }
    let mut fang = colleague(&pg, 3, "beautician").await;
    assert_eq!(fang.act("lead.claim", json!({ "id": id })).await, "role_not_allowed");
}

/// Many claim at the same moment, each over a connection of their own.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_press_at_once_one_has_it() {
    let pg = migrated().await;
    for nth in 0..10 {
        let (mut one, mut two) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
        let id = hot_lead(&pg, &format!("ลีด{nth}"));
        let (first, second) = tokio::join!(
            one.act("lead.claim", json!({ "id": id })),
            two.act("lead.claim", json!({ "id": id }))
        );
        let mut codes = [first, second];
        codes.sort();
        assert_eq!(codes, ["lead_taken", "ok"]);
    }
}

#[tokio::test]
async fn what_was_claimed_can_be_given_back_and_everyone_hears_of_it_again() {
    let pg = migrated().await;
    let (mut may, mut nok, mut boss) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await, desk(&pg, A, 1).await);
    let id = hot_lead(&pg, "มายด์");
    assert_eq!(may.act("lead.claim", json!({ "id": id })).await, "ok");
    assert_eq!(
        pg.psql(DB, "select string_agg(distinct state, ',') from desk.timer"),
        "dropped"
    );
    assert_eq!(
        nok.act("lead.release", json!({ "id": id })).await,
        "lead_taken",
        "not a colleague's"
    );
    assert_eq!(may.act("lead.release", json!({ "id": id })).await, "ok");
    assert_eq!(
        of(&pg, id, "status, claimed_by is null, claimed_at is null"),
        "open|t|t"
    );
    let waiting = "select count(*) from desk.timer where state = 'waiting'";
    assert_eq!(pg.psql(DB, waiting), "2", "its due times run again");
    assert_eq!(nok.act("lead.claim", json!({ "id": id })).await, "ok");
    assert_eq!(
        boss.act("lead.release", json!({ "id": id })).await,
        "ok",
        "a manager gives back for who is away"
    );
    let unread = "select count(*) from public.notifications where type = 'hot_lead' and not is_read";
    assert_eq!(pg.psql(DB, unread), "1", "the seller hears of it again");
    // A claim that was a mistake is taken back by whoever made it.
    let claim = may.mutation("lead.claim", json!({ "id": id }));
    may.push(std::slice::from_ref(&claim)).await.unwrap();
    assert_eq!(may.act("lead.unclaim", json!({ "id": id, "of": claim.id })).await, "ok");
    assert_eq!(of(&pg, id, "status"), "open");
    assert_eq!(
        may.act("lead.unclaim", json!({ "id": id, "of": claim.id })).await,
        "already_undone"
    );
}

#[tokio::test]
async fn the_earliest_answer_stops_the_clock_however_late_it_arrives() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let id = hot_lead(&pg, "มายด์");
    pg.psql(
        DB,
        &format!("update desk.lead set created_at = now() - interval '3 hours' where id = '{id}'"),
    );
    let ago = |minutes: i64| (chrono::Utc::now() - chrono::TimeDelta::minutes(minutes)).to_rfc3339();
    // The web system writes to the customer by itself: that is no answer.
    pg.psql(
        DB,
        "update public.lead_scoring_data set metadata = '{\"auto_reply_sent\": true}' where customer_name = 'มายด์'",
    );
    assert_eq!(of(&pg, id, "answered_at is null"), "t");
    let online = json!({ "id": id, "outcome": "no_answer", "at": ago(10) });
    assert_eq!(nok.act("lead.answer", online).await, "ok");
    let minutes = "round(extract(epoch from now() - answered_at) / 60)";
    assert_eq!(
        of(&pg, id, &format!("{minutes}, answered_by, outcome")),
        format!("10|{}|no_answer", nok.who.person_id)
    );
    // Called an hour ago, without a line until now.
    let offline = json!({ "id": id, "outcome": "talked", "note": "คุยแล้ว\nสนใจ", "at": ago(60) });
    assert_eq!(may.act("lead.answer", offline).await, "ok");
    assert_eq!(
        of(&pg, id, &format!("{minutes}, answered_by, outcome")),
        format!("60|{}|talked", may.who.person_id)
    );
    assert!(of(&pg, id, "notes").ends_with("นิก7: คุยแล้ว สนใจ"));
    let later = json!({ "id": id, "outcome": "booked", "at": "2099-01-01T00:00:00Z" });
    assert_eq!(
        nok.act("lead.answer", later).await,
        "ok",
        "a clock that runs ahead makes no answer of the future"
    );
    assert_eq!(of(&pg, id, &format!("{minutes}, status, outcome")), "60|closed|booked");
    assert_eq!(may.act("lead.claim", json!({ "id": id })).await, "lead_closed");
    assert_eq!(
        pg.psql(DB, "select count(*) from desk.timer where state = 'waiting'"),
        "0"
    );
}

#[tokio::test]
async fn an_outcome_that_was_a_mistake_is_taken_back_unless_somebody_went_on() {
    let pg = migrated().await;
    let (mut may, mut nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let id = hot_lead(&pg, "มายด์");
    assert_eq!(may.act("lead.claim", json!({ "id": id })).await, "ok");
    let answer = may.mutation("lead.answer", json!({ "id": id, "outcome": "wrong_number" }));
    may.push(std::slice::from_ref(&answer)).await.unwrap();
    assert_eq!(of(&pg, id, "status"), "closed");
    let back = json!({ "id": id, "of": answer.id, "status": "claimed", "claimed_by": may.who.person_id, "answered_at": null, "answered_by": null, "outcome": null });
    assert_eq!(may.act("lead.unanswer", back).await, "ok");
    assert_eq!(
        of(&pg, id, "status, claimed_by, answered_at is null, outcome is null"),
        format!("claimed|{}|t|t", may.who.person_id)
    );
    let answer = may.mutation("lead.answer", json!({ "id": id, "outcome": "talked" }));
    may.push(std::slice::from_ref(&answer)).await.unwrap();
    assert_eq!(
        nok.act("lead.answer", json!({ "id": id, "outcome": "booked" })).await,
        "ok"
    );
    let back = json!({ "id": id, "of": answer.id, "status": "claimed" });
    assert_eq!(may.act("lead.unanswer", back).await, "changed_meanwhile");
}

#[tokio::test]
async fn a_lead_that_nobody_takes_goes_to_the_next_person_and_then_to_the_managers_each_once() {
    let pg = migrated().await;
    let (_may, _nok, _boss) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await, desk(&pg, A, 3).await);
    let id = hot_lead(&pg, "มายด์");
    assert_eq!(told(&pg, id), "sales hot_lead", "first those who sell");
    let at = format!("select count(*) from desk.timer t join desk.lead l on l.id = '{id}' where t.occasion = 'pass:{id}' and t.due_at = desk.opening_after('{A}', l.created_at, 5)
        or t.occasion = 'raise:{id}' and t.due_at = desk.opening_after('{A}', l.created_at, 15)");
    assert_eq!(pg.psql(DB, &at), "2", "after 5 and 15 opening minutes");
    fire(&pg);
    assert_eq!(told(&pg, id), "sales hot_lead", "not before");
    due(&pg, id, "pass");
    assert_eq!(told(&pg, id), "sales hot_lead, front_desk hot_lead");
    assert_eq!(
        of(
            &pg,
            id,
            "passed_to = (select person_id from desk.staff s where s.clinic_id = lead.clinic_id and role = 'front_desk')"
        ),
        "t"
    );
    due(&pg, id, "raise");
    let all = "sales hot_lead, front_desk hot_lead, manager lead_raised, owner lead_raised";
    assert_eq!(told(&pg, id), all);
    fire(&pg);
    due(&pg, id, "pass");
    due(&pg, id, "raise");
    assert_eq!(told(&pg, id), all, "each once");
    assert_eq!(
        pg.psql(
            DB,
            &format!(
                "select string_agg(outcome, ', ' order by outcome) from desk.timer where facts ->> 'lead' = '{id}'"
            )
        ),
        "passed, raised"
    );
}

#[tokio::test]
async fn nobody_hears_more_of_a_lead_that_was_claimed_or_answered() {
    let pg = migrated().await;
    let (mut may, _nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    let (claimed, answered) = (hot_lead(&pg, "หนึ่ง"), hot_lead(&pg, "สอง"));
    // The timer may be in the worker's hand while somebody claims: it looks again before it tells.
    pg.psql(DB, "update desk.timer set due_at = now()");
    assert_eq!(may.act("lead.claim", json!({ "id": claimed })).await, "ok");
    assert_eq!(
        may.act("lead.answer", json!({ "id": answered, "outcome": "messaged" }))
            .await,
        "ok"
    );
    pg.psql(DB, "update desk.timer set state = 'waiting', done_at = null");
    fire(&pg);
    assert_eq!(
        pg.psql(DB, "select string_agg(distinct outcome, ',') from desk.timer"),
        "settled"
    );
    assert_eq!(
        (told(&pg, claimed), told(&pg, answered)),
        ("sales hot_lead".into(), "sales hot_lead".into())
    );
}

#[tokio::test]
async fn outside_opening_hours_the_clock_stands_and_nobody_is_woken() {
    let pg = migrated().await;
    let (_may, _nok) = (desk(&pg, A, 7).await, desk(&pg, A, 5).await);
    // Open for the hour that begins in two hours, on each of the seven days, wherever the test runs.
    let zone = "Asia/Bangkok";
    let span = format!("select jsonb_object_agg(d, jsonb_build_array(jsonb_build_array(h, e))) from unnest(array['mon','tue','wed','thu','fri','sat','sun']) d,
        (select to_char(x, 'HH24:00') as h, to_char(x, 'HH24:59') as e from (select now() at time zone '{zone}' + interval '2 hours' as x) y) z");
    pg.psql(
        DB,
        &format!("update desk.clinic set opening = ({span}) where clinic_id = '{A}'"),
    );
    let id = hot_lead(&pg, "มายด์");
    let opens = format!("desk.next_opening('{A}', now())");
    assert_eq!(pg.psql(DB, &format!("select {opens} > now() + interval '1 hour'")), "t");
    let dues = format!(
        "select bool_and(due_at = {opens} + case when occasion like 'pass%' then interval '5 minutes' else interval '15 minutes' end) from desk.timer"
    );
    assert_eq!(pg.psql(DB, &dues), "t");
    due(&pg, id, "pass");
    let held = format!(
        "select (metadata ->> 'after')::timestamptz = {opens} from public.notifications where metadata ->> 'why' = 'passed'"
    );
    assert_eq!(
        pg.psql(DB, &held),
        "t",
        "a worker that was late tells it in the morning"
    );
    pg.psql(
        DB,
        &format!("update desk.clinic set opening = '{{}}' where clinic_id = '{A}'"),
    );
    hot_lead(&pg, "สอง");
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from desk.timer where state = 'waiting' and facts ->> 'step' = 'pass'"
        ),
        "0",
        "a clinic that never opens"
    );
}

#[tokio::test]
async fn a_lead_comes_in_by_any_table_of_the_web_system_and_goes_back_to_it() {
    let pg = database(&BASELINE);
    pg.psql(DB, SALES_LEADS);
    migrate::up(&mut admin(&pg).await).await.unwrap();
    let mut may = desk(&pg, A, 7).await;
    let seller = may.who.person_id;
    pg.psql(DB, &format!("insert into public.sales_leads (clinic_id, name, phone, source, metadata) values ('{A}', 'ซอ', '0812223333', 'LINE', '{{\"signals\": [\"today\"], \"message\": \"วันนี้ได้ไหม\"}}')"));
    let id = lead(&pg, "ซอ");
    assert_eq!(of(&pg, id, "is_hot, source, message, status"), "t|LINE|วันนี้ได้ไหม|open");
    assert_eq!(
        may.act("lead.answer", json!({ "id": id, "outcome": "talked" })).await,
        "ok"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select status, last_contacted_at is not null from public.sales_leads"
        ),
        "contacted|t"
    );
    assert_eq!(
        of(&pg, id, "status, claimed_by, answered_by"),
        format!("claimed|{seller}|{seller}"),
        "by the desk's own answer"
    );
    // A person of the web system moves a lead on: that is an answer too, and how it ends is known.
    pg.psql(DB, &format!("insert into public.sales_leads (clinic_id, name, score, sales_user_id) values ('{A}', 'เว็บ', 88, '{seller}')"));
    let id = lead(&pg, "เว็บ");
    assert_eq!(
        of(&pg, id, "status, assigned_to, told = array[assigned_to]"),
        format!("open|{seller}|t"),
        "whose it is hears of it first"
    );
    pg.psql(
        DB,
        "update public.sales_leads set status = 'qualified' where name = 'เว็บ'",
    );
    assert_eq!(
        of(&pg, id, "status, claimed_by, answered_at is not null"),
        format!("claimed|{seller}|t")
    );
    pg.psql(DB, "update public.sales_leads set status = 'won' where name = 'เว็บ'");
    assert_eq!(of(&pg, id, "status, bought"), "closed|t");
    pg.psql(DB, "insert into public.sales_leads (clinic_id, name, score) values ('00000000-0000-4000-8000-0000000000a1', 'ลบ', 88); delete from public.sales_leads where name = 'ลบ'");
    assert_eq!(
        of(&pg, lead(&pg, "ลบ"), "status"),
        "closed",
        "what is gone wants nobody"
    );
    journey_lead(&pg);
}

fn journey_lead(pg: &PgCluster) {
    let customer = uid(pg, "customer", 5);
    pg.psql(DB, &format!("insert into public.workflow_states (clinic_id, customer_id, metadata, scan_results) values ('{A}', '{customer}', '{{\"score\": 85}}', '{{\"urgencyScore\": 99}}')"));
    let id: Uuid = pg
        .psql(DB, "select id from desk.lead where source_table = 'workflow_states'")
        .parse()
        .unwrap();
    assert_eq!(of(pg, id, "is_hot, customer_id"), format!("t|{customer}"));
    assert!(
        !of(pg, id, "factors").contains("99"),
        "what a scan says is no fact of the score"
    );
}

#[tokio::test]
async fn the_outcomes_are_the_same_here_and_on_the_desks() {
    let pg = migrated().await;
    let theirs = pg.psql(
        DB,
        "select string_agg(word || ' ' || closes, ', ' order by word) from desk.lead_outcome",
    );
    let mut ours: Vec<String> = OUTCOMES
        .iter()
        .map(|outcome| format!("{} {}", outcome.word, outcome.closes))
        .collect();
    ours.sort();
    assert_eq!(theirs, ours.join(", "));
}

/// Some facts of a lead; each may be unknown.
fn some_facts(chance: &mut Chance) -> Json {
    let mut facts = serde_json::Map::new();
    for name in ["asked_today", "asked_price", "replied", "known_customer", "budget"] {
        if chance.below(2) == 0 {
            facts.insert(name.into(), json!(true));
        }
    }
    if chance.below(2) == 0 {
        facts.insert("web_score".into(), json!(chance.between(1, 100)));
    }
    let sources = [
        "ads",
        "referral",
        "walk_in",
        "line",
        "website",
        "a word that nobody knows",
    ];
    if chance.below(2) == 0 {
        facts.insert("source".into(), json!(sources[chance.below(sources.len())]));
    }
    Json::Object(facts)
}

struct Score {
    score: f64,
    low: f64,
    high: f64,
    factors: Vec<Json>,
}

fn score(pg: &PgCluster, facts: &Json) -> Score {
    let said = pg.psql(DB, &format!("select to_json(desk.score_lead('{facts}'))"));
    let said: Json = serde_json::from_str(&said).unwrap();
    let number = |name: &str| said[name].as_f64().unwrap();
    Score {
        score: number("score"),
        low: number("low"),
        high: number("high"),
        factors: said["factors"].as_array().unwrap().clone(),
    }
}

fn chance_of(log_odds: f64) -> f64 {
    100.0 / (1.0 + (-log_odds).exp())
}

#[tokio::test]
async fn a_score_is_the_sum_of_its_reasons_and_what_is_unknown_only_widens_it() {
    let pg = migrated().await;
    let mut chance = Chance::new(31);
    let base: f64 = pg
        .psql(DB, "select weight from desk.score_weight where factor = 'base'")
        .parse()
        .unwrap();
    for _ in 0..150 {
        let facts = some_facts(&mut chance);
        let whole = score(&pg, &facts);
        assert!(whole.low <= whole.score && whole.score <= whole.high, "{facts}");
        let sum: f64 = whole
            .factors
            .iter()
            .map(|factor| factor["weight"].as_f64().unwrap())
            .sum();
        assert!(
            (chance_of(base + sum) - whole.score).abs() <= 0.51,
            "{facts}: reasons make up the score"
        );
        for factor in &whole.factors {
            let name = factor["factor"].as_str().unwrap();
            let weight = factor["weight"].as_f64().unwrap();
            let mut less = facts.clone();
            less.as_object_mut().unwrap().remove(name);
            let without = score(&pg, &less);
            assert!(
                (chance_of(base + sum - weight) - without.score).abs() <= 0.51,
                "{facts} without {name}: it moves as stated"
            );
            if weight <= 0.0 {
                assert!(
                    without.score >= whole.score,
                    "{facts}: not to know {name} lowers nothing"
                );
            }
        }
    }
    let nothing = score(&pg, &json!({}));
    let something = score(&pg, &json!({ "web_score": 30, "source": "website", "budget": true }));
    assert!(
        nothing.high - nothing.low > something.high - something.low + 10.0,
        "few facts, a wide range"
    );
}

#[tokio::test]
async fn a_lead_that_is_made_into_a_customer_is_theirs_until_that_is_taken_back() {
    let pg = migrated().await;
    let (mut may, mut ben) = (desk(&pg, A, 7).await, desk(&pg, B, 8).await);
    let lead = hot_lead(&pg, "มายด์");
    let customer = Uuid::now_v7();
    let new = |id: Uuid| json!({ "id": id, "full_name": "มายด์ ใจดี", "lead_id": lead });
    assert_eq!(ben.act("customer.create", new(Uuid::now_v7())).await, "ok");
    assert_eq!(of(&pg, lead, "customer_id is null"), "t", "another clinic's lead");

    let create = may.mutation("customer.create", new(customer));
    may.push(std::slice::from_ref(&create)).await.unwrap();
    assert_eq!(of(&pg, lead, "customer_id"), customer.to_string());
    assert_eq!(may.act("customer.create", new(Uuid::now_v7())).await, "ok");
    assert_eq!(
        of(&pg, lead, "customer_id"),
        customer.to_string(),
        "it stays who it was first"
    );

    let call = json!({ "id": Uuid::now_v7(), "customer_id": customer, "direction": "out", "outcome": "talked", "at": chrono::Utc::now(), "next_id": Uuid::now_v7(), "preference_id": Uuid::now_v7(), "journey_id": Uuid::now_v7() });
    let called = may.mutation("contact.log", call.clone());
    assert_eq!(may.push(std::slice::from_ref(&called)).await.unwrap()[0].code, None);
    assert_eq!(
        of(&pg, lead, "answered_at is not null"),
        "t",
        "who talks with her has answered the lead"
    );
}

#[tokio::test]
async fn who_asked_as_a_lead_not_to_be_called_is_not_called_as_a_customer() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let lead = hot_lead(&pg, "มายด์");
    let call = json!({ "id": Uuid::now_v7(), "lead_id": lead, "direction": "out", "outcome": "do_not_call", "at": chrono::Utc::now(), "next_id": Uuid::now_v7(), "preference_id": Uuid::now_v7(), "journey_id": Uuid::now_v7() });
    assert_eq!(may.act("contact.log", call).await, "ok");
    let new = json!({ "id": Uuid::now_v7(), "full_name": "มายด์", "lead_id": lead });
    assert_eq!(may.act("customer.create", new).await, "ok");
    let asked = format!(
        "select p.do_not_contact from public.customer_preferences p join desk.lead l on l.customer_id = p.customer_id where l.id = '{lead}'"
    );
    assert_eq!(pg.psql(DB, &asked), "t");
}

#[tokio::test]
async fn a_customer_made_of_a_lead_by_mistake_goes_and_the_lead_stays() {
    let pg = migrated().await;
    let mut may = desk(&pg, A, 7).await;
    let lead = hot_lead(&pg, "มายด์");
    let customer = Uuid::now_v7();
    let create = may.mutation(
        "customer.create",
        json!({ "id": customer, "full_name": "มายด์", "lead_id": lead }),
    );
    may.push(std::slice::from_ref(&create)).await.unwrap();
    let back = json!({ "id": customer, "of": create.id, "full_name": "มายด์", "lead_id": lead });
    assert_eq!(may.act("customer.remove", back).await, "ok");
    assert_eq!(of(&pg, lead, "status, customer_id is null"), "open|t");
}
