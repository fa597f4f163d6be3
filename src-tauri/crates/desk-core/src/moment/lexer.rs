//! A typed text as tokens: numbers, known words, marks between numbers, and whatever is not known. Thai has no spaces: the longest known word wins.

use super::lexicon::{self, Word};
use crate::text::{fold, is_thai};

/// One piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A number of decimal digits, and how many.
    Number(u32, usize),
    /// Three numbers with one kind of mark between them: a date.
    Triple([(u32, usize); 3]),
    /// Two numbers with `/` between them, or with `-` where one can only be a year.
    Pair((u32, usize), (u32, usize)),
    /// A known word.
    Word(Word),
    /// `:`, `.`, `-` and their like between other tokens.
    Mark(char),
    /// Letters that are no known word.
    Unknown,
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    // `วันที่` is the longer word, but here it is days, and ago.
    let folded = fold(text).replace("วันที่แล้ว", "วัน ที่แล้ว").replace("วันที่ผ่านมา", "วัน ที่ผ่านมา");
    let mut rest = folded.as_str();
    let mut found: Vec<Token> = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first, found.last());
        rest = rest.get(length..).unwrap_or_default();
        match token {
            Some(Token::Unknown) if found.last() == Some(&Token::Unknown) => {}
            Some(token) => found.push(token),
            None => {}
        }
    }
    merged(&found)
}

/// The token at the front, and how many bytes it takes.
fn next(rest: &str, first: char, before: Option<&Token>) -> (Option<Token>, usize) {
    if first.is_ascii_digit() {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = rest.get(..length).and_then(|digits| digits.parse().ok());
        return (
            Some(number.map_or(Token::Unknown, |n| Token::Number(n, length))),
            length,
        );
    }
    if let Some((word, length)) = known(rest, before) {
        return (Some(Token::Word(word)), length);
    }
    let mark = match first {
        ' ' | ',' | '(' | ')' | '\'' | '"' | '!' => None,
        '–' | '—' | '~' | '−' | '‑' | '‐' => Some(Token::Mark('-')),
        '/' | '-' | '.' | ':' => Some(Token::Mark(first)),
        _ => Some(Token::Unknown),
    };
    let length = match mark {
        Some(Token::Unknown) if first.is_ascii_alphabetic() => rest.bytes().take_while(u8::is_ascii_alphabetic).count(),
        _ => first.len_utf8(),
    };
    (mark, length)
}

/// The longest known word at the front.
fn known(rest: &str, before: Option<&Token>) -> Option<(Word, usize)> {
    let fits = |spelling: &str| {
        let after = rest.strip_prefix(spelling).map(|after| after.chars().next());
        after.is_some_and(|after| ends_there(spelling, after, before))
    };
    let (spelling, word) = lexicon::beginning_with(rest.chars().next()?)
        .iter()
        .find(|(spelling, _)| fits(spelling))?;
    Some((*word, spelling.len()))
}

/// Latin words end where their letters end; one Thai letter is a word only behind a number (`14 น`).
fn ends_there(spelling: &str, after: Option<char>, before: Option<&Token>) -> bool {
    let follows_number = matches!(before, Some(Token::Number(..)));
    if spelling.ends_with(|c: char| c.is_ascii_alphabetic()) {
        let is_suffix = matches!(spelling, "st" | "nd" | "rd" | "th" | "h");
        return !after.is_some_and(|c| c.is_ascii_alphabetic()) && (follows_number || !is_suffix);
    }
    if spelling.chars().count() == 1
        && spelling.starts_with(is_thai)
        && spelling != "ๆ"
        && spelling != "ฯ"
        && spelling != "ณ"
    {
        return follows_number && !after.is_some_and(is_thai);
    }
    true
}

/// Dates of bare numbers become one token, so that their marks are not taken for a stretch of days.
fn merged(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        let (token, taken) = date_at(rest).unwrap_or((*first, 1));
        out.push(token);
        rest = rest.get(taken..).unwrap_or(after);
    }
    out
}

fn date_at(rest: &[Token]) -> Option<(Token, usize)> {
    use Token::{Mark, Number};
    match *rest {
        [Number(a, x), Mark(one), Number(b, y), Mark(two), Number(c, z), ..] if one == two && one != ':' => {
            Some((Token::Triple([(a, x), (b, y), (c, z)]), 5))
        }
        [Number(a, x), Mark('/'), Number(b, y), ..] => Some((Token::Pair((a, x), (b, y)), 3)),
        [Number(a, x), Mark('-'), Number(b, y), ..] if (x == 4) != (y == 4) => Some((Token::Pair((a, x), (b, y)), 3)),
        _ => None,
    }
}
