//! Thai names as people write them in Latin letters, read aloud: many spellings, one sound.

/// Spellings and their sounds, longest first. An empty sound is silent.
#[rustfmt::skip]
const SPELLINGS: [(&str, &str); 59] = [
    ("oey", "xy"), ("uay", "uay"), ("iew", "iw"), ("ueng", "UN"), ("eung", "UN"), ("air", "E"), ("ear", "ia"), ("eer", "ia"), ("ier", "ia"),
    ("our", "O"), ("tch", "c"), ("ch", "c"), ("sh", "c"), ("th", "t"), ("ph", "p"), ("kh", "k"), ("gh", "k"), ("ck", "k"), ("qu", "kw"),
    ("ng", "N"), ("ae", "E"), ("aa", "a"), ("ee", "i"), ("ea", "i"), ("ie", "ia"), ("ei", "e"), ("ey", "e"), ("ay", "e"), ("ai", "ay"),
    ("oo", "u"), ("ou", "u"), ("oa", "o"), ("oe", "x"), ("oi", "Oy"), ("oy", "Oy"), ("ow", "o"), ("ao", "aw"), ("au", "aw"), ("aw", "O"),
    ("ue", "U"), ("eu", "U"), ("ui", "uy"), ("uy", "uy"), ("er", "x"), ("ir", "x"), ("ur", "x"), ("ar", "a"), ("or", "O"), ("hn", "n"),
    ("ym", "im"), ("ss", "s"), ("c", "k"), ("g", "k"), ("q", "k"), ("j", "c"), ("z", "s"), ("v", "w"), ("r", "l"), ("x", "ks"),
    ];

/// The sounds of a lower-case word of the letters a to z.
pub fn read(word: &str) -> Vec<char> {
    let mut heard = Vec::new();
    let mut rest = silent_end(word);
    while let Some(first) = rest.chars().next() {
        let spelling = SPELLINGS
            .iter()
            .find(|(letters, _)| rest.starts_with(letters) && fits(letters, rest));
        let (letters, sound) = spelling.map_or((1, None), |(letters, sound)| (letters.len(), Some(*sound)));
        match sound {
            Some(sound) => heard.extend(sound.chars()),
            None => heard.push(first),
        }
        rest = rest.get(letters..).unwrap_or_default();
    }
    final_cluster(heard)
}

/// `r` belongs to the vowel before it only where no vowel follows: `fern`, not `dara`; soft c before e, i, y is left to `ice`.
fn fits(letters: &str, rest: &str) -> bool {
    let next = rest.get(letters.len()..).and_then(|after| after.chars().next());
    let vowel_follows = next.is_some_and(|c| "aeiou".contains(c));
    match letters {
        "er" | "ir" | "ur" | "ar" | "or" | "air" | "our" | "ear" | "eer" | "ier" => !vowel_follows,
        "ng" => !vowel_follows,
        _ => true,
    }
}

/// Without the silent e of `jane` and `ice` (whose c is then an s).
fn silent_end(word: &str) -> &str {
    let Some(stem) = word.strip_suffix('e') else {
        return word;
    };
    let mut letters = stem.chars().rev();
    let consonant = letters.next().is_some_and(|c| !"aeiou".contains(c));
    if consonant && letters.any(|c| "aeiouy".contains(c)) {
        stem
    } else {
        word
    }
}

/// Thai ends a syllable on one sound: `mint` is heard as min, `golf` as gof.
fn final_cluster(mut heard: Vec<char>) -> Vec<char> {
    let Some(vowel) = heard.iter().rposition(|c| super::is_vowel(*c)) else {
        return heard;
    };
    let tail: Vec<char> = heard.drain(vowel + 1..).collect();
    let glide: Vec<char> = tail.iter().copied().take_while(|c| "yw".contains(*c)).collect();
    let mut closing = tail.iter().copied().skip(glide.len());
    let first = closing.next();
    let kept = if first == Some('l') {
        closing.next().or(first)
    } else {
        first
    };
    heard.extend(glide.into_iter().chain(kept));
    heard
}
