//! The eight kinds of task: how urgent one is at first, how long it takes, who may be given it, what follows when it is done; and the stored word of a
//! priority, by the formula of the web system. `desk.task_kind` in PostgreSQL holds the same rows; a test compares them. In which order a person does
//! them is [`crate::order`]'s.

use chrono::{DateTime, TimeDelta, Utc};

use crate::priority::Priority;

/// One kind of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The word that the database stores.
    pub word: &'static str,
    /// Its priority when nobody says another.
    pub priority: Priority,
    /// How long it usually takes.
    pub minutes: u32,
    /// Who may be given it, the most suitable role first.
    pub roles: &'static [&'static str],
    /// Whether a task of this kind is given to somebody without being asked.
    pub assigns_itself: bool,
    /// Where the formula of its priority begins.
    pub base: u32,
    /// Whether it is done by calling the customer.
    pub is_call: bool,
    /// What follows when it is done, and how many days later.
    pub next: Option<(&'static str, u32)>,
    /// What it is called; `{}` stands for the customer.
    pub title: &'static str,
}

const SALES: &[&str] = &["sales"];

/// Every kind, as the web system has them.
pub const KINDS: [Kind; 8] = [
    Kind {
        word: "scan_customer",
        priority: Priority::High,
        minutes: 15,
        roles: SALES,
        assigns_itself: true,
        base: 90,
        is_call: false,
        next: Some(("send_proposal", 0)),
        title: "สแกนผิว {}",
    },
    Kind {
        word: "send_proposal",
        priority: Priority::High,
        minutes: 30,
        roles: SALES,
        assigns_itself: true,
        base: 80,
        is_call: false,
        next: None,
        title: "ส่งใบเสนอราคาให้{}",
    },
    Kind {
        word: "prepare_treatment",
        priority: Priority::Medium,
        minutes: 20,
        roles: &["beautician"],
        assigns_itself: true,
        base: 60,
        is_call: false,
        next: None,
        title: "เตรียมทรีตเมนต์ของ{}",
    },
    Kind {
        word: "follow_up_upsell",
        priority: Priority::Medium,
        minutes: 10,
        roles: SALES,
        assigns_itself: true,
        base: 40,
        is_call: true,
        next: Some(("customer_follow_up", 7)),
        title: "แนะนำบริการต่อให้{}",
    },
    Kind {
        word: "customer_follow_up",
        priority: Priority::Low,
        minutes: 5,
        roles: &["sales", "beautician"],
        assigns_itself: true,
        base: 30,
        is_call: true,
        next: None,
        title: "โทรติดตาม{}",
    },
    Kind {
        word: "payment_reminder",
        priority: Priority::High,
        minutes: 5,
        roles: SALES,
        assigns_itself: false,
        base: 100,
        is_call: true,
        next: None,
        title: "เตือนชำระเงิน {}",
    },
    Kind {
        word: "appointment_reminder",
        priority: Priority::Medium,
        minutes: 3,
        roles: &["front_desk", "sales"],
        assigns_itself: true,
        base: 70,
        is_call: true,
        next: None,
        title: "โทรเตือนนัด{}",
    },
    Kind {
        word: "review_request",
        priority: Priority::Low,
        minutes: 5,
        roles: SALES,
        assigns_itself: true,
        base: 20,
        is_call: true,
        next: None,
        title: "ขอรีวิวจาก{}",
    },
];

/// Where the formula begins for a word that is none of the eight: the web system's database checks no words.
pub const BASE_OF_OTHERS: u32 = 50;

/// The kind with this word.
pub fn kind(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.word == word)
}

/// Where the formula begins for this word.
pub fn base(word: &str) -> u32 {
    kind(word).map_or(BASE_OF_OTHERS, |kind| kind.base)
}

/// Whether a task with this word is done by calling. Words that are none of the eight are taken as written: the old ones say `call`.
pub fn is_call(word: &str) -> bool {
    kind(word).map_or(word == "call", |kind| kind.is_call)
}

impl Kind {
    /// What a task of this kind is called.
    pub fn title(&self, customer: &str) -> String {
        self.title.replace("{}", customer)
    }
}

/// What a customer is called in a task's title: the nickname, else the first word of the name if that is a word. As `desk.customer_name`.
pub fn called(nickname: Option<&str>, full_name: Option<&str>) -> String {
    if let Some(nickname) = nickname.map(str::trim).filter(|nickname| !nickname.is_empty()) {
        return nickname.to_owned();
    }
    const TITLES: [&str; 7] = ["คุณ", "นางสาว", "นาง", "นาย", "Mrs", "Mr", "Ms"];
    let name = full_name.unwrap_or_default();
    let bare = TITLES
        .iter()
        .find_map(|title| name.strip_prefix(title))
        .map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    let word = bare.unwrap_or(name).trim().split(' ').next().unwrap_or_default();
    let is_word = (1..=40).contains(&word.chars().count()) && !word.contains(|c: char| c.is_ascii_digit() || c == '@');
    if is_word {
        word.to_owned()
    } else {
        "ลูกค้าใหม่".into()
    }
}

/// What a stage of the journey adds to the formula.
pub fn of_stage(stage: &str) -> u32 {
    match stage {
        "in_treatment" => 35,
        "treatment_scheduled" => 30,
        "payment_confirmed" => 25,
        "scanned" | "treatment_completed" => 20,
        "proposal_sent" => 15,
        "lead_created" | "follow_up" => 10,
        _ => 0,
    }
}

/// What the time left until it is due adds: everything overdue counts as due within the hour.
fn of_due(left: TimeDelta) -> u32 {
    if left < TimeDelta::hours(1) {
        50
    } else if left < TimeDelta::hours(4) {
        30
    } else if left < TimeDelta::hours(24) {
        10
    } else {
        0
    }
}

/// The web system's priority of a task: base, time left, three tenths of how urgent the scan found the customer (0 to 100), stage.
pub fn priority(word: &str, left: Option<TimeDelta>, scan_urgency: u32, stage: &str) -> Priority {
    // In tenths, so that nothing is rounded.
    let tenths = 10 * (base(word) + left.map_or(0, of_due) + of_stage(stage)) + 3 * scan_urgency;
    match tenths {
        1200.. => Priority::Critical,
        900.. => Priority::High,
        600.. => Priority::Medium,
        _ => Priority::Low,
    }
}

/// When what follows a task that was done at an instant is due.
pub fn due_of_next(done: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    done + TimeDelta::days(i64::from(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str, hours: Option<i64>, scan: u32, stage: &str) -> Priority {
        priority(word, hours.map(TimeDelta::hours), scan, stage)
    }

    #[test]
    fn without_a_due_time_five_kinds_come_out_high_in_their_usual_stage() {
        for (word, stage) in [
            ("prepare_treatment", "treatment_scheduled"),
            ("appointment_reminder", "treatment_scheduled"),
            ("send_proposal", "scanned"),
            ("scan_customer", "lead_created"),
            ("payment_reminder", "proposal_sent"),
        ] {
            assert_eq!(of(word, None, 0, stage), Priority::High, "{word}");
        }
    }

    #[test]
    fn the_formula_gives_the_numbers_of_the_web_system() {
        let month_overdue = Some(-30 * 24);
        assert_eq!(of("review_request", month_overdue, 0, "follow_up"), Priority::Medium);
        assert_eq!(of("scan_customer", Some(0), 0, "lead_created"), Priority::Critical);
        assert_eq!(of("scan_customer", Some(1), 0, "lead_created"), Priority::Critical);
        assert_eq!(of("scan_customer", Some(4), 0, "lead_created"), Priority::High);
        assert_eq!(of("customer_follow_up", Some(24), 0, "follow_up"), Priority::Low);
        assert_eq!(of("customer_follow_up", Some(23), 33, "follow_up"), Priority::Low);
        assert_eq!(of("customer_follow_up", Some(23), 34, "follow_up"), Priority::Medium);
        assert_eq!(of("call", None, 0, "completed"), Priority::Low);
        assert_eq!(of("call", None, 0, "follow_up"), Priority::Medium);
    }

    #[test]
    fn a_title_names_a_customer_by_one_word() {
        let by_name = |name| called(None, Some(name));
        assert_eq!(called(Some(" พลอย "), Some("พลอยไพลิน ศรีสุข")), "พลอย");
        assert_eq!(by_name("นางสาวพลอยไพลิน ศรีสุข"), "พลอยไพลิน");
        assert_eq!(by_name("Mr. Tom Carter"), "Tom");
        assert_eq!(by_name("0812345678"), "ลูกค้าใหม่");
        assert_eq!(called(Some(""), None), "ลูกค้าใหม่");
    }

    #[test]
    fn what_follows_is_a_kind_and_never_the_same_one() {
        for each in &KINDS {
            if let Some((next, _)) = each.next {
                assert!(kind(next).is_some() && next != each.word);
            }
            assert!(each.title.contains("{}") && !each.roles.is_empty());
        }
    }
}
