//! Words that sound alike, Thai or Latin: พลอย, พรอย, ปลอย, ploy and phloi. A coarse key finds candidates in an index, a distance
//! tells how near they really are. Tone never counts, vowel length hardly, r and l are one. It is an ear, not a linguist: it reads
//! one word at a time without a dictionary.

mod latin;
mod thai;

/// A word by its sounds, one letter a sound: consonants `k t c s n N b d p f m y l w h`, vowels `a e E i o O u U x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sounds {
    heard: Vec<char>,
    /// Latin spellings of Thai are loose: `a` may be แ, `ph` may be ฝ.
    is_latin: bool,
}

/// The sounds of one **folded** word; nothing for other scripts, digits and what has but one sound.
pub fn sounds(folded: &str) -> Option<Sounds> {
    let is_thai = folded.chars().all(super::is_thai)
        && folded.starts_with(|c| super::is_thai_consonant(c) || ('เ'..='ไ').contains(&c));
    let is_latin = !folded.is_empty() && folded.chars().all(|c| c.is_ascii_alphabetic());
    let heard = match (is_thai, is_latin) {
        (true, _) => thai::read(folded),
        (_, true) => latin::read(folded),
        _ => return None,
    };
    let heard = without_repeats(heard);
    (heard.len() > 1).then_some(Sounds { heard, is_latin })
}

fn without_repeats(mut heard: Vec<char>) -> Vec<char> {
    heard.dedup();
    heard
}

/// How far apart two words may be and still count as alike. In the units of [`Sounds::distance`].
const NEAR: u32 = 6;

impl Sounds {
    /// The key under which words that may be alike meet: consonants in coarse classes, no vowels, no second half of a cluster.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for (index, &sound) in self.heard.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|i| self.heard.get(i)).copied();
            let last = index + 1 == self.heard.len();
            if let Some(class) = coarse(sound, before, last)
                && (!key.ends_with(class) || before.is_some_and(is_vowel))
            {
                key.push(class);
            }
        }
        key
    }

    /// How unlike two words sound: 0 for the same sounds; about 10 for one clear consonant more, less or other.
    pub fn distance(&self, other: &Self) -> u32 {
        let change = if self.is_latin || other.is_latin {
            loosely
        } else {
            strictly
        };
        let sums = other.heard.iter().scan(0, |sum, &c| {
            *sum += weight(c);
            Some(*sum)
        });
        let mut row: Vec<u32> = std::iter::once(0).chain(sums).collect();
        for &mine in &self.heard {
            row = next_row(&row, mine, &other.heard, change);
        }
        row.last().copied().unwrap_or(u32::MAX)
    }

    /// Whether a person could mean the other word. Longer words may differ a little more.
    pub fn is_like(&self, other: &Self) -> bool {
        let longer = u32::try_from(self.heard.len().max(other.heard.len())).unwrap_or(u32::MAX);
        self.distance(other) <= NEAR + longer.saturating_sub(4) / 2
    }
}

/// One row of the edit-distance table, from the row above it.
fn next_row(above: &[u32], mine: char, other: &[char], change: fn(char, char) -> u32) -> Vec<u32> {
    let mut left = above.first().copied().unwrap_or(0) + weight(mine);
    let mut row = vec![left];
    for (&theirs, pair) in other.iter().zip(above.windows(2)) {
        let &[diagonal, up] = pair else { break };
        left = (diagonal + change(mine, theirs))
            .min(up + weight(mine))
            .min(left + weight(theirs));
        row.push(left);
    }
    row
}

fn is_vowel(sound: char) -> bool {
    "aeEioOuUx".contains(sound)
}

/// The cost of hearing a sound that is not there.
fn weight(sound: char) -> u32 {
    match sound {
        'a' | 'o' | 'O' => 2,
        'l' | 'y' | 'w' => 4,
        _ if is_vowel(sound) => 6,
        _ => 8,
    }
}

/// The cost of hearing one sound for another where one of the words is in Latin letters.
fn loosely(a: char, b: char) -> u32 {
    const NEARLY: [&str; 11] = ["aE", "eE", "oO", "oU", "uU", "xU", "ex", "pf", "nN", "nl", "td"];
    const CLOSE: [&str; 12] = ["ae", "au", "ax", "ao", "aO", "uo", "ie", "iy", "pb", "uw", "kh", "yx"];
    change(a, b, &NEARLY, &CLOSE)
}

/// The same where both are in Thai: vowels are written as they are said.
fn strictly(a: char, b: char) -> u32 {
    const NEARLY: [&str; 4] = ["oO", "nl", "td", "iy"];
    const CLOSE: [&str; 5] = ["eE", "cs", "ex", "uU", "pb"];
    change(a, b, &NEARLY, &CLOSE)
}

fn change(a: char, b: char, nearly: &[&str], close: &[&str]) -> u32 {
    let is_in = |pairs: &[&str]| pairs.iter().any(|pair| pair.contains(a) && pair.contains(b));
    match (a == b, is_in(nearly), is_in(close)) {
        (true, ..) => 0,
        (_, true, _) => 2,
        (_, _, true) => 4,
        _ if is_vowel(a) && is_vowel(b) => 8,
        _ => 11,
    }
}

/// The class of a consonant in the key; vowels, glides and the second half of a cluster have none.
fn coarse(sound: char, before: Option<char>, last: bool) -> Option<char> {
    match sound {
        'k' => Some('k'),
        't' | 'd' => Some('t'),
        's' | 'c' => Some(if last { 't' } else { 's' }),
        'p' | 'b' | 'f' => Some('p'),
        'n' | 'N' => Some('n'),
        'm' => Some('m'),
        'l' if last && before.is_some_and(is_vowel) => Some('n'),
        'l' if before.is_some_and(|c| "kptf".contains(c)) => None,
        'l' => Some('l'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    fn alike(a: &str, b: &str) -> bool {
        let (a, b) = (sounds(&fold(a)).unwrap(), sounds(&fold(b)).unwrap());
        a.key() == b.key() && a.is_like(&b)
    }

    #[test]
    fn one_nickname_in_the_spellings_people_use() {
        for (name, typed) in [
            ("พลอย", "ploy"),
            ("พลอย", "พรอย"),
            ("พลอย", "พล่อย"),
            ("แป้ง", "แปง"),
            ("แนน", "nan"),
            ("เมย์", "may"),
            ("บีม", "beam"),
            ("แอน", "ann"),
            ("มิ้นท์", "มิ๊นท์"),
            ("มิ้นท์", "mint"),
            ("ฝน", "fon"),
            ("ต้น", "ton"),
            ("เจน", "jane"),
            ("กอล์ฟ", "golf"),
            ("ธีรภัทร", "ธีระภัทร"),
            ("เปี่ยมสุข", "เปี่ยมสุก"),
            ("กองแก้วสกุล", "กองแก้วสกุน"),
            ("ลือชาวงศ์", "ลือชาวงค์"),
            ("มุก", "mook"),
        ] {
            assert!(
                alike(name, typed),
                "{name} {typed} {:?} {:?}",
                sounds(&fold(name)),
                sounds(&fold(typed))
            );
        }
    }

    #[test]
    fn other_names_stay_other_names() {
        for (name, typed) in [
            ("พลอย", "แพรว"),
            ("แนน", "นุ่น"),
            ("มด", "หมี"),
            ("เบียร์", "บอล"),
            ("แป้ง", "ปั้น"),
            ("ฝน", "ปั้น"),
            ("เกว", "เกี๊ยว"),
            ("jane", "ซัน"),
            ("ฝน", "ฟ้า"),
            ("กิ๊ฟ", "กบ"),
        ] {
            assert!(!alike(name, typed), "{name} {typed}");
        }
    }

    #[test]
    fn numbers_and_other_scripts_have_no_sound_here() {
        for word in ["0812", "ゆき", "ก", "p", "a1", "🌸", "ฟ้", "ๆๆ", "าำไไั"] {
            assert_eq!(sounds(word), None, "{word}");
        }
    }
}
