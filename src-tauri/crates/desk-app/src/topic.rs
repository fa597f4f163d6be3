//! What the window is told after a change: which topics to ask for again. No data travels with it.

use desk_core::{journey::Stage, synced};

/// Topics that show rows of these nouns.
pub fn of_nouns(numbers: &[i16]) -> Vec<String> {
    let mut topics: Vec<&str> = numbers.iter().flat_map(|number| of_noun(*number)).copied().collect();
    topics.sort_unstable();
    topics.dedup();
    topics.into_iter().map(str::to_owned).collect()
}

fn of_noun(number: i16) -> &'static [&'static str] {
    match synced::table(number).map(|table| table.name) {
        Some("task") => &["tasks", "today", "customers"],
        Some("followup" | "followup_rule") => &["followups", "today", "customers", "journeys"],
        Some("journey" | "journey_action") => &["journeys", "customers", "today", "tasks"],
        Some("lead") => &["leads", "today"],
        Some("notification") => &["notifications"],
        Some("automation_rule") => &["rules"],
        Some("staff") => &["start", "tasks", "journeys", "loyalty"],
        Some("clinic") => &["start", "leads", "today", "tasks", "journeys", "loyalty"],
        Some("closed_day") => &["start", "leads", "today", "journeys"],
        Some("appointment" | "visit" | "preference") => &["agenda", "today", "customers", "journeys"],
        Some("contact") => &["tasks", "today", "customers"],
        Some("lot" | "payment" | "loyalty_policy") => &["customers", "loyalty"],
        Some("lease" | "coupon" | "approval" | "referral") => &["customers"],
        Some("achievement" | "achieved") => &["customers", "achievements"],
        Some("reward") => &["rewards", "customers"],
        // Who somebody is stands in every list.
        Some("merge") => &[
            "customers",
            "today",
            "tasks",
            "journeys",
            "agenda",
            "leads",
            "followups",
            "loyalty",
        ],
        Some(_) => &["customers", "today", "tasks", "journeys"],
        None => &[],
    }
}

/// Topics that an action's own effect touches.
pub fn of_action(name: &str) -> &'static [&'static str] {
    match name.split('.').next() {
        Some("task" | "staff") => &["tasks", "today", "customers", "sync"],
        Some("contact") => &["tasks", "today", "customers", "followups", "leads", "sync"],
        Some("followup") => &["followups", "today", "customers", "journeys", "sync"],
        Some("lead") => &["leads", "today", "sync"],
        Some("notification") => &["notifications", "sync"],
        Some("visit" | "appointment") => &["agenda", "today", "customers", "journeys", "sync"],
        Some("rule") => &["rules", "sync"],
        Some("reward") => &["rewards", "customers", "sync"],
        Some("achievement") => &["achievements", "customers", "sync"],
        Some("clinic") => &["start", "leads", "today", "tasks", "journeys", "sync"],
        Some("policy" | "month") => &["loyalty", "customers", "sync"],
        Some("journey") => &["journeys", "customers", "today", "tasks", "sync"],
        Some("customer") => &["customers", "today", "journeys", "sync"],
        _ => &["customers", "today", "sync"],
    }
}

/// Topics that a journey's move touches: of the board the two columns between which it goes, and no others.
pub fn of_move(from: Stage, to: Stage) -> Vec<String> {
    let columns = [from, to].map(|stage| format!("journeys:{}", stage.word()));
    let others = of_action("journey.move").iter().filter(|topic| **topic != "journeys");
    let mut topics: Vec<String> = columns.into_iter().chain(others.copied().map(str::to_owned)).collect();
    topics.dedup();
    topics
}
