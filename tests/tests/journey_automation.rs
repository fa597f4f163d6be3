//! What the clinic does by itself, as its people meet it at a desk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use clinic_support::{A, B, DB, migrated, ticket};
use std::sync::Arc;

use desk_app::{
    Desk,
    api::{
        Nothing,
        rule::{RuleAsk, RuleBackfill, RuleRow, RuleSave, RuleState, RuleSwitch},
        session::Unlock,
    },
    error::Code,
};
use desk_core::rule::{Conditions, NewTask, Recipient, Target};
use desk_tests::harness::wait::eventually;
use journey_support::{LONG, Pc, sync, until_agreed};
use uuid::Uuid;

/// No worker runs: a kind of due time whose decider only says so.
const KIND: &str =
    "create schema test; create function test.decide(t desk.timer) returns text language sql as $$ select 'did' $$;
    insert into desk.timer_kind values ('test', 'test.decide(desk.timer)');";

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_says_since_when_its_clinic_is_late_and_stops_when_that_is_caught_up() {
    let pg = migrated().await;
    pg.psql(DB, KIND);
    let (may, ben) = (Pc::default(), Pc::default());
    let desk = may.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    let other = ben.connect(ticket(&pg, B, 8).await.code(), "PC-B").await;
    until_agreed(&desk).await;
    assert_eq!(sync(&desk).await.timers_late_since, None);

    pg.psql(
        DB,
        &format!("select desk.arm('{A}', 'test', 'x', now() - interval '10 minutes')"),
    );
    let told = may.window.topics.lock().unwrap().len();
    desk.sync_now(Nothing {}).await.unwrap();
    let late = async || sync(&desk).await.timers_late_since;
    let since = eventually("the desk has noticed", LONG, late).await;
    let ago = pg.psql(
        DB,
        &format!("select round(extract(epoch from now()) * 1000 - {since}) / 60000 between 9.5 and 11"),
    );
    assert_eq!(ago, "t", "ten minutes ago, and not when it was noticed");
    assert!(
        may.window.topics.lock().unwrap()[told..].contains(&"sync".to_owned()),
        "the window was told"
    );

    other.sync_now(Nothing {}).await.unwrap();
    until_agreed(&other).await;
    assert_eq!(
        sync(&other).await.timers_late_since,
        None,
        "another clinic's due times are not ours"
    );

    pg.psql(DB, "select desk.fire_next()");
    desk.sync_now(Nothing {}).await.unwrap();
    eventually("caught up", LONG, async || {
        sync(&desk).await.timers_late_since.is_none().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pc_whose_clock_is_wrong_is_told_by_how_much_and_goes_on_working() {
    let pg = migrated().await;
    let may = Pc::default();
    let desk = may.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    until_agreed(&desk).await;
    assert_eq!(sync(&desk).await.clock_ahead, None);

    may.clock.differ(3 * 3_600 + 30);
    let told = may.window.topics.lock().unwrap().len();
    desk.sync_now(Nothing {}).await.unwrap();
    let ahead = eventually("the desk has noticed", LONG, async || sync(&desk).await.clock_ahead).await;
    assert_eq!(ahead, 180, "in whole minutes");
    assert!(may.window.topics.lock().unwrap()[told..].contains(&"sync".to_owned()));

    may.clock.differ(0);
    desk.sync_now(Nothing {}).await.unwrap();
    eventually("right again", LONG, async || {
        sync(&desk).await.clock_ahead.is_none().then_some(())
    })
    .await;
}

fn call_them() -> RuleSave {
    RuleSave {
        id: None,
        expected: None,
        name: " โทรตาม ".into(),
        trigger_stage: "scanned".into(),
        trigger_action: None,
        delay_minutes: 60,
        conditions: Conditions {
            seller: Some(true),
            ..Conditions::default()
        },
        target: Target::CreateTask(NewTask {
            kind: "customer_follow_up".into(),
            to: Recipient::Seller,
            due_minutes: 30,
        }),
    }
}

async fn rule(desk: &Arc<Desk>, id: Uuid) -> RuleRow {
    let rows = desk.rule_list(Nothing {}).await.unwrap().rows;
    rows.into_iter().find(|row| row.id == id).unwrap()
}

/// A manager makes a rule, sees whom it would touch, and has it done to them; a seller's desk shows and does nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_tries_a_rule_at_the_desk_and_has_it_done_to_those_who_were_shown() {
    let pg = migrated().await;
    for n in [1, 3, 5] {
        clinic_support::journey(&pg, A, n, 7);
    }
    let (dao, may) = (Pc::default(), Pc::default());
    let desk = dao.connect(ticket(&pg, A, 3).await.code(), "PC-M").await;
    let seller = may.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    until_agreed(&desk).await;

    let id = desk.rule_save(call_them()).await.unwrap().id;
    let made = rule(&desk, id).await;
    assert_eq!(
        (made.state, made.name.as_str(), made.version, made.is_waiting),
        (RuleState::Off, "โทรตาม", 1, true)
    );
    let odd = RuleSave {
        name: "  ".into(),
        ..call_them()
    };
    let refused = desk.rule_save(odd).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.fields["field"].as_str()),
        (Code::RuleInvalid, "rule_name")
    );
    until_agreed(&desk).await;

    let would = desk.rule_dry_run(RuleAsk { id }).await.unwrap();
    assert_eq!((would.count, would.rows.len(), would.can_backfill), (3, 3, true));
    assert!(
        would.rows.iter().all(|row| row
            .customer
            .as_ref()
            .is_some_and(|customer| customer.full_name.starts_with("ลูกค้า"))),
        "by name"
    );
    let backfill = RuleBackfill {
        id,
        expected: would.version,
        count: would.count,
        digest: would.digest,
    };
    desk.rule_backfill(backfill).await.unwrap();
    assert_eq!(rule(&desk, id).await.state, RuleState::On, "at once on this desk");
    until_agreed(&desk).await;
    assert_eq!(rule(&desk, id).await.version, 2, "and as the clinic has it");
    pg.psql(DB, "update desk.timer set due_at = now()");
    for _ in 0..4 {
        pg.psql(DB, "select desk.fire_next()");
    }
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.task_queue where task_type = 'customer_follow_up'"
        ),
        "3"
    );
    let did = desk.rule_figures(Nothing {}).await.unwrap().rows;
    assert_eq!((did[0].id, did[0].did, did[0].waiting), (id, 3, 0));

    assert_eq!(
        seller.rule_list(Nothing {}).await.unwrap_err().code,
        Code::RoleNotAllowed
    );
    assert_eq!(
        seller.rule_dry_run(RuleAsk { id }).await.unwrap_err().code,
        Code::RoleNotAllowed
    );
    let off = RuleSwitch {
        id,
        expected: 2,
        active: false,
    };
    eventually("the seller's desk knows the rule", LONG, async || {
        (seller.rule_switch(off.clone()).await.unwrap_err().code == Code::RoleNotAllowed).then_some(())
    })
    .await;

    let stale = RuleSwitch {
        id,
        expected: 1,
        active: false,
    };
    assert_eq!(desk.rule_switch(stale).await.unwrap_err().code, Code::ChangedMeanwhile);
    desk.rule_switch(off).await.unwrap();
    until_agreed(&desk).await;
    assert_eq!(rule(&desk, id).await.state, RuleState::Off);
}

/// The demo clinic has no database; whom a rule would touch comes out of the cache, and nothing is promised that would not happen.
#[tokio::test(flavor = "multi_thread")]
async fn in_the_demo_clinic_a_rule_can_be_tried_and_switched_and_promises_nothing() {
    let pc = Pc::default();
    let desk = pc.start().await;
    let people = desk.demo_open(Nothing {}).await.unwrap().people;
    let dao = people.iter().find(|person| person.nickname == "ดาว").unwrap().id;
    let pin = "9753".to_owned();
    desk.unlock(Unlock { person: dao, pin }).await.unwrap();
    let rules = desk.rule_list(Nothing {}).await.unwrap();
    assert_eq!(rules.rows.len(), 5);
    assert!(
        rules
            .rows
            .iter()
            .all(|row| row.target.is_some() && row.conditions.is_some()),
        "each is understood"
    );
    let mut would_touch = 0;
    for row in &rules.rows {
        let would = desk.rule_dry_run(RuleAsk { id: row.id }).await.unwrap();
        let shares: i64 = would.by.iter().map(|share| share.count).sum();
        assert!(shares == would.count || would.by.is_empty());
        assert!(!would.can_backfill);
        would_touch += would.count;
    }
    assert!(would_touch > 0, "in a clinic of two thousand somebody is touched");
    let off = rules.rows.iter().find(|row| row.state == RuleState::Off).unwrap();
    let on = RuleSwitch {
        id: off.id,
        expected: off.version,
        active: true,
    };
    assert!(!desk.rule_switch(on).await.unwrap().waiting);
    assert_eq!(rule(&desk, off.id).await.state, RuleState::On);
    assert!(desk.rule_figures(Nothing {}).await.unwrap().rows.is_empty());
}
