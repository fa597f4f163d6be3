//! Links from outside: what each asks for. Anybody can make one, a web page too, so each is read by a closed form, and what is something else is nothing at all.

use desk_clinic::ticket;

/// Longer than any code.
const LONGEST: usize = 16_384;
/// Longer than any number that a telephone system writes.
const LONGEST_CALL: usize = 120;
/// A number has so many digits: a house's own three to what the world's plan allows.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

/// What a link asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// A code to connect with is offered.
    Enrol,
    /// The telephone rings: digits, with a `+` before them where it came with one.
    Call(String),
}

/// What a link asks for; none for what is no link of ours.
pub(crate) fn read(url: &str) -> Option<Link> {
    if url.len() > LONGEST {
        return None;
    }
    if ticket::parse(url).is_ok() {
        return Some(Link::Enrol);
    }
    number_of(url).as_deref().and_then(number).map(Link::Call)
}

/// What stands for the number in `aura://call?n=…` or `tel:…`.
fn number_of(url: &str) -> Option<String> {
    let short = Some(url).filter(|url| url.len() <= LONGEST_CALL)?;
    if let Some(number) = after(short, "tel:") {
        return decoded(number);
    }
    let asked = after(short, "aura://call")?;
    let query = asked.strip_prefix('/').unwrap_or(asked).strip_prefix('?')?;
    let mut numbers = query.split('&').filter_map(|pair| pair.strip_prefix("n="));
    let number = decoded(numbers.next()?)?;
    // Two numbers are none: which one would be shown?
    let is_single = numbers.next().is_none();
    is_single.then(|| after(&number, "tel:").map_or_else(|| number.clone(), str::to_owned))
}

/// What follows a beginning, however that is written.
fn after<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let head = text.get(..beginning.len())?;
    head.eq_ignore_ascii_case(beginning)
        .then(|| text.get(beginning.len()..))?
}

/// With each `%2B` as what it stands for.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut whole = parts.next()?.to_owned();
    for part in parts {
        let code = u8::from_str_radix(part.get(..2)?, 16).ok().filter(u8::is_ascii)?;
        whole.push(char::from(code));
        whole.push_str(part.get(2..)?);
    }
    Some(whole)
}

/// The digits of a number that may be written with spaces, points, dashes and brackets.
fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let (plus, rest) = text.strip_prefix('+').map_or(("", text), |rest| ("+", rest));
    let is_written = |sign: char| sign.is_ascii_digit() || matches!(sign, ' ' | '-' | '.' | '(' | ')');
    if !rest.chars().all(is_written) {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    DIGITS.contains(&digits.len()).then(|| format!("{plus}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_system_says_who_calls() {
        for (link, number) in [
            ("aura://call?n=0812345678", "0812345678"),
            ("aura://call/?n=081-234-5678", "0812345678"),
            ("AURA://CALL?n=%2B66%2081%20234%205678", "+66812345678"),
            ("aura://call?line=2&n=+66812345678", "+66812345678"),
            ("aura://call?n=tel:+66812345678", "+66812345678"),
            ("tel:+66-81-234-5678", "+66812345678"),
            ("aura://call?n=101", "101"),
        ] {
            assert_eq!(read(link), Some(Link::Call(number.into())), "{link}");
        }
    }

    #[test]
    fn what_is_no_number_and_no_link_of_ours_is_nothing() {
        let long = format!("aura://call?n={}", "1".repeat(200));
        let endless = format!("aura://enrol/AURA1-{}", "A".repeat(20_000));
        for link in [
            "",
            "aura://call",
            "aura://call?n=",
            "aura://call?n=12",
            "aura://call?n=0812345678901234",
            "aura://call?n=081&n=082",
            "aura://call?n=<script>alert(1)</script>",
            "aura://call?n=0812345678%0Aaura://call",
            "aura://call?n=0812345678%00",
            "aura://call?n=%E0%B9%90",
            "aura://call?n=081%",
            "aura://call?n=081%zz",
            "aura://call?n=../../settings",
            "aura://call?n=0812345678;ext=9",
            "aura://call?n='; drop table customer; --",
            "aura://caller?n=0812345678",
            "aura://call.example.com?n=0812345678",
            "aura://settings",
            "aura:call?n=0812345678",
            "https://example.com?n=0812345678",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "tel:",
            "ก",
            &long,
            &endless,
        ] {
            assert_eq!(read(link), None, "{link}");
        }
    }
}
