//! Phone numbers as people type, say and file them, Thai first: one number, one form. Storage is E.164 (`+66812345678`); people see
//! `081-234-5678`; over the counter it is `…678`. It judges shape only: whether a number is in service is the network's business.

use crate::text::fold;

/// How typed digits stand to a number on file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhoneMatch {
    /// The whole number, in any spelling.
    Whole,
    /// Its last digits, at least [`LEAST_DIGITS`].
    Suffix,
    /// Its first digits or some in the middle, at least [`LEAST_DIGITS`].
    Part,
}

/// Fewer digits than these say nothing about who it is.
pub const LEAST_DIGITS: usize = 4;

/// The E.164 form of a number in any spelling; nothing when it is too short, too long or not a number.
/// Without `+` or `00` a number is Thai if Thailand has such numbers, else an international number typed without its plus
/// (11 digits or more).
pub fn e164(text: &str) -> Option<String> {
    let typed = Typed::read(text)?;
    let thai = thai_number(&typed).map(|number| format!("66{number}"));
    let foreign = || {
        (typed.international || (typed.digits.len() >= 11 && !typed.digits.starts_with('0')))
            .then(|| typed.digits.clone())
    };
    let number = thai.or_else(foreign)?;
    (8..=15).contains(&number.len()).then(|| format!("+{number}"))
}

/// How people read a number: `081-234-5678`, `02-391-4407`, `038-721-195`, `+44 7700 900123`; text that is no number as it was.
pub fn display(text: &str) -> String {
    let Some(number) = e164(text) else {
        return text.trim().to_owned();
    };
    let digits = number.trim_start_matches('+');
    match digits.strip_prefix("66").map(|rest| format!("0{rest}")) {
        Some(national) => grouped(
            &national,
            if national.starts_with("02") { &[2, 3] } else { &[3, 3] },
            '-',
        ),
        None => format!("+{}", grouped(digits, &foreign_groups(digits), ' ')),
    }
}

/// What may be shown to someone looking over the counter: `…678`.
pub fn privacy(text: &str) -> String {
    let digits: Vec<char> = fold(text).chars().filter(char::is_ascii_digit).collect();
    let hidden = digits.len().saturating_sub(3);
    format!("…{}", digits.into_iter().skip(hidden).collect::<String>())
}

/// The number as it is dialled inside its country, with the leading 0: what an index of digits should hold.
pub fn national(text: &str) -> Option<String> {
    national_of(e164(text)?.trim_start_matches('+'))
}

/// The digits of a text that is nothing but a phone number or a part of one: digits, `+`, spaces, dashes, dots, brackets, slashes.
/// `00` and `66` in front of a Thai number become its leading 0.
pub fn typed_digits(text: &str) -> Option<String> {
    let typed = Typed::read(text)?;
    let thai = thai_number(&typed).map(|number| format!("0{number}"));
    let begun = || {
        typed
            .digits
            .strip_prefix("66")
            .filter(|_| typed.international)
            .map(|rest| format!("0{rest}"))
    };
    Some(thai.or_else(begun).unwrap_or(typed.digits))
}

/// How what was typed stands to the number on file; nothing if one digit differs.
pub fn matches(on_file: &str, typed: &str) -> Option<PhoneMatch> {
    Wanted::read(typed)?.matches(on_file)
}

/// A typed number or part of one, understood once and held against many.
#[derive(Clone, Debug)]
pub struct Wanted {
    typed: Typed,
    inside: String,
}

impl Wanted {
    /// What was typed, if it is nothing but a phone number or a part of one.
    pub fn read(typed: &str) -> Option<Self> {
        let inside = typed_digits(typed)?;
        Typed::read(typed).map(|typed| Self { typed, inside })
    }

    /// The digits, as [`typed_digits`] gives them.
    pub fn digits(&self) -> &str {
        &self.inside
    }

    /// As [`matches`].
    pub fn matches(&self, on_file: &str) -> Option<PhoneMatch> {
        let is_e164 = on_file
            .strip_prefix('+')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number = if is_e164 {
            Some(on_file.to_owned())
        } else {
            e164(on_file)
        };
        let number = number.unwrap_or_else(|| fold(on_file).chars().filter(char::is_ascii_digit).collect());
        let whole = number.trim_start_matches('+');
        let national = if number.starts_with('+') {
            national_of(whole)
        } else {
            None
        };
        let national = national.unwrap_or_else(|| whole.to_owned());
        if self.inside == national || self.typed.digits == whole {
            Some(PhoneMatch::Whole)
        } else if self.inside.len() < LEAST_DIGITS {
            None
        } else if self.typed.international && self.inside == self.typed.digits {
            whole.starts_with(&self.inside).then_some(PhoneMatch::Part)
        } else if national.ends_with(&self.inside) {
            Some(PhoneMatch::Suffix)
        } else {
            national.contains(&self.inside).then_some(PhoneMatch::Part)
        }
    }
}

/// The number behind its country code, with a leading 0.
fn national_of(digits: &str) -> Option<String> {
    digits.get(country_code_length(digits)..).map(|rest| format!("0{rest}"))
}

/// Digits as typed, and whether a country code was typed with them.
#[derive(Clone, Debug)]
struct Typed {
    digits: String,
    international: bool,
}

impl Typed {
    fn read(text: &str) -> Option<Self> {
        let folded = fold(text);
        let plain = folded
            .chars()
            .all(|c| c.is_ascii_digit() || " +-.()/‐‑‒–—−".contains(c));
        let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
        let plus = folded.trim_start_matches(['(', ' ']).starts_with('+');
        let after_00 = digits
            .strip_prefix("00")
            .filter(|rest| rest.len() >= 2 && !rest.starts_with('0') && !plus);
        let international = plus || after_00.is_some_and(|rest| rest.len() >= 8);
        let digits = after_00.filter(|_| international).map(str::to_owned).unwrap_or(digits);
        (plain && !digits.is_empty()).then_some(Self { digits, international })
    }
}

/// The national significant number (no leading 0) if this is a complete Thai number: 9 digits for mobiles, 8 for landlines.
/// Mobiles begin with 6, 8 or 9; Bangkok with 2; the provinces with 3, 4, 5 or 7.
fn thai_number(typed: &Typed) -> Option<&str> {
    let digits = typed.digits.as_str();
    let national = digits.strip_prefix('0').filter(|_| !typed.international);
    let with_code = || {
        digits
            .strip_prefix("66")
            .map(|rest| rest.strip_prefix('0').unwrap_or(rest))
    };
    national.or_else(with_code).filter(|number| is_thai_number(number))
}

fn is_thai_number(number: &str) -> bool {
    match number.chars().next() {
        Some('6' | '8' | '9') => number.len() == 9,
        Some('2' | '3' | '4' | '5' | '7') => number.len() == 8,
        _ => false,
    }
}

/// How many digits the country code has (ITU-T E.164, list of assigned codes).
fn country_code_length(digits: &str) -> usize {
    const TWO: [&str; 41] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93",
    ];
    const TWO_MORE: [&str; 3] = ["94", "95", "98"];
    if digits.starts_with(['1', '7']) {
        1
    } else if TWO.iter().chain(&TWO_MORE).any(|code| digits.starts_with(code)) {
        2
    } else {
        3
    }
}

fn foreign_groups(digits: &str) -> Vec<usize> {
    let code = country_code_length(digits);
    match digits.len().saturating_sub(code) {
        10 if digits.starts_with("44") => vec![code, 4],
        10 | 9 => vec![code, 3, 3],
        8 => vec![code, 4],
        11 => vec![code, 3, 4],
        _ => vec![code],
    }
}

/// The digits in groups of these lengths; what is left over is the last group.
fn grouped(digits: &str, lengths: &[usize], separator: char) -> String {
    let mut out = String::new();
    let mut rest = digits;
    for length in lengths {
        let Some((group, after)) = rest.split_at_checked(*length).filter(|(_, after)| !after.is_empty()) else {
            break;
        };
        out.push_str(group);
        out.push(separator);
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests;
