//! Reads texts as moments, to measure the reading against a list that lies elsewhere: lines of `{"id", "text", "context": "booking" or "birth"}` on standard input
//! become lines of `{"id", "result"}`. The first argument is now by the clinic's clock, for example `2026-10-01T10:00:00`.
//!
//! `cargo run -p desk-core --example read_moments -- 2026-10-01T10:00:00 < texts.jsonl > answers.jsonl`

use std::{
    error::Error,
    io::{self, BufRead as _, Write as _},
};

use chrono::NaiveDateTime;
use desk_core::moment::{self, Context, Moment};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let now: NaiveDateTime = std::env::args().nth(1).ok_or("say what time it is")?.parse()?;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        let context = match case.get("context").and_then(Value::as_str) {
            Some("birth") => Context::Birth,
            _ => Context::Booking,
        };
        let text = case.get("text").and_then(Value::as_str).unwrap_or_default();
        let result = answer(&moment::read(text, now, context));
        writeln!(out, "{}", json!({ "id": case.get("id"), "result": result }))?;
    }
    Ok(())
}

fn answer(moment: &Moment) -> Value {
    let at = |at: &NaiveDateTime| at.format("%Y-%m-%dT%H:%M:%S+07:00").to_string();
    match moment {
        Moment::Date(day) => json!({ "type": "date", "value": day.to_string() }),
        Moment::At(moment) => json!({ "type": "datetime", "value": at(moment) }),
        Moment::Days(first, last) => json!({ "type": "interval", "start": first.to_string(), "end": last.to_string() }),
        Moment::Times(from, until) => json!({ "type": "interval", "start": at(from), "end": at(until) }),
        Moment::Ambiguous(options) => {
            json!({ "type": "ambiguous", "options": options.iter().map(answer).collect::<Vec<_>>() })
        }
        Moment::Invalid(why) => json!({ "type": "invalid", "why": format!("{why:?}") }),
    }
}
