//! Does the rule of referrals stop fraud and let honest people have their points? The labelled cases that lie beside the project when they do
//! (`../shared/eval`), and always some of our own, read the same way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use std::path::Path;

use desk_core::day::USUAL_ZONE;
use desk_core::referral::{Decision, Device, Earlier, Facts, Known, Person, Refund, Treatment, Verdict, decide};
use serde_json::{Value as Json, json};

fn text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn moment(json: &Json) -> chrono::DateTime<chrono::Utc> {
    json.as_str()
        .unwrap()
        .parse::<chrono::DateTime<chrono::FixedOffset>>()
        .unwrap()
        .to_utc()
}

fn each<T>(json: &Json, read: impl Fn(&Json) -> T) -> Vec<T> {
    json.as_array().into_iter().flatten().map(read).collect()
}

fn device(json: &Json) -> Option<Device> {
    let id = text(json)?;
    let is_clinics = id.starts_with("dev-clinic-");
    Some(Device { id, is_clinics })
}

fn person(json: &Json) -> Person {
    Person {
        id: text(&json["id"]).unwrap(),
        name: format!(
            "{} {}",
            json["given"].as_str().unwrap(),
            json["family"].as_str().unwrap()
        ),
        birth: json["birth"].as_str().map(|day| day.parse().unwrap()),
        phone: text(&json["phone"]),
        line_id: text(&json["line_id"]),
        id_hash: text(&json["id_hash"]),
        cards: each(&json["card_tokens"], |card| text(card).unwrap()),
        address: text(&json["address"]),
        device: device(&json["device"]),
    }
}

fn satang(json: &Json) -> i64 {
    json.as_i64().unwrap_or_default() * 100
}

fn facts(case: &Json) -> Facts {
    let referral = &case["referral"];
    let mut friend = person(&case["friend"]);
    friend.device = device(&referral["device"]).or(friend.device);
    let known = &case["friend_known_before"];
    Facts {
        points: 200,
        referrer: person(&case["referrer"]),
        friend,
        made_at: moment(&referral["created_at"]),
        registered_by: text(&referral["registered_by"]),
        known: known.is_object().then(|| Known {
            first_visit: known["first_visit"].as_str().map(|day| day.parse().unwrap()),
            by_name_only: known["match"] == "name",
        }),
        other_referrer_at: case["friend_other_referrer"].get("created_at").map(moment),
        friend_referred: each(&case["friend_has_referred"], |id| text(id).unwrap()),
        chain: each(&case["referral_chain_to_referrer"], |id| text(id).unwrap()),
        treatments: each(&case["treatments"], |paid| Treatment {
            at: moment(&paid["at"]),
            price: satang(&paid["amount_thb"]),
            paid: satang(&paid["paid_money_thb"]),
            card: text(&paid["card_token"]),
        }),
        refunds: each(&case["refunds"], |back| Refund {
            at: moment(&back["at"]),
            satang: satang(&back["amount_thb"]),
            of: usize::try_from(back["for"].as_u64().unwrap_or(1))
                .unwrap()
                .saturating_sub(1),
        }),
        earlier: each(&case["referrer_recent"], |other| Earlier {
            made_at: moment(&other["created_at"]),
            device: device(&other["device"]),
            card: text(&other["card_token"]),
            is_refunded: other["refunded"] == true,
        }),
    }
}

fn judged(case: &Json) -> Verdict {
    decide(&facts(case), moment(&case["decision_at"]), USUAL_ZONE)
}

#[derive(Default, Debug)]
struct Score {
    fraud: usize,
    stopped: usize,
    honest: usize,
    not_paid: usize,
    families_refused: usize,
    misses: Vec<String>,
}

impl Score {
    fn count(&mut self, case: &Json) {
        let verdict = judged(case);
        let is_paid = verdict.decision == Decision::Pay;
        let is_family = case["reason"]
            .as_str()
            .is_some_and(|reason| reason.starts_with("ADDRESS"));
        let is_missed = match case["label"].as_str().unwrap() {
            "fraud" => {
                self.fraud += 1;
                self.stopped += usize::from(!is_paid);
                is_paid
            }
            "honest" => {
                self.honest += 1;
                self.not_paid += usize::from(!is_paid);
                !is_paid
            }
            _ if is_family => {
                self.families_refused += usize::from(verdict.decision == Decision::Refuse);
                verdict.decision == Decision::Refuse
            }
            _ => is_paid,
        };
        if is_missed {
            self.misses
                .push(format!("{} {} {verdict:?}", case["case"], case["pattern"]));
        }
    }

    fn of(cases: &[Json]) -> Self {
        let mut score = Self::default();
        cases.iter().for_each(|case| score.count(case));
        score
    }

    fn holds(&self) {
        println!("{self:#?}");
        assert!(
            self.stopped * 100 >= self.fraud * 95,
            "fraud stopped: {} of {}",
            self.stopped,
            self.fraud
        );
        assert!(
            self.not_paid * 100 <= self.honest * 2,
            "honest not paid: {} of {}",
            self.not_paid,
            self.honest
        );
        assert_eq!(self.families_refused, 0, "a family is looked at, not refused");
    }
}

fn beside_the_project(set: &str) -> Option<Vec<Json>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/eval")
        .join(set)
        .join("referrals.jsonl");
    let lines = std::fs::read_to_string(file).ok()?;
    Some(
        lines
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

#[test]
fn l16_of_the_labelled_cases_fraud_is_stopped_and_honest_people_are_paid() {
    let Some(cases) = beside_the_project("dev") else {
        println!("no ../shared/eval beside the project: the labelled cases were not run");
        return;
    };
    assert!(cases.len() >= 100, "a set that is nearly empty proves nothing");
    Score::of(&cases).holds();
}

/// An honest case of our own; `number` makes everybody in it somebody else.
fn honest(number: usize) -> Json {
    let day = number % 28 + 1;
    json!({
        "case": format!("own {number}"), "pattern": "own", "label": "honest", "reason": "OK",
        "referrer": { "id": format!("r{number}"), "given": "สมใจ", "family": format!("รักดี{number}"), "birth": "1980-02-03", "phone": format!("08110{number:05}"),
            "line_id": format!("Ur{number}"), "id_hash": format!("a{number}"), "card_tokens": [format!("t-r{number}")], "address": format!("{number}/1 ซอย 3 ถนนสาทร 10120"), "device": format!("phone-r{number}") },
        "friend": { "id": format!("f{number}"), "given": "ใจดี", "family": format!("มีสุข{number}"), "birth": "1992-07-08", "phone": format!("08220{number:05}"),
            "line_id": format!("Uf{number}"), "id_hash": null, "card_tokens": [], "address": format!("{number}/2 ซอย 3 ถนนสาทร 10120"), "device": format!("phone-f{number}") },
        "referral": { "created_at": format!("2026-05-{day:02}T11:00:00+07:00"), "device": format!("phone-f{number}"), "registered_by": "nok" },
        "friend_known_before": null, "friend_other_referrer": null, "friend_has_referred": [], "referral_chain_to_referrer": [],
        "treatments": [{ "at": format!("2026-06-{day:02}T12:00:00+07:00"), "amount_thb": 2500, "paid_money_thb": 2500, "card_token": null }],
        "refunds": [], "referrer_recent": [], "decision_at": "2026-08-01T09:00:00+07:00"
    })
}

fn fraud(number: usize, way: usize) -> Json {
    let mut case = honest(number);
    case["label"] = "fraud".into();
    let referrer = case["referrer"].clone();
    match way % 8 {
        0 => case["friend"]["phone"] = format!("+66 {}", &referrer["phone"].as_str().unwrap()[1..]).into(),
        1 => case["friend"]["line_id"] = referrer["line_id"].clone(),
        2 => case["friend"]["id_hash"] = referrer["id_hash"].clone(),
        3 => case["treatments"][0]["card_token"] = referrer["card_tokens"][0].clone(),
        4 => case["friend_has_referred"] = json!([referrer["id"]]),
        5 => case["friend_other_referrer"] = json!({ "id": "x", "created_at": "2026-01-01T10:00:00+07:00" }),
        6 => case["friend_known_before"] = json!({ "id": "x", "first_visit": "2024-01-01", "match": "phone" }),
        _ => case["treatments"][0]["paid_money_thb"] = 0.into(),
    }
    case
}

#[test]
fn l16_of_our_own_cases_all_fraud_is_stopped_and_nobody_honest_is_held() {
    let mut cases: Vec<Json> = (0..200).map(honest).collect();
    cases.extend((0..200).map(|number| fraud(number, number)));
    let score = Score::of(&cases);
    score.holds();
    assert_eq!((score.stopped, score.not_paid), (200, 0), "{:?}", score.misses);
}
