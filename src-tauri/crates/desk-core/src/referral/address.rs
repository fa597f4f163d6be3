//! Is this one home? Two people write the same address in two ways, and two rooms of one building almost in the same way. It looks for the house's number, the
//! postal code and the lane, and never concludes from a name of a building or a road alone. A match only ever leads to a person who looks.

use std::collections::BTreeSet;

use crate::text::{fold, is_thai};

/// Longer text is no address.
const LONGEST: usize = 500;

/// Whether both texts name the same house or room.
pub fn is_same_address(a: &str, b: &str) -> bool {
    let (Some(a), Some(b)) = (Address::read(a), Address::read(b)) else {
        return false;
    };
    let agree = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    let is_placed = a.postal.is_some() && a.postal == b.postal || !a.words.is_disjoint(&b.words);
    let is_one_road =
        agree(&a.road, &b.road) || a.road.as_deref().is_some_and(has_thai) != b.road.as_deref().is_some_and(has_thai);
    let is_one_lane = agree(&a.lane, &b.lane) && agree(&a.room, &b.room);
    a.house == b.house && agree(&a.postal, &b.postal) && is_one_lane && is_one_road && is_placed
}

/// Two scripts cannot contradict each other.
fn has_thai(text: &str) -> bool {
    text.chars().any(is_thai)
}

#[derive(Debug, PartialEq, Eq)]
struct Address {
    house: String,
    room: Option<String>,
    lane: Option<String>,
    road: Option<String>,
    postal: Option<String>,
    words: BTreeSet<String>,
}

const ROOM: [&str; 5] = ["ห้อง", "room", "unit", "apt", "#"];
const ROAD: [&str; 4] = ["ถนน", "ถ.", "road", "rd."];
const LANE: [&str; 4] = ["ซอย", "ซ.", "soi", "ตรอก"];
/// What stands before a name and says what it is of.
const KINDS: [&str; 10] = [
    "แขวง",
    "ตำบล",
    "ต.",
    "เขต",
    "อำเภอ",
    "อ.",
    "จังหวัด",
    "จ.",
    "หมู่บ้าน",
    "อาคาร",
];
const HOUSE: [&str; 4] = ["บ้านเลขที่", "เลขที่", "no.", "house"];

impl Address {
    fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST * 3 {
            return None;
        }
        let mut found = Self {
            house: String::new(),
            room: None,
            lane: None,
            road: None,
            postal: None,
            words: BTreeSet::new(),
        };
        let folded = fold(text).replace([',', '(', ')', '|'], " ");
        let mut parts = folded.split_whitespace().peekable();
        while let Some(part) = parts.next() {
            let next = parts.peek().copied();
            if found.take(part, next) {
                parts.next();
            }
        }
        (!found.house.is_empty()).then_some(found)
    }

    /// Takes in one part; whether it needed the next one too.
    fn take(&mut self, part: &str, next: Option<&str>) -> bool {
        if let Some(rest) = after(part, &ROOM) {
            return number_after(&mut self.room, rest, next);
        }
        if let Some(rest) = after(part, &LANE) {
            return number_after(&mut self.lane, rest, next);
        }
        if let Some(rest) = after(part, &ROAD) {
            let is_next = number_after(&mut self.road, rest, next);
            self.words.extend(self.road.clone());
            return is_next;
        }
        let part = after(part, &HOUSE).unwrap_or(part);
        if part.len() == 5 && part.bytes().all(|byte| byte.is_ascii_digit()) {
            self.postal = Some(part.to_owned());
        } else if part.starts_with(|c: char| c.is_ascii_digit()) {
            self.take_number(part);
        } else {
            self.words.extend(name(part));
        }
        false
    }

    fn take_number(&mut self, part: &str) {
        if self.house.is_empty() {
            part.clone_into(&mut self.house);
        }
    }
}

fn after<'a>(part: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().find_map(|word| part.strip_prefix(word))
}

/// The number that belongs to a word: in the same part (`ซ.5`), or in the next (`ซอย 5`).
fn number_after(place: &mut Option<String>, rest: &str, next: Option<&str>) -> bool {
    let rest = rest.trim_start_matches(['.', ':', '/']);
    let (number, is_next) = if rest.is_empty() {
        (next, true)
    } else {
        (Some(rest), false)
    };
    if place.is_none() {
        *place = number.map(str::to_owned);
    }
    is_next && number.is_some()
}

/// A name without what it is of: `เขตพญาไท` and `พญาไท` are one.
fn name(part: &str) -> Option<String> {
    let bare = after(part, &KINDS).unwrap_or(part);
    (bare.chars().count() >= 4).then(|| bare.to_owned())
}
