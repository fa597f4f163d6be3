//! The demo clinic is whole: rows fit their nouns, keys lead somewhere, points add up, and it is the same clinic every time.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::{
    loyalty::Tier,
    phone,
    synced::{Kind, SYNCED, named},
};

fn demo() -> Demo {
    Demo::new(7, 400, NaiveDate::from_ymd_opt(2026, 10, 1).unwrap())
}

fn column<'a>(noun: &str, row: &'a [Value], name: &str) -> &'a Value {
    let index = named(noun)
        .unwrap()
        .columns
        .iter()
        .position(|column| column.name == name)
        .unwrap();
    &row[index]
}

fn words(noun: &str, row: &[Value], name: &str) -> String {
    match column(noun, row, name) {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

fn ids(noun: &str) -> HashSet<Uuid> {
    let demo = demo();
    let ids = demo.rows(noun).map(|row| match row[0] {
        Value::Uuid(id) => id,
        _ => panic!("{noun} without a key"),
    });
    ids.collect()
}

#[test]
fn every_noun_has_rows_that_fit_and_keys_that_differ() {
    let demo = demo();
    for table in SYNCED {
        let rows: Vec<_> = demo.rows(table.name).collect();
        // The demo has no network to be without: nobody gives it an allowance. Nor has it a database that could merge two customers.
        assert!(
            !rows.is_empty() || ["lease", "merge"].contains(&table.name),
            "{}",
            table.name
        );
        assert_eq!(ids(table.name).len(), rows.len(), "{}: a key twice", table.name);
        for row in &rows {
            assert_eq!(row.len(), table.columns.len(), "{}", table.name);
            for (value, column) in row.iter().zip(table.columns) {
                let fits = match column.kind {
                    Kind::Uuid => matches!(value, Value::Uuid(_) | Value::Null),
                    Kind::Text => matches!(value, Value::Text(_) | Value::Null),
                    Kind::Bool => matches!(value, Value::Int(0 | 1) | Value::Null),
                    Kind::Int | Kind::Instant => matches!(value, Value::Int(_) | Value::Null),
                };
                assert!(fits, "{}.{}: {value:?}", table.name, column.name);
            }
        }
    }
}

#[test]
fn every_reference_leads_to_a_row() {
    let demo = demo();
    let (staff, people, ways, rules) = (ids("staff"), ids("customer"), ids("journey"), ids("followup_rule"));
    let (bookings, tasks, leads) = (ids("appointment"), ids("task"), ids("lead"));
    let (entries, payments, rewards) = (ids("point_entry"), ids("payment"), ids("reward"));
    let achievements = ids("achievement");
    let nothing = HashSet::new();
    for table in SYNCED {
        for row in demo.rows(table.name) {
            for (value, column) in row.iter().zip(table.columns).skip(1) {
                let known = match column.name {
                    "customer_id" | "referrer_id" | "friend_id" => &people,
                    "achievement_id" => &achievements,
                    "journey_id" => &ways,
                    "rule_id" => &rules,
                    "appointment_id" => &bookings,
                    "lease_id" => &nothing,
                    "entry_id" => &entries,
                    "refunds" | "payment_id" => &payments,
                    "reward_id" => &rewards,
                    "task_id" | "next_task_id" | "follows" => &tasks,
                    "lead_id" => &leads,
                    _ if column.kind == Kind::Uuid => &staff,
                    _ => continue,
                };
                assert!(
                    matches!(value, Value::Null) || matches!(value, Value::Uuid(id) if known.contains(id)),
                    "{}.{}",
                    table.name,
                    column.name
                );
            }
        }
    }
}

#[test]
fn the_ledger_adds_up_to_each_balance() {
    let mut sums: HashMap<Uuid, (i64, i64)> = HashMap::new();
    for row in demo().rows("point_entry") {
        let (Value::Uuid(who), Value::Int(amount)) = (
            column("point_entry", &row, "customer_id"),
            column("point_entry", &row, "amount"),
        ) else {
            panic!()
        };
        let sum = sums.entry(*who).or_default();
        *sum = (sum.0 + amount, sum.1 + amount.max(&0));
        let spends = words("point_entry", &row, "type") == "redeemed";
        assert_eq!(spends, *amount < 0);
        assert!(sum.0 >= 0, "nobody spends what they do not have");
    }
    for row in demo().rows("loyalty_profile") {
        let Value::Uuid(who) = column("loyalty_profile", &row, "customer_id") else {
            panic!()
        };
        let (available, lifetime) = sums.get(who).copied().unwrap_or_default();
        assert_eq!(
            column("loyalty_profile", &row, "available_points"),
            &Value::Int(available)
        );
        assert_eq!(column("loyalty_profile", &row, "total_points"), &Value::Int(lifetime));
        assert_eq!(
            words("loyalty_profile", &row, "tier"),
            Tier::of_lifetime_points(lifetime).word()
        );
    }
}

#[test]
fn the_lots_of_each_customer_are_their_balance() {
    let mut left: HashMap<Uuid, i64> = HashMap::new();
    for row in demo().rows("lot") {
        let (Value::Uuid(who), Value::Int(remaining)) =
            (column("lot", &row, "customer_id"), column("lot", &row, "remaining"))
        else {
            panic!()
        };
        *left.entry(*who).or_default() += remaining;
    }
    for row in demo().rows("loyalty_profile") {
        let Value::Uuid(who) = column("loyalty_profile", &row, "customer_id") else {
            panic!()
        };
        let available = left.get(who).copied().unwrap_or_default();
        assert_eq!(
            column("loyalty_profile", &row, "available_points"),
            &Value::Int(available)
        );
        assert_eq!(column("loyalty_profile", &row, "owed"), &Value::Int(0));
    }
}

#[test]
fn the_people_of_the_stories_are_there() {
    let demo = demo();
    let people: Vec<_> = demo.rows("customer").take(7).collect();
    assert_eq!(words("customer", &people[0], "full_name"), "พลอยไพลิน ศรีสุข");
    assert_eq!(words("customer", &people[0], "code"), "A-000123");
    let profiles: Vec<_> = demo.rows("loyalty_profile").take(7).collect();
    let points: Vec<_> = profiles
        .iter()
        .map(|row| column("loyalty_profile", row, "available_points").clone())
        .collect();
    assert_eq!(points, [1_240, 40, 0, 0, 99, 120, 80].map(Value::Int));
    assert_eq!(words("loyalty_profile", &profiles[0], "tier"), "gold");
    assert_eq!(words("loyalty_profile", &profiles[4], "tier"), "gold");
    let first = demo.rows("appointment").next().unwrap();
    assert_eq!(
        (
            words("appointment", &first, "date"),
            words("appointment", &first, "start_time")
        ),
        ("2026-10-01".into(), "10:30".into())
    );
    assert_eq!(column("appointment", &first, "customer_id"), &people[0][0]);
    assert!(demo.rows("lead").any(|row| words("lead", &row, "name") == "มายด์"));
    assert!(
        ["นก", "บีม", "เมย์", "ดาว"]
            .iter()
            .all(|nickname| demo.staff_id(nickname).is_some())
    );
}

#[test]
fn at_any_hour_hot_leads_came_minutes_to_hours_ago_and_nothing_has_happened_in_the_future() {
    let midnight = micros(demo().today, 0);
    let planned = [
        "due_at",
        "scheduled_at",
        "expires_at",
        "valid_until",
        "snoozed_until",
        "booked_at",
    ];
    for hour in 0..24 {
        let now = midnight + hour * 3_600_000_000;
        let demo = Demo::at(7, 400, DateTime::from_timestamp_micros(now).unwrap());
        assert_eq!(demo.today(), self::demo().today);
        for table in SYNCED {
            for (value, column) in demo.rows(table.name).flat_map(|row| row.into_iter().zip(table.columns)) {
                let happened = column.kind == Kind::Instant && !planned.contains(&column.name);
                let is_over = !happened || !matches!(value, Value::Int(at) if at > now);
                assert!(is_over, "{}.{} at {hour} o'clock", table.name, column.name);
            }
        }
        let hot: Vec<_> = demo
            .rows("lead")
            .filter(|row| column("lead", row, "is_hot") == &Value::Int(1))
            .collect();
        let waits = |row: &Vec<Value>| match column("lead", row, "created_at") {
            Value::Int(came) => (now - came) / 60_000_000,
            _ => panic!(),
        };
        assert!(hot.len() == 3 && hot.iter().all(|row| (1..180).contains(&waits(row))));
    }
}

/// Queue number, state, arrived, started, finished.
type Seen = (i64, String, i64, Option<i64>, Option<i64>);

/// Demo's visits of a day.
fn visits(demo: &Demo, day: &str) -> Vec<Seen> {
    let number = |row: &[Value], name: &str| match column("visit", row, name) {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    let rows = demo.rows("visit").filter(|row| words("visit", row, "day") == day);
    rows.map(|row| {
        let arrived = number(&row, "arrived_at").unwrap();
        let (started, finished) = (number(&row, "started_at"), number(&row, "finished_at"));
        (
            number(&row, "queue_number").unwrap(),
            words("visit", &row, "state"),
            arrived,
            started,
            finished,
        )
    })
    .collect()
}

#[test]
fn who_came_has_a_number_of_their_own_a_day_and_times_in_order() {
    let midnight = micros(demo().today, 0);
    for hour in [0, 9, 10, 12, 23] {
        let demo = Demo::at(
            7,
            400,
            DateTime::from_timestamp_micros(midnight + hour * 3_600_000_000).unwrap(),
        );
        let today = visits(&demo, "2026-10-01");
        let numbers: HashSet<i64> = today.iter().map(|visit| visit.0).collect();
        assert_eq!(
            numbers,
            (1..=i64::try_from(today.len()).unwrap()).collect(),
            "at {hour}"
        );
        for (_, state, arrived, started, finished) in today.iter().chain(&visits(&demo, "2026-09-30")) {
            match state.as_str() {
                "waiting" => assert!(started.is_none() && finished.is_none()),
                "serving" => assert!(started.is_some_and(|at| at >= *arrived) && finished.is_none()),
                _ => assert!(state == "done" && started.is_some_and(|at| at >= *arrived) && *finished >= *started),
            }
        }
    }
    let ten = visits(
        &Demo::at(
            7,
            400,
            DateTime::from_timestamp_micros(midnight + 624 * 60_000_000).unwrap(),
        ),
        "2026-10-01",
    );
    let how_many = |state: &str| ten.iter().filter(|visit| visit.1 == state).count();
    assert_eq!(
        (how_many("done"), how_many("serving"), how_many("waiting")),
        (1, 1, 1),
        "at 10:24: {ten:?}"
    );
}

#[test]
fn today_has_fourteen_bookings_no_room_twice_at_once() {
    let today: Vec<_> = demo()
        .rows("appointment")
        .filter(|row| words("appointment", row, "date") == "2026-10-01")
        .collect();
    assert_eq!(today.len(), 14);
    for (a, b) in today
        .iter()
        .flat_map(|a| today.iter().map(move |b| (a, b)))
        .filter(|(a, b)| a[0] != b[0])
    {
        let at = |row: &[Value]| {
            (
                words("appointment", row, "start_time"),
                words("appointment", row, "end_time"),
                words("appointment", row, "room"),
            )
        };
        let ((a_start, a_end, a_room), (b_start, _, b_room)) = (at(a), at(b));
        assert!(
            a_room != b_room || b_start < a_start || b_start >= a_end,
            "{a_room} {a_start} {b_start}"
        );
    }
}

#[test]
fn phones_and_codes_are_nobody_elses() {
    let (mut phones, mut codes) = (HashSet::new(), HashSet::new());
    for row in demo().rows("customer") {
        let number = phone::e164(&words("customer", &row, "phone"));
        assert!(number.is_some(), "{}", words("customer", &row, "phone"));
        assert!(codes.insert(words("customer", &row, "code")));
        phones.insert(number);
    }
    assert_eq!(phones.len(), 399, "only C6a and C6b share a number");
}

#[test]
fn json_is_json() {
    for (noun, name) in [
        ("customer", "tags"),
        ("journey", "treatment_plan"),
        ("followup", "content"),
        ("lead", "reasons"),
        ("appointment", "services"),
        ("preference", "preferred_channels"),
        ("followup_rule", "channels"),
        ("automation_rule", "conditions"),
        ("automation_rule", "target_data"),
        ("clinic", "loyalty_multipliers"),
    ] {
        for row in demo().rows(noun) {
            assert!(
                serde_json::from_str::<serde_json::Value>(&words(noun, &row, name)).is_ok(),
                "{noun}.{name}"
            );
        }
    }
}

#[test]
fn the_same_seed_is_the_same_clinic_and_another_is_another() {
    let rows = |demo: Demo| {
        SYNCED
            .iter()
            .flat_map(|table| demo.rows(table.name).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(demo()), rows(demo()));
    let other = Demo::new(8, 400, demo().today);
    assert_ne!(rows(demo()), rows(other));
    assert_eq!(
        Demo::new(7, 3, demo().today).rows("customer").count(),
        3,
        "a small clinic is possible"
    );
    assert_eq!(
        rows(Demo::new(7, 0, demo().today))
            .iter()
            .filter(|row| row.is_empty())
            .count(),
        0,
        "an empty one too"
    );
}

#[test]
fn a_latin_name_after_a_thai_word_stands_apart() {
    let texts = (1..20).flat_map(|seed| {
        let demo = Demo::new(seed, 400, NaiveDate::from_ymd_opt(2026, 10, 1).unwrap());
        let rows: Vec<_> = demo.rows("task").chain(demo.rows("followup")).flatten().collect();
        rows
    });
    let mut latin = 0;
    for value in texts {
        let Value::Text(text) = value else { continue };
        let Some((_, called)) = text.split_once("คุณ") else {
            continue;
        };
        assert!(!called.starts_with(|c: char| c.is_ascii_alphabetic()), "{text}");
        latin += usize::from(called.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()));
    }
    assert!(latin > 0, "nobody has a Latin name");
}

#[test]
fn every_rule_says_what_a_desk_understands_and_plans_by_a_rule_that_is_there() {
    let plans = ids("followup_rule");
    for row in demo().rows("automation_rule") {
        let word = |name| words("automation_rule", &row, name);
        let (conditions, target) =
            crate::rule::read(&word("conditions"), &word("target_action"), &word("target_data")).unwrap();
        assert_eq!(crate::rule::problem(&word("name"), 5, &conditions, &target), None);
        if let crate::rule::Target::PlanFollowup(plan) = target {
            assert!(plans.contains(&plan.followup_rule));
        }
    }
}

#[test]
fn every_journey_is_where_its_history_leads_and_no_step_breaks_the_rules() {
    use crate::journey::{Action, Stage, transitions};
    let demo = demo();
    let mut steps: HashMap<Uuid, Vec<Vec<Value>>> = HashMap::new();
    for row in demo.rows("journey_action") {
        let Value::Uuid(journey) = column("journey_action", &row, "journey_id") else {
            panic!()
        };
        steps.entry(*journey).or_default().push(row);
    }
    let mut stages: HashMap<String, usize> = HashMap::new();
    for row in demo.rows("journey") {
        let Value::Uuid(id) = row[0] else { panic!() };
        let (mut stage, mut at, mut done) = (Stage::LeadCreated, i64::MIN, 0);
        for (nth, step) in steps[&id].iter().enumerate() {
            let word = |name| words("journey_action", step, name);
            let (from, to) = (
                Stage::from_word(&word("from_stage")).unwrap(),
                Stage::from_word(&word("to_stage")).unwrap(),
            );
            let action = Action::from_word(&word("type")).unwrap();
            assert!(
                from == stage && transitions().any(|row| (row.rule.action, row.from, row.to) == (action, from, to)),
                "{action:?} {from:?} {to:?}"
            );
            assert_eq!(column("journey_action", step, "version"), &Value::Int(nth as i64 + 1));
            let &Value::Int(when) = column("journey_action", step, "performed_at") else {
                panic!()
            };
            assert!(when >= at);
            (stage, at, done) = (to, when, done + i64::from(action == Action::CompleteTreatment));
        }
        assert_eq!(words("journey", &row, "stage"), stage.word());
        assert_eq!(column("journey", &row, "version"), &Value::Int(steps[&id].len() as i64));
        assert_eq!(column("journey", &row, "sessions_done"), &Value::Int(done));
        assert_eq!(words("journey", &row, "outcome").is_empty(), stage != Stage::Completed);
        *stages.entry(words("journey", &row, "stage")).or_default() += 1;
    }
    assert_eq!(stages.len(), 9, "somebody in each stage: {stages:?}");
    let first = demo.rows("journey").next().unwrap();
    assert_eq!(words("journey", &first, "stage"), "treatment_scheduled");
    assert_eq!(
        (
            column("journey", &first, "sessions_done"),
            column("journey", &first, "sessions_planned")
        ),
        (&Value::Int(2), &Value::Int(5))
    );
}
