//! Text as people type it, brought to one form: Thai and Latin letters, digits and marks, forms of address, the wrong keyboard layout.
//! Pure functions over `&str`. It knows nothing of customers or of search; [`sound`] is the one door for words that only sound alike.

use unicode_normalization::UnicodeNormalization;

pub mod kedmanee;
pub mod sound;

pub use kedmanee::{th_to_us, us_to_th};

/// Folded text that remembers where each of its characters came from, so that a match can be shown in the original.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The folded text.
    pub text: String,
    /// For each **character** of `text`, the index of the original character it came from.
    pub origin: Vec<usize>,
}

impl Folded {
    /// The range of original characters (half open) behind a byte range of `text`; nothing for a range outside it.
    pub fn original_range(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let first = self.text.get(..start)?.chars().count();
        let count = self.text.get(start..end)?.chars().count();
        let origins = self.origin.get(first..first + count)?;
        Some((*origins.iter().min()?, *origins.iter().max()? + 1))
    }
}

/// One form for everything that people mean as the same text: lower case, plain digits and letters (full width, small
/// capitals, mathematical and enclosed letters), no struck-through or accent marks, no invisible characters, single spaces,
/// and Thai marks in the order of the Thai keyboard standard. Emoji stay. Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    fold_mapped(text).text
}

/// [`fold`], with the way back to the original characters.
pub fn fold_mapped(text: &str) -> Folded {
    let mut folded: Vec<(char, usize)> = text.chars().enumerate().map(|(index, c)| (c, index)).collect();
    // Marks typed in an order that no word has may need more than one pass; words need one, and a second that finds nothing to do.
    for _ in 0..MOST_PASSES {
        let next = pass(&folded);
        let is_done = next.iter().map(|(c, _)| c).eq(folded.iter().map(|(c, _)| c));
        folded = next;
        if is_done {
            break;
        }
    }
    single_spaces(folded)
}

/// Enough for any text a person types; more would only chase marks in circles.
const MOST_PASSES: usize = 16;

fn pass(chars: &[(char, usize)]) -> Vec<(char, usize)> {
    let mut plain = Vec::with_capacity(chars.len());
    for (c, index) in chars {
        expand(*c, &mut |folded| plain.push((folded, *index)));
    }
    order_thai(&plain)
}

/// The first consonant of a Thai name (`เลิศวิไล` gives `ล`), or the first letter of any other, folded.
pub fn first_consonant(name: &str) -> Option<char> {
    let folded = fold(name);
    let thai = folded.chars().find(|c| is_thai_consonant(*c));
    thai.or_else(|| folded.chars().find(|c| c.is_alphanumeric()))
}

/// Thai consonants, ก to ฮ.
pub fn is_thai_consonant(c: char) -> bool {
    ('ก'..='ฮ').contains(&c) && c != 'ฤ' && c != 'ฦ'
}

/// Any letter, mark or digit of the Thai script.
pub fn is_thai(c: char) -> bool {
    ('\u{e01}'..='\u{e5b}').contains(&c)
}

/// Forms of address as they stand in front of Thai names without a space, longest first.
const THAI_TITLES: [&str; 15] = [
    "เด็กหญิง",
    "เด็กชาย",
    "นางสาว",
    "คุณหมอ",
    "น้อง",
    "น.ส.",
    "ด.ญ.",
    "ด.ช.",
    "คุณ",
    "นาย",
    "นาง",
    "นส.",
    "ดร.",
    "พี่",
    "หมอ",
];

/// Latin forms of address: they count only before a space or, where short, before a dot or an apostrophe.
const LATIN_TITLES: [&str; 12] = [
    "khun", "nong", "miss", "mrs", "pee", "phi", "mr", "ms", "dr", "k", "n", "p",
];

/// A **folded** name without the forms of address in front of it: `น.ส.อภิสรา` and `k. อภิสรา` both give `อภิสรา`.
/// What remains always begins like a word; `คุณากร` is a name, not `คุณ` and a rest.
pub fn strip_titles(folded: &str) -> &str {
    let mut name = folded;
    while let Some(rest) = without_title(name) {
        name = rest;
    }
    name
}

fn without_title(name: &str) -> Option<&str> {
    let thai = THAI_TITLES.iter().find_map(|title| name.strip_prefix(title));
    let latin = || {
        LATIN_TITLES
            .iter()
            .find_map(|title| name.strip_prefix(title).and_then(after_separator))
    };
    [thai.map(str::trim_start), latin()]
        .into_iter()
        .flatten()
        .find(|rest| begins_like_a_word(rest))
}

fn after_separator(rest: &str) -> Option<&str> {
    let name = rest.trim_start_matches(['.', '\'', ' ']);
    (name.len() < rest.len()).then_some(name)
}

fn begins_like_a_word(rest: &str) -> bool {
    rest.chars()
        .next()
        .is_some_and(|c| is_thai_consonant(c) || ('เ'..='ไ').contains(&c) || (!is_thai(c) && c.is_alphabetic()))
}

/// One typed character as zero or more folded ones, before marks are put in order.
fn expand(c: char, push: &mut impl FnMut(char)) {
    // Nearly all text is plain ASCII or Thai letters: search folds whole rows for each hit.
    if matches!(c, ' '..='~') && c != '`' {
        return push(c.to_ascii_lowercase());
    }
    if is_thai(c) && !matches!(c, 'ำ' | '๐'..='๙') {
        return push(c);
    }
    if is_invisible(c) || (c.is_control() && !c.is_whitespace()) {
        return;
    }
    if let Some(plain) = look_alike(c) {
        return plain.chars().for_each(push);
    }
    let plain = |c: char| look_alike(c).map_or_else(|| c.to_string(), str::to_owned);
    let decomposed = std::iter::once(c).nfkd().map(plain).collect::<String>().to_lowercase();
    let letters = decomposed.nfkd().filter(|c| !is_stroke(*c)).map(plain_digit);
    letters.map(|c| if c.is_whitespace() { ' ' } else { c }).for_each(push);
}

/// Characters that take no room: joiners, direction marks, soft hyphens, variation selectors, emoji tags.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

/// Combining accents and strokes that are drawn over Latin letters and symbols; Thai, kana and Hangul marks are letters and stay.
fn is_stroke(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

fn plain_digit(c: char) -> char {
    match c {
        '๐'..='๙' => char::from_u32(u32::from(c) - 0xe50 + 0x30).unwrap_or(c),
        _ => c,
    }
}

/// Letters that Unicode does not call compatible but people use as Latin letters in display names, and quotation marks.
fn look_alike(c: char) -> Option<&'static str> {
    const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ";
    const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";
    let nth = |index: usize| ALPHABET.get(index..=index);
    match c {
        '🅐'..='🅩' => nth(usize::try_from(u32::from(c) - 0x1f150).ok()?),
        '🅰'..='🆉' => nth(usize::try_from(u32::from(c) - 0x1f170).ok()?),
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{2bc}' | '´' | '`' => Some("'"),
        'ø' | 'Ø' => Some("o"),
        'ł' | 'Ł' => Some("l"),
        'đ' | 'Đ' => Some("d"),
        'ß' | 'ẞ' => Some("ss"),
        'æ' | 'Æ' => Some("ae"),
        'œ' | 'Œ' => Some("oe"),
        'ı' => Some("i"),
        'ǫ' => Some("q"),
        _ if c.is_ascii() => None,
        _ => SMALL_CAPITALS.chars().position(|small| small == c).and_then(nth),
    }
}

fn is_tone(c: char) -> bool {
    ('\u{e48}'..='\u{e4b}').contains(&c)
}

fn is_vowel_mark(c: char) -> bool {
    matches!(c, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}' | '\u{e4e}')
}

const NIKHAHIT: char = '\u{e4d}';
const SARA_AA: char = '\u{e32}';
const THANTHAKHAT: char = '\u{e4c}';

/// Marks in the order vowel, tone, then ำ or า, then ์, each once; two เ become แ. Keyboards allow any order and screens show the same.
fn order_thai(chars: &[(char, usize)]) -> Vec<(char, usize)> {
    let mut out = Vec::with_capacity(chars.len());
    let mut rest = chars;
    while let Some((&first, after)) = rest.split_first() {
        let cluster = cluster_length(rest);
        if let (Some(marks), Some(after)) = (rest.get(..cluster), rest.get(cluster..))
            && cluster > 0
        {
            push_cluster(&mut out, marks);
            rest = after;
            continue;
        }
        rest = after;
        match out.last_mut() {
            Some(last) if first.0 == 'เ' && last.0 == 'เ' => last.0 = 'แ',
            _ => out.push(first),
        }
    }
    out
}

/// How many characters at the front belong to one cluster of marks, with the า that closes it and what was typed late.
fn cluster_length(chars: &[(char, usize)]) -> usize {
    let marks = chars
        .iter()
        .take_while(|(c, _)| is_vowel_mark(*c) || is_tone(*c) || matches!(*c, NIKHAHIT | THANTHAKHAT))
        .count();
    let closed = chars.iter().take(marks).any(|(c, _)| *c == THANTHAKHAT);
    if closed || chars.get(marks).is_none_or(|(c, _)| *c != SARA_AA) {
        return marks;
    }
    marks + 1 + late_marks(chars.get(marks + 1..).unwrap_or_default())
}

/// How many marks behind a า were meant for the letter before it. A run that ends in ์ is a cluster of its own.
fn late_marks(chars: &[(char, usize)]) -> usize {
    let late = chars.iter().take_while(|(c, _)| is_tone(*c) || *c == NIKHAHIT).count();
    match chars.get(late) {
        Some((THANTHAKHAT, _)) => 0,
        _ => late,
    }
}

fn push_cluster(out: &mut Vec<(char, usize)>, marks: &[(char, usize)]) {
    let find = |wanted: char| marks.iter().find(|(c, _)| *c == wanted).copied();
    let mut once = |kind: fn(char) -> bool| {
        let start = out.len();
        for mark in marks.iter().filter(|(c, _)| kind(*c)) {
            if !out.iter().skip(start).any(|(c, _)| *c == mark.0) {
                out.push(*mark);
            }
        }
    };
    once(is_vowel_mark);
    once(is_tone);
    match (find(NIKHAHIT), find(SARA_AA)) {
        (Some(_), Some((_, index))) => out.push(('ำ', index)),
        (nikhahit, sara_aa) => out.extend(nikhahit.into_iter().chain(sara_aa)),
    }
    out.extend(find(THANTHAKHAT));
}

fn single_spaces(chars: Vec<(char, usize)>) -> Folded {
    let mut folded = Folded::default();
    let mut pending: Option<usize> = None;
    for (c, index) in chars {
        if c == ' ' {
            pending = pending.or((!folded.text.is_empty()).then_some(index));
            continue;
        }
        if let Some(space) = pending.take() {
            folded.text.push(' ');
            folded.origin.push(space);
        }
        folded.text.push(c);
        folded.origin.push(index);
    }
    folded
}

#[cfg(test)]
mod tests;
