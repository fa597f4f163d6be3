//! Rules of the clinic: what cannot run is never saved, what is on happens once for each entry into its stage and only while it is true, and a dry run
//! says exactly what the run does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines
)] // a test ends where it is surprised

mod clinic_support;

use std::collections::BTreeSet;
use std::time::Instant;

use clinic_support::{A, B, DB, Desk, admin, desk, migrated};
use desk_clinic::rule::{dry_run, figures};
use desk_clinic::worker::fire_next;
use desk_core::rule::{Conditions, NewTask, Notice, Plan, Recipient, Step, Target};
use desk_tests::harness::pg::PgCluster;
use desk_tests::simulate::chance::Chance;
use serde_json::{Value as Json, json};
use uuid::Uuid;

const NO_TASK: &str = r#"{"kind":"customer_follow_up","to":"seller"}"#;

/// A journey of customer `n` of clinic A, opened now.
fn open(pg: &PgCluster, n: u32) -> Uuid {
    let sql = format!(
        "insert into public.workflow_states (clinic_id, customer_id, assigned_sales_id) values ('{A}', md5('customer:{n}')::uuid, md5('user:7')::uuid) returning id"
    );
    pg.psql(DB, &sql).parse().unwrap()
}

/// A person of clinic A does this to a journey; answers the database's message when it is refused.
fn act(pg: &PgCluster, journey: Uuid, action: &str) {
    pg.psql(DB, &format!("select 1 from desk.move_journey('{A}', '{journey}', md5('user:1')::uuid, null, '{action}', null, '{{\"amount\": 100000}}', 'เพราะ')"));
}

fn rule(pg: &PgCluster, stage: &str, conditions: &str, what: &str, data: &str, minutes: u32) -> Uuid {
    let sql = format!(
        "insert into public.automation_rules (clinic_id, rule_name, trigger_stage, conditions, target_action, target_data, delay_minutes) values ('{A}', 'กฎ {stage}', '{stage}', '{conditions}', '{what}', '{data}', {minutes}) returning id"
    );
    pg.psql(DB, &sql).parse().unwrap()
}

/// Time passes: whatever waits becomes due, and is fired, each in a transaction of its own.
async fn later(pg: &PgCluster) {
    let mut worker = admin(pg).await;
    for _ in 0..100 {
        pg.psql(
            DB,
            "update desk.timer set due_at = now() where state = 'waiting' and due_at > now()",
        );
        let mut fired = 0;
        while fire_next(&mut worker).await.unwrap() {
            fired += 1;
            assert!(fired < 1_000, "it never ends");
        }
        if count(pg, "desk.timer where state = 'waiting'") == 0 {
            return;
        }
    }
    panic!(
        "it never ends: {}",
        pg.psql(DB, "select * from desk.timer where state = 'waiting'")
    );
}

fn outcomes(pg: &PgCluster) -> String {
    pg.psql(DB, "select coalesce(string_agg(coalesce(outcome, state), ',' order by created_at, occasion), '') from desk.timer where kind = 'rule'")
}

fn count(pg: &PgCluster, what: &str) -> i64 {
    pg.psql(DB, &format!("select count(*) from {what}")).parse().unwrap()
}

fn tasks(pg: &PgCluster) -> i64 {
    count(pg, "public.task_queue where task_data ? 'rule'")
}

#[tokio::test]
async fn what_cannot_run_is_not_saved_whoever_saves_it_and_its_field_is_named() {
    let pg = migrated().await;
    let good = ("'x'", "'scanned'", "null", "'{}'", "'create_task'", NO_TASK, "5");
    let odd = [
        ("rule_name", ("' '", good.1, good.2, good.3, good.4, good.5, good.6)),
        (
            "trigger_stage",
            (good.0, "'scan_completed'", good.2, good.3, good.4, good.5, good.6),
        ),
        (
            "trigger_action",
            (good.0, good.1, "'close_case'", good.3, good.4, good.5, good.6),
        ),
        ("delay_minutes", (good.0, good.1, good.2, good.3, good.4, good.5, "-1")),
        ("conditions", (good.0, good.1, good.2, "'[]'", good.4, good.5, good.6)),
        (
            "conditions.sql",
            (
                good.0,
                good.1,
                good.2,
                "'{\"sql\":\"true; drop table x\"}'",
                good.4,
                good.5,
                good.6,
            ),
        ),
        (
            "conditions.seller",
            (good.0, good.1, good.2, "'{\"seller\":\"yes\"}'", good.4, good.5, good.6),
        ),
        (
            "conditions.not_visited_days",
            (
                good.0,
                good.1,
                good.2,
                "'{\"not_visited_days\":1e9}'",
                good.4,
                good.5,
                good.6,
            ),
        ),
        (
            "target_action",
            (good.0, good.1, good.2, good.3, "'create_commission'", good.5, good.6),
        ),
        ("target_data", (good.0, good.1, good.2, good.3, good.4, "[]", good.6)),
        (
            "target_data.kind",
            (
                good.0,
                good.1,
                good.2,
                good.3,
                good.4,
                r#"{"kind":"call","to":"seller"}"#,
                good.6,
            ),
        ),
        (
            "target_data.to",
            (
                good.0,
                good.1,
                good.2,
                good.3,
                good.4,
                r#"{"kind":"send_proposal","to":"everyone"}"#,
                good.6,
            ),
        ),
        (
            "target_data.extra",
            (
                good.0,
                good.1,
                good.2,
                good.3,
                good.4,
                r#"{"kind":"send_proposal","to":"seller","extra":1}"#,
                good.6,
            ),
        ),
        (
            "target_data.action",
            (
                good.0,
                good.1,
                good.2,
                good.3,
                "'move'",
                r#"{"action":"confirm_payment"}"#,
                good.6,
            ),
        ),
        (
            "target_data.followup_rule",
            (
                good.0,
                good.1,
                good.2,
                good.3,
                "'plan_followup'",
                r#"{"followup_rule":"00000000-0000-4000-8000-000000000000"}"#,
                good.6,
            ),
        ),
    ];
    let save = |(name, stage, action, conditions, what, data, minutes): (&str, &str, &str, &str, &str, &str, &str)| {
        pg.try_psql(DB, &format!("insert into public.automation_rules (clinic_id, rule_name, trigger_stage, trigger_action, conditions, target_action, target_data, delay_minutes) values ('{A}', {name}, {stage}, {action}, {conditions}, {what}, '{data}', {minutes})"))
    };
    save(good).unwrap();
    for (field, values) in odd {
        let refusal = save(values).unwrap_err();
        assert!(
            refusal.contains(&format!("cannot run: {field}\n")),
            "{field}: {refusal}"
        );
    }
    let changed = pg
        .try_psql(
            DB,
            "update public.automation_rules set trigger_stage = 'customer_inactive'",
        )
        .unwrap_err();
    assert!(changed.contains("trigger_stage"));
}

#[tokio::test]
async fn odd_rows_from_before_are_named_never_executed_and_can_be_switched_off_but_not_on() {
    let pg = migrated().await;
    pg.psql(DB, &format!("alter table public.automation_rules disable trigger desk_rule;
        insert into public.automation_rules (clinic_id, rule_name, trigger_stage, target_action, target_data, desk_active_from) values ('{A}', 'เก่า', 'lead_created', 'create_commission', '{{}}', now() - interval '1 day');
        insert into public.automation_rules (clinic_id, rule_name, trigger_stage, target_action, target_data) values ('{A}', 'ดีแต่ไม่มีใครเปิด', 'lead_created', 'create_task', '{NO_TASK}');
        alter table public.automation_rules enable trigger desk_rule;"));
    open(&pg, 1);
    later(&pg).await;
    assert_eq!(
        (tasks(&pg), outcomes(&pg).as_str()),
        (0, "rule_broken"),
        "neither the odd one nor one that nobody has switched on"
    );
    pg.psql(
        DB,
        "update public.automation_rules set rule_name = 'เก่ามาก', active = false where rule_name = 'เก่า'",
    );
    let on = pg
        .try_psql(
            DB,
            "update public.automation_rules set active = true where rule_name = 'เก่ามาก'",
        )
        .unwrap_err();
    assert!(on.contains("cannot run: target_action"));
    assert_eq!(
        pg.psql(
            DB,
            "select desk_problem from public.automation_rules where rule_name = 'เก่ามาก'"
        ),
        "target_action"
    );
}

#[tokio::test]
async fn a_rule_begins_from_now_and_happens_once_for_each_entry() {
    let pg = migrated().await;
    let before = open(&pg, 1);
    rule(
        &pg,
        "scanned",
        "{}",
        "create_task",
        r#"{"kind":"send_proposal","to":"manager"}"#,
        60,
    );
    rule(
        &pg,
        "lead_created",
        "{}",
        "notify",
        r#"{"to":"manager","text":"มีลูกค้าใหม่"}"#,
        0,
    );
    later(&pg).await;
    assert_eq!(
        count(&pg, "desk.timer where kind = 'rule'"),
        0,
        "what stood there before is not its business"
    );
    let journey = open(&pg, 3);
    later(&pg).await;
    assert_eq!(count(&pg, "public.notifications where message = 'มีลูกค้าใหม่'"), 1);
    // The clinic's own trigger gives a task of the kind already; the rule sees that and gives no second one.
    act(&pg, journey, "scan_customer");
    later(&pg).await;
    assert_eq!(
        pg.psql(DB, "select outcome from desk.timer order by created_at desc limit 1"),
        "has_task"
    );
    pg.psql(DB, "update public.task_queue set status = 'completed'");
    act(&pg, journey, "step_back");
    act(&pg, journey, "scan_customer");
    pg.psql(DB, "update public.task_queue set status = 'completed'");
    later(&pg).await;
    assert_eq!(tasks(&pg), 1, "a second entry is another occasion");
    later(&pg).await;
    assert_eq!(tasks(&pg), 1);
    assert_eq!(
        pg.psql(
            DB,
            &format!("select count(*) from desk.timer where journey_id = '{before}'")
        ),
        "0"
    );
}

#[tokio::test]
async fn what_is_not_true_any_more_when_the_time_comes_does_not_happen() {
    let pg = migrated().await;
    let id = rule(&pg, "lead_created", "{}", "create_task", NO_TASK, 30);
    let moved = rule(
        &pg,
        "lead_created",
        r#"{"stays":false}"#,
        "notify",
        r#"{"to":"seller","text":"ถึงเวลา"}"#,
        30,
    );
    let first = open(&pg, 1);
    act(&pg, first, "scan_customer");
    later(&pg).await;
    assert_eq!(tasks(&pg), 0, "it has left the stage");
    assert_eq!(
        count(&pg, "public.notifications where message = 'ถึงเวลา'"),
        1,
        "which the other rule does not mind"
    );
    open(&pg, 3);
    pg.psql(DB, &format!("update public.automation_rules set delay_minutes = 40 where id = '{id}'; update public.automation_rules set active = false where id = '{moved}'"));
    later(&pg).await;
    let last = pg.psql(DB, "select string_agg(outcome, ',' order by outcome) from desk.timer t join public.workflow_states w on w.id = t.journey_id where w.customer_id = md5('customer:3')::uuid and t.kind = 'rule'");
    assert_eq!(last, "rule_changed,rule_off");
    pg.psql(DB, &format!("update public.automation_rules set active = true where id = '{moved}'; delete from public.automation_rules where id = '{id}'"));
    open(&pg, 5);
    pg.psql(DB, &format!("delete from public.automation_rules where id = '{moved}'"));
    later(&pg).await;
    assert_eq!(
        pg.psql(
            DB,
            "select outcome from desk.timer where kind = 'rule' order by created_at desc limit 1"
        ),
        "rule_gone"
    );
    assert_eq!(tasks(&pg), 0);
}

#[tokio::test]
async fn each_of_the_four_things_is_done_and_by_whom_stands_in_the_history() {
    let pg = migrated().await;
    let plan = pg.psql(DB, &format!("insert into public.followup_rules (clinic_id, name, type, channels) values ('{A}', 'ดูแล', 'post_treatment', '{{line,sms}}') returning id"));
    rule(&pg, "scanned", "{}", "move", r#"{"action":"send_proposal"}"#, 5);
    rule(
        &pg,
        "proposal_sent",
        "{}",
        "create_task",
        r#"{"kind":"payment_reminder","to":"seller","due_minutes":60}"#,
        0,
    );
    rule(
        &pg,
        "proposal_sent",
        "{}",
        "notify",
        r#"{"to":"manager","text":"ส่งข้อเสนอแล้ว","importance":"high"}"#,
        0,
    );
    rule(
        &pg,
        "proposal_sent",
        "{}",
        "plan_followup",
        &format!(r#"{{"followup_rule":"{plan}","after_minutes":90}}"#),
        0,
    );
    let journey = open(&pg, 1);
    act(&pg, journey, "scan_customer");
    later(&pg).await;
    assert_eq!(
        pg.psql(
            DB,
            &format!("select current_stage from public.workflow_states where id = '{journey}'")
        ),
        "proposal_sent"
    );
    let by = pg.psql(DB, &format!("select performed_by from public.workflow_actions where workflow_id = '{journey}' and to_stage = 'proposal_sent'"));
    assert_eq!(by, "0a070000-0000-4000-8000-000000000000");
    let task = pg.psql(DB, "select assigned_to = md5('user:7')::uuid, round(extract(epoch from due_date - now()) / 60) from public.task_queue where task_type = 'payment_reminder'");
    assert_eq!(task, "t|60");
    let told = pg.psql(DB, &format!("select n.priority, s.role, n.action_url = '/customers/' || md5('customer:1')::uuid from public.notifications n join desk.staff s on s.person_id = n.user_id and s.clinic_id = '{A}' where n.message = 'ส่งข้อเสนอแล้ว'"));
    assert_eq!(told, "high|manager|t");
    assert_eq!(
        pg.psql(
            DB,
            "select channel, status, workflow_id is not null from public.followup_executions"
        ),
        "sms|pending|t",
        "no LINE address, so by SMS"
    );
}

#[tokio::test]
async fn only_the_action_that_was_named_sets_a_rule_off() {
    let pg = migrated().await;
    pg.psql(DB, &format!("insert into public.automation_rules (clinic_id, rule_name, trigger_stage, trigger_action, target_action, target_data) values ('{A}', 'x', 'lead_created', 'step_back', 'create_task', '{NO_TASK}')"));
    let journey = open(&pg, 1);
    later(&pg).await;
    assert_eq!(tasks(&pg), 0);
    act(&pg, journey, "scan_customer");
    act(&pg, journey, "step_back");
    later(&pg).await;
    assert_eq!(tasks(&pg), 1);
}

#[tokio::test]
async fn a_rule_that_names_what_is_gone_or_breaks_never_stops_a_persons_move() {
    let pg = migrated().await;
    let plan = pg.psql(DB, &format!("insert into public.followup_rules (clinic_id, name, type, channels) values ('{A}', 'ดูแล', 'post_treatment', '{{sms}}') returning id"));
    rule(
        &pg,
        "scanned",
        "{}",
        "plan_followup",
        &format!(r#"{{"followup_rule":"{plan}"}}"#),
        0,
    );
    pg.psql(DB, "delete from public.followup_rules");
    let journey = open(&pg, 1);
    act(&pg, journey, "scan_customer");
    later(&pg).await;
    assert_eq!(outcomes(&pg), "rule_broken");
    pg.psql(
        DB,
        "alter table desk.timer add constraint full_up check (kind <> 'rule') not valid",
    );
    let second = open(&pg, 3);
    act(&pg, second, "scan_customer");
    assert_eq!(count(&pg, "desk.problem where code = 'rule_not_armed'"), 1);
}

/// Stages among which the clinic itself may move to and fro in the property below, each with the action that leads to the next.
const RING: [(&str, &str, &str); 3] = [
    ("lead_created", "scan_customer", "scanned"),
    ("scanned", "send_proposal", "proposal_sent"),
    ("proposal_sent", "step_back", "scanned"),
];

#[tokio::test]
async fn whatever_rules_there_are_at_most_eight_steps_follow_each_other_without_a_person() {
    let pg = migrated().await;
    let ring = RING.map(|(from, action, to)| {
        format!("(2, 1, '{action}', '{from}', '{to}', '{{owner,system}}', null, false, null, 'scan_customer')")
    });
    pg.psql(DB, &format!("insert into desk.transition (version, nth, action, from_stage, to_stage, roles, needs, asks_reason, outcome, web_type) values {}", ring.join(",")));
    for seed in 0..12 {
        let mut chance = Chance::new(seed);
        pg.psql(
            DB,
            "delete from public.automation_rules; update public.task_queue set status = 'completed'",
        );
        let mut ring_is_whole = true;
        for (from, action, _) in RING {
            let is_there = chance.percent(80);
            ring_is_whole &= is_there || from == "lead_created";
            for _ in 0..usize::from(is_there) + chance.below(2) * usize::from(is_there) {
                rule(
                    &pg,
                    from,
                    "{}",
                    "move",
                    &format!(r#"{{"action":"{action}"}}"#),
                    u32::try_from(chance.below(3)).unwrap(),
                );
            }
            if chance.percent(50) {
                rule(&pg, from, "{}", "notify", r#"{"to":"manager","text":"ผ่านมา"}"#, 0);
            }
        }
        let journey = open(&pg, 1 + 2 * u32::try_from(seed).unwrap());
        act(&pg, journey, "scan_customer");
        later(&pg).await;
        let steps = |pg: &PgCluster| {
            count(
                pg,
                &format!(
                    "public.workflow_actions where workflow_id = '{journey}' and performed_by = '0a070000-0000-4000-8000-000000000000' and desk_kind is distinct from 'open'"
                ),
            )
        };
        let stopped = |pg: &PgCluster| {
            count(
                pg,
                &format!(
                    "public.task_queue where workflow_id = '{journey}' and task_data ->> 'automation' = 'stopped'"
                ),
            )
        };
        let first = steps(&pg);
        assert!(first <= 8, "seed {seed}: {first} steps");
        assert_eq!(
            (first == 8, stopped(&pg)),
            (ring_is_whole, i64::from(ring_is_whole)),
            "seed {seed}: it goes on to eight exactly where it would go on for ever"
        );
        let stage = pg.psql(
            DB,
            &format!("select current_stage from public.workflow_states where id = '{journey}'"),
        );
        let (_, action, _) = RING.iter().find(|(from, ..)| *from == stage).unwrap();
        act(&pg, journey, action);
        later(&pg).await;
        assert!(
            steps(&pg) - first <= 8,
            "seed {seed}: a person begins anew, for eight steps again"
        );
        assert_eq!(
            stopped(&pg),
            i64::from(ring_is_whole),
            "seed {seed}: one task while it is open"
        );
    }
}

/// A manager's desk.
async fn manager(pg: &PgCluster) -> Desk {
    desk(pg, A, 3).await
}

fn asked(id: Uuid, stage: &str, target: &Target, conditions: &Conditions) -> Json {
    let (word, data) = target.written();
    json!({ "id": id, "name": "กฎของดาว", "trigger_stage": stage, "trigger_action": null, "conditions": conditions, "target_action": word, "target_data": data, "delay_minutes": 30 })
}

fn call() -> Target {
    Target::CreateTask(NewTask {
        kind: "customer_follow_up".into(),
        to: Recipient::Seller,
        due_minutes: 60,
    })
}

#[tokio::test]
async fn a_manager_saves_tries_and_switches_and_nobody_else_does() {
    let pg = migrated().await;
    let (mut dao, mut may) = (manager(&pg).await, desk(&pg, A, 7).await);
    let (id, none) = (Uuid::now_v7(), Conditions::default());
    assert_eq!(
        may.act("rule.save", asked(id, "scanned", &call(), &none)).await,
        "role_not_allowed"
    );
    assert_eq!(dao.act("rule.save", asked(id, "scanned", &call(), &none)).await, "ok");
    let row = || {
        pg.psql(DB, &format!("select active, desk_version, desk_active_from is not null from public.automation_rules where id = '{id}'"))
    };
    assert_eq!(row(), "f|1|f", "a new rule is off");
    for (who, answer) in [(&mut may, "role_not_allowed"), (&mut dao, "ok")] {
        assert_eq!(
            who.act("rule.switch", json!({ "id": id, "active": true, "expected": 1 }))
                .await,
            answer
        );
    }
    assert_eq!(row(), "t|2|t");
    assert_eq!(
        dao.act("rule.switch", json!({ "id": id, "active": false, "expected": 1 }))
            .await,
        "changed_meanwhile"
    );
    let mut other = asked(id, "scanned", &call(), &none);
    other["expected"] = json!(2);
    other["name"] = json!("ชื่อใหม่");
    assert_eq!(dao.act("rule.save", other.clone()).await, "ok");
    assert_eq!(row(), "t|2|t", "a new name does nothing else");
    other["delay_minutes"] = json!(45);
    assert_eq!(dao.act("rule.save", other.clone()).await, "ok");
    assert_eq!(row(), "f|3|f", "what does something else has to be looked at first");
    other["expected"] = json!(3);
    other["trigger_stage"] = json!("customer_inactive");
    assert_eq!(dao.act("rule.save", other).await, "rule_invalid");
    assert_eq!(
        dao.act(
            "rule.switch",
            json!({ "id": Uuid::now_v7(), "active": true, "expected": 1 })
        )
        .await,
        "rule_not_found"
    );
    for odd in [
        json!({ "id": id, "active": "on", "expected": 3 }),
        json!({ "id": id, "active": true }),
        json!({ "active": true, "expected": 3 }),
    ] {
        assert_eq!(dao.act("rule.switch", odd).await, "value_not_allowed");
    }
    assert!(
        matches!(dry_run(&mut may.conn, id).await, Err(desk_clinic::ClinicError::Refused { code, .. }) if code == "role_not_allowed")
    );
    assert!(
        matches!(figures(&mut may.conn).await, Err(desk_clinic::ClinicError::Refused { code, .. }) if code == "role_not_allowed")
    );
    let mut theirs = desk(&pg, B, 4).await;
    assert!(
        matches!(dry_run(&mut theirs.conn, id).await, Err(desk_clinic::ClinicError::Refused { code, .. }) if code == "rule_not_found")
    );
    assert_eq!(
        theirs
            .act("rule.switch", json!({ "id": id, "active": true, "expected": 3 }))
            .await,
        "rule_not_found"
    );
}

/// A clinic of all sorts: journeys in one stage whose customers and circumstances differ in whatever a rule may ask.
fn all_sorts(pg: &PgCluster, chance: &mut Chance, size: u32) {
    pg.psql(DB, "delete from public.followup_executions; delete from public.task_queue; delete from public.automation_rules; delete from desk.timer; delete from public.customer_preferences; alter table public.workflow_actions disable trigger desk_keep; alter table public.workflow_states disable trigger desk_keep; delete from public.workflow_states; alter table public.workflow_actions enable trigger desk_keep; alter table public.workflow_states enable trigger desk_keep;");
    for n in 0..size {
        let customer = 1 + 2 * n;
        let one = |chance: &mut Chance, words: &[&str]| (*chance.pick(words).unwrap()).to_owned();
        let (kind, tags) = (
            one(chance, &["regular", "vip", "member"]),
            one(chance, &["[]", "[\"คอร์ส\"]", "[\"a\", \"คอร์ส\"]"]),
        );
        let visited = one(
            chance,
            &["null", "current_date", "current_date - 40", "current_date - 400"],
        );
        let (phone, email) = (
            one(chance, &["null", "'0812345678'"]),
            one(chance, &["null", "'a@b.test'"]),
        );
        let line = one(chance, &["{}", "{\"lineUserId\": \"U1\"}"]);
        let seller = one(chance, &["null", "md5('user:7')::uuid"]);
        let beautician = one(chance, &["null", "md5('user:5')::uuid"]);
        pg.psql(DB, &format!("update public.customers set customer_type = '{kind}', tags = '{tags}', last_visit_date = {visited}, phone = {phone}, email = {email}, metadata = '{line}' where id = md5('customer:{customer}')::uuid;
            update public.appointments set appointment_date = current_date + {}, status = '{}' where customer_id = md5('customer:{customer}')::uuid;
            insert into public.workflow_states (id, clinic_id, customer_id, current_stage, assigned_sales_id, assigned_beautician_id) values (md5('sort:{customer}')::uuid, '{A}', md5('customer:{customer}')::uuid, 'follow_up', {seller}, {beautician});
            update public.workflow_states set desk_sessions_planned = {} where id = md5('sort:{customer}')::uuid;",
            if chance.percent(50) { "3" } else { "-3" }, one(chance, &["scheduled", "cancelled"]), one(chance, &["null", "5"])));
        if chance.percent(40) {
            pg.psql(DB, &format!("insert into public.customer_preferences (clinic_id, customer_id, do_not_contact, marketing_opt_in, preferred_channels) values ('{A}', md5('customer:{customer}')::uuid, {}, {}, '{}')",
                chance.percent(30), chance.percent(60), one(chance, &["{line}", "{email,sms}", "{call}"])));
        }
        if chance.percent(30) {
            pg.psql(DB, &format!("insert into public.task_queue (workflow_id, assigned_to, task_type, title, status) values (md5('sort:{customer}')::uuid, md5('user:7')::uuid, '{}', 'x', '{}')", one(chance, &["customer_follow_up", "review_request"]), one(chance, &["pending", "completed"])));
        }
    }
}

fn any_conditions(chance: &mut Chance) -> Conditions {
    let maybe = |chance: &mut Chance| chance.percent(25).then(|| chance.percent(50));
    Conditions {
        stays: true,
        seller: maybe(chance),
        beautician: maybe(chance),
        appointment: maybe(chance),
        types: if chance.percent(25) {
            vec!["vip".into(), "member".into()]
        } else {
            vec![]
        },
        tags: if chance.percent(25) {
            vec!["คอร์ส".into()]
        } else {
            vec![]
        },
        not_visited_days: chance.percent(25).then_some(30),
        without_task: chance.percent(25).then(|| "review_request".into()),
    }
}

fn any_target(chance: &mut Chance, plans: &[Uuid]) -> Target {
    match chance.below(4) {
        0 => call(),
        1 => Target::Notify(Notice {
            to: *chance.pick(&[Recipient::Seller, Recipient::Manager]).unwrap(),
            text: "ถึงเวลา".into(),
            importance: desk_core::priority::Priority::High,
        }),
        2 => Target::Move(Step {
            action: "close_case".into(),
        }),
        _ => Target::PlanFollowup(Plan {
            followup_rule: *chance.pick(plans).unwrap(),
            after_minutes: 5,
        }),
    }
}

/// The journeys on which a rule has left its mark, by what it does.
fn touched(pg: &PgCluster, id: Uuid) -> BTreeSet<String> {
    let marks = format!("select workflow_id::text as j from public.task_queue where task_data ->> 'rule' = '{id}' union all select workflow_id::text from public.workflow_events where event_data ->> 'rule' = '{id}' and event_type = 'workflow_updated' and event_data ->> 'message' = 'ถึงเวลา'
        union all select workflow_id::text from public.workflow_actions where data ->> 'rule' = '{id}' union all select workflow_id::text from public.followup_executions where metadata ->> 'rule' = '{id}'");
    let all = pg.psql(DB, &format!("select j from ({marks}) x"));
    let set: BTreeSet<String> = all.lines().map(str::to_owned).collect();
    assert_eq!(set.len(), all.lines().count(), "nothing is done twice");
    set
}

#[tokio::test]
async fn a_run_does_exactly_what_the_dry_run_said() {
    let pg = migrated().await;
    let mut dao = manager(&pg).await;
    let plan = |kind: &str, channels: &str| -> Uuid {
        let sql = format!(
            "insert into public.followup_rules (clinic_id, name, type, channels) values ('{A}', '{kind}', '{kind}', '{channels}') returning id"
        );
        pg.psql(DB, &sql).parse().unwrap()
    };
    let plans = [
        plan("post_treatment", "{line,sms}"),
        plan("inactive_reactivation", "{line,email,call}"),
    ];
    let (mut seen_some, mut seen_none) = (0, 0);
    for seed in 0..10 {
        let mut chance = Chance::new(seed);
        all_sorts(&pg, &mut chance, 24);
        let (id, conditions, target) = (
            Uuid::now_v7(),
            any_conditions(&mut chance),
            any_target(&mut chance, &plans),
        );
        assert_eq!(
            dao.act("rule.save", asked(id, "follow_up", &target, &conditions)).await,
            "ok",
            "{target:?} {conditions:?}"
        );
        let said = dry_run(&mut dao.conn, id).await.unwrap();
        let named: BTreeSet<String> = said.rows.iter().map(|row| row.journey_id.to_string()).collect();
        assert_eq!(i64::try_from(named.len()).unwrap(), said.count);
        assert_eq!(said.by.iter().map(|share| share.count).sum::<i64>(), said.count);
        let out: i64 = said.left_out.iter().map(|out| out.count).sum();
        assert_eq!(
            said.count + out,
            24,
            "everyone is either touched or left out for a reason"
        );
        let args = json!({ "id": id, "expected": said.version, "count": said.count, "digest": said.digest });
        assert_eq!(dao.act("rule.backfill", args).await, "ok");
        later(&pg).await;
        assert_eq!(touched(&pg, id), named, "seed {seed}: {target:?} {conditions:?}");
        if let Target::PlanFollowup(_) = target {
            let ways = pg.psql(DB, &format!("select string_agg(channel || ' ' || n, ',' order by channel) from (select channel, count(*) as n from public.followup_executions where metadata ->> 'rule' = '{id}' group by 1) x"));
            let mut shares: Vec<String> = said
                .by
                .iter()
                .map(|share| format!("{} {}", share.channel.clone().unwrap(), share.count))
                .collect();
            shares.sort();
            assert_eq!(ways, shares.join(","), "by the channels that it said");
        }
        let again = dry_run(&mut dao.conn, id).await.unwrap();
        assert_eq!(again.count, 0, "seed {seed}: done to everyone it is about");
        seen_some += i64::from(said.count > 0);
        seen_none += i64::from(said.count == 0);
    }
    assert!(seen_some > 5, "{seen_some} rules did something, {seen_none} nothing");
}

#[tokio::test]
async fn a_backfill_of_others_than_were_shown_is_refused_and_of_many_is_spread() {
    let pg = migrated().await;
    let mut dao = manager(&pg).await;
    all_sorts(&pg, &mut Chance::new(1), 20);
    pg.psql(
        DB,
        "delete from public.task_queue; delete from public.customer_preferences",
    );
    let id = Uuid::now_v7();
    assert_eq!(
        dao.act("rule.save", asked(id, "follow_up", &call(), &Conditions::default()))
            .await,
        "ok"
    );
    let said = dry_run(&mut dao.conn, id).await.unwrap();
    let args = json!({ "id": id, "expected": said.version, "count": said.count, "digest": said.digest });
    pg.psql(DB, "insert into public.task_queue (workflow_id, assigned_to, task_type, title) values (md5('sort:1')::uuid, md5('user:7')::uuid, 'customer_follow_up', 'x')");
    assert_eq!(dao.act("rule.backfill", args).await, "dry_run_outdated");
    assert_eq!(
        count(&pg, "public.automation_rules where active"),
        0,
        "and nothing is switched on by it"
    );
    let said = dry_run(&mut dao.conn, id).await.unwrap();
    let args = json!({ "id": id, "expected": said.version, "count": said.count, "digest": said.digest });
    assert_eq!(dao.act("rule.backfill", args.clone()).await, "ok");
    assert_eq!(dao.act("rule.backfill", args).await, "changed_meanwhile");
    let spread = pg.psql(
        DB,
        "select count(*), round(extract(epoch from max(due_at) - min(due_at))) from desk.timer where kind = 'rule'",
    );
    assert_eq!(spread, "19|18", "one a second");
    let now = dry_run(&mut dao.conn, id).await.unwrap();
    assert_eq!(
        (
            now.count,
            now.left_out
                .iter()
                .any(|out| out.why == "armed_already" && out.count == 19)
        ),
        (0, true)
    );
}

#[tokio::test]
async fn the_figures_say_what_each_rule_did_and_what_went_wrong_last() {
    let pg = migrated().await;
    let mut dao = manager(&pg).await;
    let id = rule(&pg, "lead_created", "{}", "create_task", NO_TASK, 0);
    for n in [1, 3] {
        open(&pg, n);
    }
    later(&pg).await;
    let left = open(&pg, 5);
    act(&pg, left, "scan_customer");
    later(&pg).await;
    pg.psql(
        DB,
        &format!("update public.automation_rules set delay_minutes = 60 where id = '{id}'"),
    );
    open(&pg, 7);
    pg.psql(
        DB,
        "update desk.timer set attempts = 1, last_error = '23514' where state = 'waiting'",
    );
    let found = figures(&mut dao.conn).await.unwrap();
    assert_eq!(found.len(), 1);
    let one = &found[0];
    assert_eq!(
        (one.rule, one.did, one.passed_over, one.waiting, one.failed),
        (id, 2, 1, 1, 0)
    );
    assert!(one.last_did_at.is_some() && one.last_error.as_deref() == Some("23514"));
}

/// The desk's own list of what can be said in a rule, held against the database's.
#[tokio::test]
async fn the_desk_and_the_database_know_the_same_conditions_and_targets() {
    let pg = migrated().await;
    let plan = pg.psql(DB, &format!("insert into public.followup_rules (clinic_id, name, type) values ('{A}', 'x', 'post_treatment') returning id")).parse().unwrap();
    let mut dao = manager(&pg).await;
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        let (conditions, target) = (any_conditions(&mut chance), any_target(&mut chance, &[plan]));
        assert_eq!(
            dao.act("rule.save", asked(Uuid::now_v7(), "follow_up", &target, &conditions))
                .await,
            "ok",
            "{conditions:?} {target:?}"
        );
    }
    let full = json!({ "stays": false, "seller": true, "beautician": true, "appointment": true, "types": ["x"], "tags": ["x"], "not_visited_days": 1, "without_task": "review_request" });
    let keys: BTreeSet<String> = full.as_object().unwrap().keys().cloned().collect();
    let read: Conditions = serde_json::from_value(full).unwrap();
    let written = serde_json::to_value(read).unwrap();
    assert_eq!(
        written.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>(),
        keys
    );
    for key in keys {
        assert_eq!(
            pg.psql(DB, &format!("select desk.is_condition('{key}', '{}')", written[&key])),
            "t",
            "{key}"
        );
    }
}

#[tokio::test]
async fn a_dry_run_over_100_000_customers_takes_less_than_ten_seconds() {
    let pg = migrated().await;
    let mut dao = manager(&pg).await;
    let plan: Uuid = pg.psql(DB, &format!("insert into public.followup_rules (clinic_id, name, type, channels) values ('{A}', 'x', 'inactive_reactivation', '{{line,sms,email,call}}') returning id")).parse().unwrap();
    pg.psql(DB, &format!("set session_replication_role = replica;
        insert into public.customers (id, clinic_id, customer_code, full_name, phone, customer_type, tags, metadata, last_visit_date)
          select md5('many:' || n)::uuid, '{A}', 'M-' || n, 'คน ' || n, '08' || lpad(n::text, 8, '0'), case when n % 7 = 0 then 'vip' else 'regular' end, case when n % 5 = 0 then '[\"a\"]' else '[]' end::jsonb, case when n % 2 = 0 then jsonb_build_object('lineUserId', 'U' || n) else '{{}}' end, current_date - n % 400 from generate_series(1, 100000) n;
        insert into public.workflow_states (id, clinic_id, customer_id, current_stage, assigned_sales_id, desk_stage_since) select md5('way:' || n)::uuid, '{A}', md5('many:' || n)::uuid, 'follow_up', case when n % 2 = 0 then md5('user:7')::uuid end, now() - interval '1 minute' * n from generate_series(1, 100000) n;
        insert into public.customer_preferences (clinic_id, customer_id, preferred_channels, marketing_opt_in, do_not_contact) select '{A}', md5('many:' || n)::uuid, array['line'], n % 4 <> 0, n % 50 = 0 from generate_series(1, 100000) n;
        insert into public.task_queue (clinic_id, workflow_id, assigned_to, task_type, title) select '{A}', md5('way:' || n)::uuid, md5('user:7')::uuid, 'customer_follow_up', 'x' from generate_series(1, 100000, 10) n;
        set session_replication_role = origin; analyze;"));
    let conditions = Conditions {
        appointment: Some(false),
        not_visited_days: Some(60),
        without_task: Some("review_request".into()),
        ..Conditions::default()
    };
    for target in [
        call(),
        any_target(&mut Chance::new(0), &[plan]),
        Target::PlanFollowup(Plan {
            followup_rule: plan,
            after_minutes: 0,
        }),
    ] {
        let id = Uuid::now_v7();
        assert_eq!(
            dao.act("rule.save", asked(id, "follow_up", &target, &conditions)).await,
            "ok"
        );
        let began = Instant::now();
        let said = dry_run(&mut dao.conn, id).await.unwrap();
        let took = began.elapsed();
        let out: i64 = said.left_out.iter().map(|out| out.count).sum();
        println!(
            "{}: {} of {} in {took:?}",
            target.written().0,
            said.count,
            said.count + out
        );
        assert_eq!((said.count + out, said.rows.len()), (100_000, 50));
        assert!(took.as_secs_f64() < 10.0, "{took:?}");
    }
}

#[tokio::test]
async fn the_desk_offers_the_stages_moves_and_kinds_of_task_that_the_database_has() {
    let pg = migrated().await;
    let list = |sql: &str| -> BTreeSet<String> { pg.psql(DB, sql).lines().map(str::to_owned).collect() };
    let own = |words: &[&str]| -> BTreeSet<String> { words.iter().map(|word| (*word).to_owned()).collect() };
    for (n, stage) in desk_core::rule::STAGES.iter().enumerate() {
        let word = stage.word;
        assert_eq!(
            pg.psql(DB, &format!("select desk.stage_number('{word}')")),
            (n + 1).to_string()
        );
        let led = list(&format!(
            "select distinct action from desk.transitions() where to_stage = '{word}' and (from_stage <> to_stage or action = 'open')"
        ));
        assert_eq!(own(stage.led_by), led, "{word}");
        let moves = list(&format!(
            "select action from desk.transitions() where from_stage = '{word}' and 'system' = any (roles) and not asks_reason"
        ));
        assert_eq!(own(stage.moves), moves, "{word}");
    }
    for kind in desk_core::rule::TASK_KINDS {
        assert_eq!(
            pg.psql(DB, &format!("select desk.is_task_kind('{kind}')")),
            "t",
            "{kind}"
        );
    }
}

/// T3, and "do not call me again": a rule's tasks are shared by who is here, and none of them is a call to who refuses.
#[tokio::test]
async fn a_rules_tasks_are_shared_by_who_is_here_and_none_is_a_call_to_who_refuses() {
    let pg = migrated().await;
    for (n, away) in [(9, "null"), (11, "null"), (13, "now() + interval '2 days'")] {
        pg.psql(DB, &format!("insert into desk.staff (clinic_id, person_id, role, display_name, nickname, away_until) values ('{A}', md5('user:{n}')::uuid, 'sales', 'คน', 'คน', {away})"));
    }
    pg.psql(DB, &format!("update desk.staff set away_until = now() + interval '2 days' where person_id = md5('user:7')::uuid;
        insert into public.customer_preferences (clinic_id, customer_id, do_not_contact) values ('{A}', md5('customer:9')::uuid, true)"));
    for to in ["sales", "seller"] {
        rule(
            &pg,
            "lead_created",
            "{}",
            "create_task",
            &format!(
                r#"{{"kind":"{}","to":"{to}"}}"#,
                if to == "sales" {
                    "customer_follow_up"
                } else {
                    "review_request"
                }
            ),
            0,
        );
    }
    for customer in [1, 3, 5, 7, 9] {
        open(&pg, customer);
    }
    later(&pg).await;
    assert_eq!(
        pg.psql(DB, "select string_agg(n::text, ' ' order by n) || ' ' || bool_and(here) from (select count(*) as n, bool_and(desk.is_here(s)) as here from public.task_queue q join desk.staff s on s.clinic_id = q.clinic_id and s.person_id = q.assigned_to where q.task_data ? 'rule' group by q.assigned_to) x"),
        "4 4 true",
        "eight tasks, and two people of the four are here"
    );
    assert_eq!(
        pg.psql(
            DB,
            "select string_agg(distinct outcome, ' ' order by outcome) from desk.timer where kind = 'rule'"
        ),
        "did do_not_contact"
    );
    pg.psql(
        DB,
        "update desk.staff set away_until = now() + interval '2 days' where role = 'sales'",
    );
    open(&pg, 11);
    later(&pg).await;
    assert_eq!(tasks(&pg), 10, "where nobody is here it is as it was: somebody has it");
}
