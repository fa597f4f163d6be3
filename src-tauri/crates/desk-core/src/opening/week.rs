//! The hours of one weekday as people read and write them, `09:00-12:00 13:00-20:00`, in and out of the document of the week. An empty text is a closed day.
//! `desk.hours_text` and `desk.hours_of` in PostgreSQL say the same.

use serde_json::{Map, Value as Json};

use super::{Hours, WEEK};
use crate::day::USUAL_ZONE;

/// The document of a clinic that has not said its hours.
pub const USUAL_WEEK: &str = r#"{"mon":[["09:00","20:00"]],"tue":[["09:00","20:00"]],"wed":[["09:00","20:00"]],"thu":[["09:00","20:00"]],"fri":[["09:00","20:00"]],"sat":[["09:00","20:00"]],"sun":[["09:00","20:00"]]}"#;

/// The hours of a weekday, one of [`WEEK`]; empty where it is closed or the document cannot be read.
pub fn day_text(document: &str, weekday: &str) -> String {
    let spans = week(document).and_then(|mut week| week.remove(weekday));
    let spans = spans.as_ref().and_then(Json::as_array).map(Vec::as_slice);
    let texts = spans.unwrap_or_default().iter().filter_map(span_text);
    texts.collect::<Vec<_>>().join(" ")
}

/// The document with other hours on one weekday; none when those are no hours.
pub fn with_day(document: &str, weekday: &str, text: &str) -> Option<String> {
    if !WEEK.contains(&weekday) {
        return None;
    }
    let spans: Vec<Json> = text.split_whitespace().map(span_of).collect::<Option<_>>()?;
    let mut week = week(document)?;
    week.insert(weekday.to_owned(), Json::from(spans));
    let document = Json::from(week).to_string();
    Hours::read(&document, USUAL_ZONE).map(|_| document)
}

fn week(document: &str) -> Option<Map<String, Json>> {
    serde_json::from_str(document).ok()
}

fn span_text(span: &Json) -> Option<String> {
    let [from, to] = span.as_array()?.as_slice() else {
        return None;
    };
    Some(format!("{}-{}", from.as_str()?, to.as_str()?))
}

fn span_of(text: &str) -> Option<Json> {
    let (from, to) = text.split_once('-')?;
    Some(Json::from(vec![from, to]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_said_and_read_as_people_write_it() {
        let split = with_day(USUAL_WEEK, "thu", "09:00-12:00 13:00-20:00").unwrap();
        assert_eq!(day_text(&split, "thu"), "09:00-12:00 13:00-20:00");
        assert_eq!(day_text(&split, "fri"), "09:00-20:00", "the others stay");
        let closed = with_day(&split, "thu", "").unwrap();
        assert_eq!(day_text(&closed, "thu"), "");
        assert_eq!(day_text("{}", "mon"), "", "a day that is missing is closed");
        assert_eq!(Hours::read(USUAL_WEEK, USUAL_ZONE), Some(Hours::usual(USUAL_ZONE)));
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        for wrong in [
            "9-20",
            "20:00-09:00",
            "09:00-12:00 11:00-20:00",
            "09:00-12:00 12:00-20:00",
            "09:00-25:00",
            "09:00",
            "09:00-10:00-11:00",
            "01:00-02:00 03:00-04:00 05:00-06:00 07:00-08:00 09:00-10:00",
            "ทั้งวัน",
        ] {
            assert_eq!(with_day(USUAL_WEEK, "mon", wrong), None, "{wrong}");
        }
        assert_eq!(with_day(USUAL_WEEK, "holiday", "09:00-20:00"), None);
        assert_eq!(with_day("no document", "mon", "09:00-20:00"), None);
    }
}
