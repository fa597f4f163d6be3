//! Thai letters read aloud without a dictionary: leading vowels go behind their consonant, silent letters go, clusters stay.

/// The sounds of a folded Thai word.
pub fn read(word: &str) -> Vec<char> {
    let letters = audible(word);
    let mut heard = Vec::new();
    let mut rest = letters.as_slice();
    while !rest.is_empty() {
        let used = leading_vowel(rest, &mut heard)
            .or_else(|| syllable_part(rest, &mut heard))
            .unwrap_or(1);
        rest = rest.get(used.max(1)..).unwrap_or_default();
    }
    final_consonant(with_unwritten_vowel(heard))
}

/// ฝน, ต้น, กบ: two consonants and no vowel sign are said with a short o between them.
fn with_unwritten_vowel(mut heard: Vec<char>) -> Vec<char> {
    if heard.len() > 1 && !heard.iter().any(|c| super::is_vowel(*c)) {
        heard.insert(heard.len() - 1, 'o');
    }
    heard
}

/// Without tones, vowel shortening and everything that ์ silences.
fn audible(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    for c in word.chars() {
        match c {
            '\u{e48}'..='\u{e4b}' | '\u{e47}' | '\u{e4d}' => {}
            '\u{e4c}' => silence(&mut letters),
            _ => letters.push(c),
        }
    }
    letters
}

/// ์ silences its consonant, a vowel mark under or over it, and the first half of a cluster such as ทร์ or กษณ์.
fn silence(letters: &mut Vec<char>) {
    if matches!(letters.last(), Some('ิ' | 'ุ')) {
        letters.pop();
    }
    let silenced = letters.pop();
    let twice = matches!(
        (letters.last(), silenced),
        (Some('ท' | 'ต' | 'ด'), Some('ร')) | (Some('ษ'), Some('ณ' | 'ม')) | (Some('น'), Some('ท'))
    );
    if twice && silenced != Some('ท') {
        letters.pop();
    }
}

fn at(letters: &[char], index: usize) -> Option<char> {
    letters.get(index).copied()
}

/// เ แ โ ใ ไ, the consonant or cluster behind them, and the signs that belong to the same vowel. How many letters were used.
fn leading_vowel(letters: &[char], heard: &mut Vec<char>) -> Option<usize> {
    let lead = at(letters, 0).filter(|c| ('เ'..='ไ').contains(c))?;
    let cluster = onset(letters.get(1..)?, heard);
    let used = 1 + cluster;
    let (vowel, more) = match (lead, at(letters, used), at(letters, used + 1)) {
        ('แ', ..) => ("E", 0),
        ('โ', ..) => ("o", 0),
        ('ใ' | 'ไ', Some('ย'), _) => ("ay", 1),
        ('ใ' | 'ไ', ..) => ("ay", 0),
        (_, Some('ี'), Some('ย')) => ("ia", 2),
        (_, Some('ื'), Some('อ')) => ("Ua", 2),
        (_, Some('า'), Some('ะ')) => ("O", 2),
        (_, Some('า'), _) => ("aw", 1),
        (_, Some('อ'), _) => ("x", 1),
        (_, Some('ิ'), _) => ("x", 1),
        (_, Some('ย'), _) => ("xy", 1),
        _ => ("e", 0),
    };
    heard.extend(vowel.chars());
    let short = usize::from(at(letters, used + more) == Some('ะ'));
    Some(used + more + short)
}

/// The consonant sounds at the front of a syllable. How many letters they take.
fn onset(letters: &[char], heard: &mut Vec<char>) -> usize {
    let Some(first) = at(letters, 0) else { return 0 };
    let second = at(letters, 1);
    match (first, second) {
        ('ห', Some(next)) if "งญณนมยรลว".contains(next) => {
            heard.extend(consonant(next));
            2
        }
        ('ก' | 'ข' | 'ค' | 'ต' | 'ท' | 'ป' | 'ผ' | 'พ' | 'ฟ', Some('ร' | 'ล')) => {
            heard.extend(consonant(first));
            heard.push('l');
            2
        }
        ('อ', _) => 1,
        _ => {
            heard.extend(consonant(first));
            1
        }
    }
}

/// A consonant, a vowel sign or a letter that is now one and now the other. How many letters were used.
fn syllable_part(letters: &[char], heard: &mut Vec<char>) -> Option<usize> {
    let first = at(letters, 0)?;
    let next = at(letters, 1);
    let after_consonant = heard.last().is_some_and(|c| !super::is_vowel(*c));
    let (sound, used) = match (first, next) {
        ('ั', Some('ว')) => ("ua", 2),
        ('ั' | 'า' | 'ะ' | 'ๅ', _) => ("a", 1),
        ('ิ' | 'ี', _) => ("i", 1),
        ('ึ', _) => ("U", 1),
        ('ื', Some('อ')) => ("U", 2),
        ('ื', _) => ("U", 1),
        ('ุ' | 'ู', _) => ("u", 1),
        ('ำ', _) => ("am", 1),
        ('ฤ', _) => ("lU", 1),
        ('ร', Some('ร')) => (
            if at(letters, 2).is_some_and(crate::text::is_thai_consonant) {
                "a"
            } else {
                "an"
            },
            2,
        ),
        ('ห', Some(next)) if "งญณนมยรลว".contains(next) && letters.len() > 2 => ("", 1),
        ('อ', Some('ะ' | 'ั' | 'า' | 'ิ' | 'ี' | 'ึ' | 'ื' | 'ุ' | 'ู' | 'ำ')) => ("", 1),
        ('อ', _) => ("O", 1),
        ('ว', Some(next)) if after_consonant && crate::text::is_thai_consonant(next) => ("ua", 1),
        _ => {
            heard.extend(consonant(first));
            return Some(1);
        }
    };
    heard.extend(sound.chars());
    Some(used)
}

fn consonant(letter: char) -> Option<char> {
    Some(match letter {
        'ก' | 'ข' | 'ค' | 'ฆ' => 'k',
        'ง' => 'N',
        'จ' | 'ฉ' | 'ช' | 'ฌ' => 'c',
        'ซ' | 'ศ' | 'ษ' | 'ส' => 's',
        'ญ' | 'ย' => 'y',
        'ด' | 'ฎ' => 'd',
        'ฏ' | 'ฐ' | 'ฑ' | 'ฒ' | 'ต' | 'ถ' | 'ท' | 'ธ' => 't',
        'ณ' | 'น' => 'n',
        'บ' => 'b',
        'ป' | 'ผ' | 'พ' | 'ภ' => 'p',
        'ฝ' | 'ฟ' => 'f',
        'ม' => 'm',
        'ร' | 'ล' | 'ฬ' => 'l',
        'ว' => 'w',
        'ห' | 'ฮ' => 'h',
        _ => return None,
    })
}

/// A last consonant has few sounds: ส and จ are heard as t, ล and ร as n, ญ as n.
fn final_consonant(mut heard: Vec<char>) -> Vec<char> {
    let closes = heard.len() > 1;
    if let Some(last) = heard.last_mut().filter(|_| closes) {
        *last = match *last {
            's' | 'c' | 'd' => 't',
            'l' => 'n',
            'b' => 'p',
            other => other,
        };
    }
    heard
}
