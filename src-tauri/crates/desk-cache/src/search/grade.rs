//! How well one person fits what was typed. Best grade first; the order of this enum is the order of the result.

use desk_core::{
    phone::{PhoneMatch, Wanted},
    text::sound::{self, Sounds},
};

use super::{
    MatchKind,
    person::Person,
    reading::{Reading, Word},
};

/// The reason a person fits, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    Code,
    PhoneWhole,
    PhoneSuffix,
    PhonePart,
    /// A bare number that is also the number of a code.
    CodeNumber,
    /// Not a way to match: where people stand who match by name and are booked today.
    Today,
    NickWhole,
    /// The same for those who match by a beginning.
    TodayPrefix,
    NickPrefix,
    /// The same for those who sound alike.
    TodayAlike,
    NameWhole,
    NamePrefix,
    LineWhole,
    SoundNick,
    LineStart,
    LineWord,
    Email,
    Substring,
    SoundName,
}

impl Grade {
    /// The kind people are told.
    pub(super) fn kind(self) -> MatchKind {
        match self {
            Self::Code | Self::CodeNumber => MatchKind::Code,
            Self::PhoneWhole | Self::PhoneSuffix | Self::PhonePart => MatchKind::Phone,
            Self::Today | Self::TodayPrefix | Self::TodayAlike => MatchKind::BookedToday,
            Self::NickWhole => MatchKind::Nickname,
            Self::NickPrefix => MatchKind::NicknamePrefix,
            Self::NameWhole | Self::NamePrefix => MatchKind::Name,
            Self::LineWhole | Self::LineStart | Self::LineWord => MatchKind::LineName,
            Self::SoundNick | Self::SoundName => MatchKind::SoundsLike,
            Self::Email => MatchKind::Email,
            Self::Substring => MatchKind::Substring,
        }
    }

    /// Whether a whole code, number or name was typed: then nobody typed on the wrong layout.
    pub(super) fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Code | Self::PhoneWhole | Self::PhoneSuffix | Self::NickWhole | Self::NameWhole | Self::LineWhole
        )
    }

    /// Where a booking today lifts this match to. A whole nickname still comes before other people's beginnings.
    pub(super) fn when_booked(self) -> Self {
        match self {
            Self::NickWhole | Self::NameWhole | Self::LineWhole => Self::Today,
            Self::NickPrefix | Self::NamePrefix | Self::LineStart | Self::LineWord => Self::TodayPrefix,
            Self::SoundNick => Self::TodayAlike,
            other => other,
        }
    }

    /// Whether the typed text stands at the beginning of something, or better.
    pub(super) fn is_good(self) -> bool {
        self < Self::Substring && self != Self::SoundNick
    }
}

/// A grade, and how far the sounds are apart where it is one of sound.
pub(super) type Graded = (Grade, u32);

/// The person's grade for the whole reading: that of the worst fitting word, or of the LINE name that goes on like the text.
pub(super) fn grade(person: &Person, reading: &Reading) -> Option<Graded> {
    let line = || starts(&person.line_name, &reading.text).then_some((Grade::LineStart, 0));
    let words = reading
        .words
        .iter()
        .map(|word| word_grade(person, word, reading))
        .collect::<Option<Vec<_>>>();
    match words.and_then(|grades| grades.into_iter().max()) {
        Some(worst) => Some(line().map_or(worst, |line| line.min(worst))),
        None => line(),
    }
}

fn word_grade(person: &Person, word: &Word, reading: &Reading) -> Option<Graded> {
    if reading.words.len() > 1 && word.initial.is_some() && word.initial == person.initial() {
        return Some((Grade::NickWhole, 0));
    }
    let by_number = || phone_grade(person, word.phone.as_ref()?);
    let exactly = by_letters(person, &word.text)
        .or_else(by_number)
        .map(|grade| (grade, 0));
    exactly.or_else(|| by_sound(person, word))
}

/// Each field is first asked whether it has the word anywhere: nearly all have not.
fn by_letters(person: &Person, word: &str) -> Option<Grade> {
    let grades = [
        person
            .nickname
            .contains(word)
            .then(|| in_nickname(person, word))
            .flatten(),
        person.name.contains(word).then(|| in_name(person, word)).flatten(),
        (!person.line_name.is_empty()).then(|| in_line(person, word)).flatten(),
        person.email.contains(word).then(|| in_email(person, word)).flatten(),
    ];
    grades.into_iter().flatten().min()
}

fn in_nickname(person: &Person, word: &str) -> Option<Grade> {
    match person.nickname.strip_prefix(word) {
        Some("") => Some(Grade::NickWhole),
        Some(_) => Some(Grade::NickPrefix),
        None => is_long_enough_inside(word).then_some(Grade::Substring),
    }
}

fn in_name(person: &Person, word: &str) -> Option<Grade> {
    let grades = person.names().filter_map(|name| match name.strip_prefix(word) {
        Some("") => Some(Grade::NameWhole),
        Some(_) => Some(Grade::NamePrefix),
        None => (is_long_enough_inside(word) && name.contains(word)).then_some(Grade::Substring),
    });
    grades.min()
}

fn in_line(person: &Person, word: &str) -> Option<Grade> {
    if !person.line_name.contains(word) {
        return starts(&person.line_compact(), word).then_some(Grade::LineStart);
    }
    let words = person.line_words();
    if person.line_name == word || words.iter().any(|part| part == word) {
        Some(Grade::LineWhole)
    } else if starts(&person.line_name, word) {
        Some(Grade::LineStart)
    } else {
        words.iter().any(|part| starts(part, word)).then_some(Grade::LineWord)
    }
}

fn in_email(person: &Person, word: &str) -> Option<Grade> {
    person
        .email_words()
        .iter()
        .any(|part| starts(part, word))
        .then_some(Grade::Email)
}

/// Fewer than three characters are inside too many names.
pub(super) fn is_long_enough_inside(word: &str) -> bool {
    word.chars().nth(2).is_some()
}

fn starts(text: &str, word: &str) -> bool {
    !text.is_empty() && text.starts_with(word)
}

/// How a typed number stands to the best of the person's numbers.
pub(super) fn phone_grade(person: &Person, typed: &Wanted) -> Option<Grade> {
    let best = person
        .phone
        .split(' ')
        .filter_map(|number| typed.matches(number))
        .min()?;
    Some(match best {
        PhoneMatch::Whole => Grade::PhoneWhole,
        PhoneMatch::Suffix => Grade::PhoneSuffix,
        PhoneMatch::Part => Grade::PhonePart,
    })
}

fn by_sound(person: &Person, word: &Word) -> Option<Graded> {
    let typed = word.sounds.as_ref()?;
    let distance = |name: &str| alike(&sound::sounds(name)?, typed);
    let by_name = || {
        person
            .names()
            .filter_map(distance)
            .min()
            .map(|distance| (Grade::SoundName, distance))
    };
    distance(&person.nickname)
        .map(|distance| (Grade::SoundNick, distance))
        .or_else(by_name)
}

/// How far apart two words sound that meet in the index and are near enough.
fn alike(a: &Sounds, b: &Sounds) -> Option<u32> {
    (a.key() == b.key() && a.is_like(b)).then(|| a.distance(b))
}

/// Whether the code is meant: with its letters if letters were typed, with all its zeros if zeros were typed. A bare number without
/// zeros may also be a phone number.
pub(super) fn code_grade(code: &str, typed: &str) -> Option<Grade> {
    let letters = |text: &str| text.chars().take_while(char::is_ascii_alphabetic).count();
    let (their_letters, my_letters) = (letters(code), letters(typed));
    let theirs = code.get(their_letters..)?;
    let mine = typed.get(my_letters..)?;
    let same_letters = my_letters == 0 || code.get(..their_letters) == typed.get(..my_letters);
    let same_number = theirs == mine || (!mine.starts_with('0') && theirs.trim_start_matches('0') == mine);
    let exact = my_letters > 0 || mine.starts_with('0');
    (same_letters && same_number).then_some(if exact { Grade::Code } else { Grade::CodeNumber })
}
