//! Are the two one person, or of one home? What is not known on either side proves nothing.

use super::{Device, Facts, Person, Reason, is_same_address};
use crate::phone;
use crate::text::{fold, strip_titles};

pub(super) fn reasons(facts: &Facts) -> Vec<Reason> {
    let (a, b) = (&facts.referrer, &facts.friend);
    let mut found = Vec::new();
    let mut say = |is_so: bool, reason| {
        if is_so {
            found.push(reason);
        }
    };
    let (is_one_name, is_one_birth) = (same_name(a, b), a.birth.is_some() && a.birth == b.birth);
    let are_births_known = a.birth.is_some() && b.birth.is_some();
    say(a.id == b.id || is_one_name && is_one_birth, Reason::SamePerson);
    say(is_one_name && !are_births_known, Reason::SameName);
    say(same_phone(a, b), Reason::SamePhone);
    say(same_word(a.line_id.as_deref(), b.line_id.as_deref()), Reason::SameLine);
    say(
        same_word(a.id_hash.as_deref(), b.id_hash.as_deref()),
        Reason::SameIdCard,
    );
    say(same_card(facts), Reason::SameCard);
    let is_one_home = same_home(a, b);
    let is_one_device = own_device(a.device.as_ref()).is_some_and(|one| own_device(b.device.as_ref()) == Some(one));
    say(is_one_home && is_one_device && is_one_birth, Reason::SameHomeAndDevice);
    say(is_one_home, Reason::SameAddress);
    say(is_one_device, Reason::SameDevice);
    found
}

/// A device that proves something: not the clinic's own.
pub(super) fn own_device(device: Option<&Device>) -> Option<&str> {
    device
        .filter(|device| !device.is_clinics && !device.id.trim().is_empty())
        .map(|device| device.id.as_str())
}

/// One word in whatever case and with whatever blanks around it.
pub(super) fn same_word(a: Option<&str>, b: Option<&str>) -> bool {
    let plain = |word: Option<&str>| word.map(fold).filter(|word| !word.is_empty());
    plain(a).is_some_and(|one| plain(b) == Some(one))
}

/// Fewer digits than these are no number that belongs to one person.
const LEAST_DIGITS: usize = 7;

/// A field may hold several numbers.
fn phones(person: &Person) -> Vec<String> {
    let typed = person.phone.as_deref().unwrap_or_default();
    let one = |part: &str| {
        let digits = || fold(part).chars().filter(char::is_ascii_digit).collect::<String>();
        phone::e164(part).unwrap_or_else(digits)
    };
    let parts = typed.split([',', ';', '\n']).map(one);
    parts.filter(|number| number.len() >= LEAST_DIGITS).collect()
}

fn same_phone(a: &Person, b: &Person) -> bool {
    let theirs = phones(b);
    phones(a).iter().any(|number| theirs.contains(number))
}

fn same_name(a: &Person, b: &Person) -> bool {
    let plain = |person: &Person| strip_titles(&fold(&person.name)).to_owned();
    !plain(a).is_empty() && plain(a) == plain(b)
}

fn same_home(a: &Person, b: &Person) -> bool {
    let text = |person: &Person| person.address.clone().unwrap_or_default();
    is_same_address(&text(a), &text(b))
}

/// The referrer's card is one of the friend's, or paid for the friend.
fn same_card(facts: &Facts) -> bool {
    let paid_with = facts.treatments.iter().filter_map(|paid| paid.card.as_deref());
    let mut theirs = facts.friend.cards.iter().map(String::as_str).chain(paid_with);
    theirs.any(|card| facts.referrer.cards.iter().any(|own| same_word(Some(own), Some(card))))
}
