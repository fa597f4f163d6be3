//! The Thai keyboard (Kedmanee as Windows has it) and the US keyboard, key by key: what was meant when the layout was wrong.
//! Works on text as typed, before any folding: the shift level matters.

/// Every character key: US unshifted, Thai unshifted, US shifted, Thai shifted.
#[rustfmt::skip]
const KEYS: [(char, char, char, char); 47] = [
    // digits row
    ('`', '_', '~', '%'), ('1', 'ๅ', '!', '+'), ('2', '/', '@', '๑'), ('3', '-', '#', '๒'), ('4', 'ภ', '$', '๓'), ('5', 'ถ', '%', '๔'),
    ('6', '\u{e38}', '^', '\u{e39}'), ('7', '\u{e36}', '&', '฿'), ('8', 'ค', '*', '๕'), ('9', 'ต', '(', '๖'), ('0', 'จ', ')', '๗'),
    ('-', 'ข', '_', '๘'), ('=', 'ช', '+', '๙'),
    // upper row
    ('q', 'ๆ', 'Q', '๐'), ('w', 'ไ', 'W', '"'), ('e', 'ำ', 'E', 'ฎ'), ('r', 'พ', 'R', 'ฑ'), ('t', 'ะ', 'T', 'ธ'),
    ('y', '\u{e31}', 'Y', '\u{e4d}'), ('u', '\u{e35}', 'U', '\u{e4a}'), ('i', 'ร', 'I', 'ณ'), ('o', 'น', 'O', 'ฯ'), ('p', 'ย', 'P', 'ญ'),
    ('[', 'บ', '{', 'ฐ'), (']', 'ล', '}', ','), ('\\', 'ฃ', '|', 'ฅ'),
    // home row
    ('a', 'ฟ', 'A', 'ฤ'), ('s', 'ห', 'S', 'ฆ'), ('d', 'ก', 'D', 'ฏ'), ('f', 'ด', 'F', 'โ'), ('g', 'เ', 'G', 'ฌ'),
    ('h', '\u{e49}', 'H', '\u{e47}'), ('j', '\u{e48}', 'J', '\u{e4b}'), ('k', 'า', 'K', 'ษ'), ('l', 'ส', 'L', 'ศ'), (';', 'ว', ':', 'ซ'),
    ('\'', 'ง', '"', '.'),
    // lower row
    ('z', 'ผ', 'Z', '('), ('x', 'ป', 'X', ')'), ('c', 'แ', 'C', 'ฉ'), ('v', 'อ', 'V', 'ฮ'), ('b', '\u{e34}', 'B', '\u{e3a}'),
    ('n', '\u{e37}', 'N', '\u{e4c}'), ('m', 'ท', 'M', '?'), (',', 'ม', '<', 'ฒ'), ('.', 'ใ', '>', 'ฬ'), ('/', 'ฝ', '?', 'ฦ'),
];

/// What the same keys give on a Thai layout: `r]vp` is พลอย.
pub fn us_to_th(typed: &str) -> String {
    typed.chars().map(|c| thai_key(c).unwrap_or(c)).collect()
}

/// What the same keys give on a US layout: `ยสนั` is ploy.
pub fn th_to_us(typed: &str) -> String {
    typed.chars().map(|c| us_key(c).unwrap_or(c)).collect()
}

fn thai_key(c: char) -> Option<char> {
    KEYS.iter().find_map(|&(low, thai, up, shifted)| {
        if c == low {
            Some(thai)
        } else {
            (c == up).then_some(shifted)
        }
    })
}

fn us_key(c: char) -> Option<char> {
    KEYS.iter().find_map(|&(low, thai, up, shifted)| {
        if c == thai {
            Some(low)
        } else {
            (c == shifted).then_some(up)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_was_typed_on_the_wrong_layout_is_read_right() {
        assert_eq!(us_to_th("r]vp"), "พลอย");
        assert_eq!(th_to_us("ยสนั"), "ploy");
        assert_eq!(th_to_us("จคๅ/-ภถุึค"), "0812345678");
        assert_eq!(us_to_th("ohembrpN"), "น\u{e49}\u{e33}ทิพย์");
        assert_eq!(us_to_th("!@#$%^&*()_+"), "+๑๒๓๔ู฿๕๖๗๘๙");
    }

    #[test]
    fn each_of_the_94_characters_stands_on_one_key() {
        let us: HashSet<char> = KEYS.iter().flat_map(|k| [k.0, k.2]).collect();
        let thai: HashSet<char> = KEYS.iter().flat_map(|k| [k.1, k.3]).collect();
        assert_eq!((us.len(), thai.len()), (94, 94));
        assert!(('!'..='~').all(|c| us.contains(&c)));
    }

    #[test]
    fn there_and_back_is_the_same_text() {
        for key in KEYS {
            for (us, thai) in [(key.0, key.1), (key.2, key.3)] {
                assert_eq!(th_to_us(&us_to_th(&us.to_string())), us.to_string());
                assert_eq!(us_to_th(&th_to_us(&thai.to_string())), thai.to_string());
            }
        }
    }
}
