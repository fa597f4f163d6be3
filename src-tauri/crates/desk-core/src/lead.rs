//! What can come of a contact with a lead, and what a lead's score is made of. PostgreSQL has the same list of outcomes (`desk.lead_outcome`).

use serde::Deserialize;

/// What came of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The word that is stored.
    pub word: &'static str,
    /// Nothing is left to be done on the lead.
    pub closes: bool,
}

const fn outcome(word: &'static str, closes: bool) -> Outcome {
    Outcome { word, closes }
}

/// Every outcome: those of a call in the order of their number keys, then the message.
pub const OUTCOMES: [Outcome; 10] = [
    outcome("talked", false),
    outcome("booked", true),
    outcome("asked_price", false),
    outcome("thinking", false),
    outcome("no_answer", false),
    outcome("call_back", false),
    outcome("not_interested", true),
    outcome("wrong_number", true),
    outcome("do_not_call", true),
    outcome("messaged", false),
];

/// The outcome with this word.
pub fn outcome_of(word: &str) -> Option<Outcome> {
    OUTCOMES.into_iter().find(|outcome| outcome.word == word)
}

/// One part of a score: a fact that is known, with its weight in log-odds, or one that nobody knows, which weighs nothing and widens the range.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Factor {
    /// Which: `web_score`, `asked_today`, `asked_price`, `replied`, `known_customer`, `source`, `budget`.
    pub factor: String,
    /// What is known; absent when nobody knows.
    pub value: Option<String>,
    /// Added to the log-odds.
    pub weight: f64,
}

/// The parts of a score out of their document; none of it when it is something else.
pub fn factors(document: Option<&str>) -> Vec<Factor> {
    document
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_read_with_what_is_known_and_what_is_not() {
        let read = factors(Some(
            r#"[{"factor":"asked_today","value":"true","weight":1.1},{"factor":"budget","weight":0}]"#,
        ));
        let parts: Vec<_> = read
            .iter()
            .map(|part| (part.factor.as_str(), part.value.is_some()))
            .collect();
        assert_eq!(parts, [("asked_today", true), ("budget", false)]);
        assert_eq!(factors(Some("{}")), []);
        assert_eq!(factors(None), []);
    }
}
