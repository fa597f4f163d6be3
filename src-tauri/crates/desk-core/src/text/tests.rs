//! The laws of folding, and the slips of the finger that must not matter.

use super::*;
use proptest::prelude::*;

#[test]
fn thai_typed_in_any_order_is_one_word() {
    for typed in [
        "น้ำ",
        "น\u{e4d}\u{e49}า",
        "น\u{e49}\u{e4d}า",
        "นำ\u{e49}",
        "น\u{200b}้ำ",
        "น้้ำ",
    ] {
        assert_eq!(fold(typed), "น\u{e49}\u{e33}", "{typed}");
    }
    assert_eq!(fold("เเป้ง"), fold("แป้ง"));
    assert_eq!(fold("ปา\u{e48}น"), fold("ป่าน"));
    assert_eq!(fold("ท\u{e48}\u{e35}"), fold("ที่"));
    assert_eq!(fold("พลอย\u{200b}ไพลิน"), "พลอยไพลิน");
}

#[test]
fn letters_in_fancy_dress_are_letters() {
    for (typed, plain) in [
        ("ＰＬＯＹ　１２", "ploy 12"),
        ("๐๘๑", "081"),
        ("ᴘʟᴏʏ", "ploy"),
        ("𝓹𝓵𝓸𝔂", "ploy"),
        ("p̶l̶o̶y̶", "ploy"),
        ("🅿🅻🅾🆈", "ploy"),
        ("Ⓟⓛⓞⓨ", "ploy"),
        ("  Zoë   Müller ", "zoe muller"),
        ("ploy🌸", "ploy🌸"),
        ("noon🐈\u{200d}⬛", "noon🐈⬛"),
        ("❄\u{fe0f}", "❄"),
        ("N’แนน", "n'แนน"),
    ] {
        assert_eq!(fold(typed), plain, "{typed}");
    }
}

#[test]
fn a_form_of_address_is_no_part_of_the_name() {
    for (typed, name) in [
        ("น.ส.อภิสรา", "อภิสรา"),
        ("คุณกมลวรรณ", "กมลวรรณ"),
        ("น้องแป้ง", "แป้ง"),
        ("พี่ เมย์", "เมย์"),
        ("k.แก้ม", "แก้ม"),
        ("n'ขวัญ", "ขวัญ"),
        ("mr. smith", "smith"),
        ("คุณน้องพลอย", "พลอย"),
        ("นางสาว พลอย", "พลอย"),
        ("k ploy", "ploy"),
    ] {
        assert_eq!(strip_titles(&fold(typed)), name, "{typed}");
    }
    for name in ["คุณากร", "นาง", "น้อง", "ken", "nan", "phim", "มิสเตอร์"] {
        assert_eq!(strip_titles(name), name);
    }
}

#[test]
fn the_initial_of_a_thai_name_is_its_first_consonant() {
    for (name, initial) in [
        ("เลิศวิไล", 'ล'),
        ("ศรีสุข", 'ศ'),
        ("ไชยศิริ", 'ช'),
        ("Carter", 'c'),
        ("อัศวเทวา", 'อ'),
    ] {
        assert_eq!(first_consonant(name), Some(initial));
    }
    assert_eq!(first_consonant("🌸"), None);
}

#[test]
fn a_match_can_be_shown_in_the_original() {
    let folded = fold_mapped("  Ｐloy 🌸");
    let start = folded.text.find("ploy").unwrap();
    assert_eq!(folded.original_range(start, start + 4), Some((2, 6)));
    let water = fold_mapped("นำ\u{e49}ทิพย์");
    assert_eq!(water.original_range(0, "น้ำ".len()), Some((0, 3)));
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,24}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn folding_thai_twice_changes_nothing(text in "[ก-๛ ]{0,24}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn every_folded_character_knows_where_it_came_from(text in "\\PC{0,24}") {
        let folded = fold_mapped(&text);
        prop_assert_eq!(folded.text.chars().count(), folded.origin.len());
        prop_assert!(folded.origin.iter().all(|index| *index < text.chars().count()));
    }

    #[test]
    fn the_wrong_layout_and_back_is_the_same_text(text in "[!-~]{0,24}") {
        prop_assert_eq!(th_to_us(&us_to_th(&text)), text);
    }

    #[test]
    fn stripping_and_hearing_never_fail(text in "\\PC{0,24}") {
        let folded = fold(&text);
        prop_assert!(folded.ends_with(strip_titles(&folded)));
        for word in folded.split(' ') {
            if let Some(sounds) = sound::sounds(word) {
                prop_assert_eq!(sounds.distance(&sounds), 0);
            }
        }
    }
}
