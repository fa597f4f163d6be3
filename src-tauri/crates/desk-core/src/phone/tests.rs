//! The twelve spellings, the landlines, the foreigners, and the wrong digit that must find nobody.

use super::*;
use proptest::prelude::*;

const PLOY: &str = "+66812345678";

#[test]
fn twelve_spellings_of_one_number_are_one_number() {
    for typed in [
        "0812345678",
        "081-234-5678",
        "081 234 5678",
        "081.234.5678",
        "(081) 234-5678",
        "+66812345678",
        "+66 81 234 5678",
        "66-81-234-5678",
        "0066812345678",
        "๐๘๑๒๓๔๕๖๗๘",
        "+66 (0)81 234 5678",
        "０８１２３４５６７８",
    ] {
        assert_eq!(e164(typed).as_deref(), Some(PLOY), "{typed}");
        assert_eq!(matches("081-234-5678", typed), Some(PhoneMatch::Whole), "{typed}");
    }
}

#[test]
fn the_last_digits_find_the_number_and_so_do_some_from_the_middle() {
    for (typed, found) in [
        ("5678", PhoneMatch::Suffix),
        ("45678", PhoneMatch::Suffix),
        ("812345678", PhoneMatch::Suffix),
        ("123456", PhoneMatch::Part),
        ("0812", PhoneMatch::Part),
        ("+66 8123", PhoneMatch::Part),
    ] {
        assert_eq!(matches(PLOY, typed), Some(found), "{typed}");
    }
    assert_eq!(
        matches("+66818820417", "0417"),
        Some(PhoneMatch::Suffix),
        "a suffix may begin with 0"
    );
    assert_eq!(matches(PLOY, "678"), None, "three digits say nothing");
}

#[test]
fn landlines_and_foreign_numbers_are_found_as_they_are_dialled_at_home() {
    for (on_file, typed) in [
        ("+6623914407", "023914407"),
        ("02-391-4407", "02 391 4407"),
        ("038721195", "038 721 195"),
        ("+447700900123", "+44 7700 900123"),
        ("+447700900123", "07700 900123"),
        ("+819012345670", "819012345670"),
        ("+819012345670", "00819012345670"),
    ] {
        assert_eq!(matches(on_file, typed), Some(PhoneMatch::Whole), "{typed}");
    }
}

#[test]
fn a_number_that_differs_in_one_digit_is_nobodys() {
    for typed in [
        "+66 81 234 5679",
        "0812345679",
        "0912345678",
        "07700 900124",
        "0600000001",
    ] {
        assert_eq!(matches(PLOY, typed), None, "{typed}");
        assert_eq!(matches("+447700900123", typed), None, "{typed}");
    }
}

#[test]
fn people_see_the_form_they_are_used_to() {
    for (number, shown) in [
        (PLOY, "081-234-5678"),
        ("023914407", "02-391-4407"),
        ("+6638721195", "038-721-195"),
        ("00447700900123", "+44 7700 900123"),
        ("+14155550100", "+1 415 555 0100"),
        ("ต่อ 12", "ต่อ 12"),
    ] {
        assert_eq!(display(number), shown);
    }
    assert_eq!(privacy(PLOY), "…678");
}

#[test]
fn what_is_no_number_stays_no_number() {
    for text in ["", "ploy", "081-234", "+", "A-000123", "12345678901234567"] {
        assert_eq!(e164(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn every_thai_mobile_reads_the_same_in_every_spelling(first in prop::sample::select(vec![6u64, 8, 9]), rest in 0u64..100_000_000) {
        let number = format!("{first}{rest:08}");
        let e = format!("+66{number}");
        let (a, b, c) = (&number[..2], &number[2..5], &number[5..]);
        for typed in [format!("0{number}"), format!("0{a}-{b}-{c}"), format!("+66 {a} {b} {c}"), format!("66{number}"), format!("0066{number}"), format!("(0{a}) {b}.{c}")] {
            prop_assert_eq!(e164(&typed), Some(e.clone()));
            prop_assert_eq!(matches(&e, &typed), Some(PhoneMatch::Whole));
        }
        prop_assert_eq!(e164(&display(&e)), Some(e.clone()));
    }

    #[test]
    fn one_wrong_digit_never_matches(rest in 0u64..100_000_000, place in 0usize..10, by in 1u8..10) {
        let number = format!("08{rest:08}");
        let wrong: String = number.char_indices().map(|(i, c)| if i == place { char::from(b'0' + (c as u8 - b'0' + by) % 10) } else { c }).collect();
        prop_assert_eq!(matches(&number, &wrong), None);
    }

    #[test]
    fn any_text_at_all_is_answered(text in "\\PC{0,20}") {
        let _ = (e164(&text), display(&text), privacy(&text), matches(PLOY, &text));
    }
}
