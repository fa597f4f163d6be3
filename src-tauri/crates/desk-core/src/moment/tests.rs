use chrono::{Datelike as _, NaiveDate, NaiveDateTime};
use proptest::prelude::*;

use super::{Context, Moment, Why, read, year};

/// Thursday, the first of October 2569, ten in the morning.
const NOW: &str = "2026-10-01T10:00:00";

fn now() -> NaiveDateTime {
    NOW.parse().unwrap()
}

/// A moment as one line: `?` asks, `!` refuses.
fn line(moment: &Moment) -> String {
    let at = |at: &NaiveDateTime| at.format("%Y-%m-%d %H:%M").to_string();
    match moment {
        Moment::Date(day) => day.to_string(),
        Moment::At(moment) => at(moment),
        Moment::Days(first, last) => format!("{first}..{last}"),
        Moment::Times(from, until) => format!("{}..{}", at(from), at(until)),
        Moment::Ambiguous(options) => format!("? {}", options.iter().map(line).collect::<Vec<_>>().join(", "))
            .trim_end()
            .to_owned(),
        Moment::Invalid(why) => format!("! {why:?}"),
    }
}

/// Each line of the table is a text, `=` and what it means.
fn means(table: &str, context: Context) {
    let cases = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let wrong: Vec<String> = cases
        .filter_map(|case| {
            let (text, expected) = case.split_once('=').unwrap();
            let found = line(&read(text.trim(), now(), context));
            (found != expected.trim()).then(|| format!("{}: {found}, not {}", text.trim(), expected.trim()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn days_are_counted_from_today() {
    means(
        "
        วันนี้ = 2026-10-01
        วันพรุ่งนี้ค่ะ = 2026-10-02
        พรุงนี้ = 2026-10-02
        มะเรื่อง = 2026-10-04
        วานซืน = 2026-09-29
        อีกสิบวัน = 2026-10-11
        อีก ๒ อาทิตย์ = 2026-10-15
        อีกอาทิตย์นึง = 2026-10-08
        อีก 3 เดือน = 2027-01-01
        อีกครึ่งปี = 2027-04-01
        สองวันข้างหน้า = 2026-10-03
        3 วันที่แล้ว = 2026-09-28
        เมื่อสองสัปดาห์ก่อน = 2026-09-17
        in two weeks = 2026-10-15
        3 days from now = 2026-10-04
        a week ago = 2026-09-24
        the day after tomorrow = 2026-10-03
        อีก -2 วัน = ! Backwards
        อีก 99999 วัน = ! NoSuchDay
        อีกสองสามวัน = ? 2026-10-04
        อีก 2-3 วัน = ?
        ",
        Context::Booking,
    );
}

#[test]
fn stretches_of_hours_end_at_a_moment() {
    means(
        "
        อีก 90 นาที = 2026-10-01 11:30
        อีก 2 ชม. ครึ่ง = 2026-10-01 12:30
        อีก 1 ชั่วโมง 30 นาที = 2026-10-01 11:30
        อีกชั่วโมงหนึ่ง = 2026-10-01 11:00
        in an hour and a half = 2026-10-01 11:30
        in 1.5 hours = 2026-10-01 11:30
        ตอนนี้ = 2026-10-01 10:00
        30 นาที = ? 2026-10-01 10:30
        อีกสองวันบ่ายสาม = 2026-10-03 15:00
        ",
        Context::Booking,
    );
}

#[test]
fn weekdays_are_the_coming_ones_and_next_is_asked_where_both_are_usual() {
    means(
        "
        วันศุกร์ = 2026-10-02
        เสาร์นี้ = 2026-10-03
        จันทร์นี้ = 2026-10-05
        วันพฤหัส = ? 2026-10-01, 2026-10-08
        อังคารหน้า = 2026-10-06
        พฤหัสหน้า = 2026-10-08
        เสาร์หน้า = ? 2026-10-10, 2026-10-03
        next friday 3pm = ? 2026-10-09 15:00, 2026-10-02 15:00
        ศุกร์สัปดาห์หน้า = 2026-10-09
        อาทิตย์หน้าวันพุธบ่ายสาม = 2026-10-07 15:00
        อาทิตย์หน้า = ? 2026-10-05..2026-10-11, 2026-10-11, 2026-10-04
        วันอาทิตย์ = 2026-10-04
        อาทิตย์ที่ 4 ต.ค. = 2026-10-04
        เสาร์ที่จะถึงนี้ = 2026-10-03
        ศุกร์ที่แล้ว = 2026-09-25
        จันทร์ที่แล้ว = ? 2026-09-21, 2026-09-28
        ทุกวันจันทร์ = ? 2026-10-05
        ",
        Context::Booking,
    );
}

#[test]
fn hours_are_those_of_spoken_thai() {
    means(
        "
        ตีห้าครึ่ง = 2026-10-02 05:30
        ตีสามสิบห้า = 2026-10-02 03:15
        หกโมงเช้า = 2026-10-02 06:00
        โมงเช้า = 2026-10-02 07:00
        เจ็ดโมงครึ่ง = 2026-10-02 07:30
        สิบโมงสี่สิบห้า = 2026-10-01 10:45
        สองโมง = 2026-10-01 14:00
        สามโมงครึ่ง = 2026-10-01 15:30
        ห้าโมงเย็น = 2026-10-01 17:00
        หกโมง = ? 2026-10-02 06:00, 2026-10-01 18:00
        เย็นนี้ 6 โมง = 2026-10-01 18:00
        ห้าโมงเช้า = ? 2026-10-01 11:00
        บ่ายสามสิบห้า = 2026-10-01 15:15
        บ่าย 2:30 = 2026-10-01 14:30
        บ่ายโมงครึ่ง = 2026-10-01 13:30
        บ่าย 9 = ! NoSuchTime
        ทุ่มนึง = 2026-10-01 19:00
        สองทุ่มสิบห้า = 2026-10-01 20:15
        หกทุ่ม = ? 2026-10-02 00:00
        8 ทุ่ม = ! NoSuchTime
        เที่ยงสิบห้า = 2026-10-01 12:15
        เที่ยงคืนครึ่ง = 2026-10-02 00:30
        วันนี้เที่ยงคืน = 2026-10-02 00:00
        พรุ่งนี้เที่ยงคืน = ? 2026-10-02 00:00, 2026-10-03 00:00
        คืนนี้ตีหนึ่ง = 2026-10-02 01:00
        สิบสี่นาฬิกาสามสิบนาที = 2026-10-01 14:30
        0930 น. = 2026-10-02 09:30
        พรุ่งนี้ 2:30 = ? 2026-10-02 02:30, 2026-10-02 14:30
        พรุ่งนี้เช้า = ? 2026-10-02 09:00
        พรุ่งนี้เช้า 9.30 = 2026-10-02 09:30
        สิบโมง = ? 2026-10-01 10:00, 2026-10-02 10:00
        24:30 = ! NoSuchTime
        14 โมง = ! NoSuchTime
        12am = 2026-10-02 00:00
        13pm = ! NoSuchTime
        8 tonight = 2026-10-01 20:00
        at 3 = ? 2026-10-02 03:00, 2026-10-01 15:00
        ",
        Context::Booking,
    );
}

#[test]
fn written_dates_have_the_day_first_and_years_of_both_calendars() {
    means(
        "
        1/10/2569 = 2026-10-01
        1/10/69 = 2026-10-01
        1 ต.ค. 69 = 2026-10-01
        1ตค69 = 2026-10-01
        ๑ ตุลา ๒๕๖๙ = 2026-10-01
        2026-10-01 = 2026-10-01
        2569-10-01 = 2026-10-01
        1.10.2569 = 2026-10-01
        1 10 69 = 2026-10-01
        01102569 = 2026-10-01
        20261001 = 2026-10-01
        วันพฤหัสบดีที่ 1 ตุลาคม พ.ศ. 2569 = 2026-10-01
        october 15th, 2026 = 2026-10-15
        the 15th = 2026-10-15
        5/3/36 = 2036-03-05
        5/3/37 = ? 1994-03-05, 2037-03-05
        5/3/59 = 2016-03-05
        5/3/80 = ? 2037-03-05, 2080-03-05
        29/2 = 2028-02-29
        1/10/3112 = ! NoSuchDay
        31/9 = ! NoSuchDay
        วันที่ 31 เดือนหน้า = ! NoSuchDay
        12/25/2026 = ! NoSuchDay
        พุธที่ 5 ต.ค. = ! OtherWeekday
        ต.ค. 5 = ? 2026-10-01..2026-10-31
        5 พ.ย. ปีหน้า = 2027-11-05
        วันที่ 5 เดือน 11 = 2026-11-05
        5 พฤศจิกายน 2569 เวลา 10.30 น. = 2026-11-05 10:30
        ",
        Context::Booking,
    );
}

#[test]
fn months_years_and_their_parts_are_stretches() {
    means(
        "
        ต้นเดือน = 2026-10-01..2026-10-10
        กลางเดือนหน้า = 2026-11-11..2026-11-20
        ปลายเดือนพฤศจิกายน = 2026-11-21..2026-11-30
        สิ้นเดือนกุมภา 71 = 2028-02-29
        สิ้นปีหน้า = 2027-12-31
        ต้นปีหน้า = ?
        เดือนที่แล้ว = 2026-09-01..2026-09-30
        กันยายน = 2027-09-01..2027-09-30
        10/2569 = 2026-10-01..2026-10-31
        ปี 68 = 2025-01-01..2025-12-31
        2026 = ? 2026-01-01..2026-12-31
        ไตรมาส 1/2570 = 2027-01-01..2027-03-31
        ไตรมาส 3 = ? 2026-07-01..2026-09-30, 2027-07-01..2027-09-30
        สัปดาห์นี้ = 2026-09-28..2026-10-04
        this weekend = 2026-10-03..2026-10-04
        mid-november = 2026-11-11..2026-11-20
        ",
        Context::Booking,
    );
}

#[test]
fn two_ends_lend_each_other_what_they_do_not_say() {
    means(
        "
        1-15 ต.ค. 69 = 2026-10-01..2026-10-15
        5-7/10/2569 = 2026-10-05..2026-10-07
        oct 5-7, 2026 = 2026-10-05..2026-10-07
        25 ธ.ค. ถึง 5 ม.ค. = 2026-12-25..2027-01-05
        25 ธ.ค. ถึง 5 ม.ค. 70 = 2026-12-25..2027-01-05
        30 ก.ย. - 2 ต.ค. = 2026-09-30..2026-10-02
        ม.ค.-มี.ค. 2569 = 2026-01-01..2026-03-31
        จันทร์ถึงศุกร์สัปดาห์หน้า = 2026-10-05..2026-10-09
        7 ถึง 5 ต.ค. = ! Backwards
        บ่ายสองถึงสี่โมง = 2026-10-01 14:00..2026-10-01 16:00
        บ่าย 2-4 = 2026-10-01 14:00..2026-10-01 16:00
        สองถึงสามทุ่ม = 2026-10-01 20:00..2026-10-01 21:00
        พรุ่งนี้ 10:00-12:00 = 2026-10-02 10:00..2026-10-02 12:00
        เสาร์นี้ 22:00-02:00 = 2026-10-03 22:00..2026-10-04 02:00
        9-11am tomorrow = 2026-10-02 09:00..2026-10-02 11:00
        5-10 = ?
        ",
        Context::Booking,
    );
}

#[test]
fn a_birth_lies_behind_us_and_says_its_year() {
    means(
        "
        12/8/34 = 1991-08-12
        ๑๒ สิงหา ๒๕๓๔ = 1991-08-12
        12 เดือน 8 ปี 2534 = 1991-08-12
        12081991 = 1991-08-12
        1/1/69 = 2026-01-01
        5/12/69 = ! NoBirth
        พรุ่งนี้ = ! NoBirth
        5/3/70 = ? 1927-03-05, 1970-03-05
        12 ส.ค. = ?
        31 ธ.ค. 2399 = ! NoSuchDay
        1 ม.ค. 2400 = 1857-01-01
        29 ก.พ. 2540 = ! NoSuchDay
        1/10/3077 = ! NoSuchDay
        ",
        Context::Birth,
    );
}

#[test]
fn what_says_no_time_is_refused_and_what_is_inexact_is_asked() {
    means(
        "
        สวัสดีค่ะ = ! NotUnderstood
        hello = ! NotUnderstood
        - = ! NotUnderstood
        คราวหน้า = ?
        แล้วแต่หมอ = ?
        asap = ?
        หลังบ่ายสอง = ? 2026-10-01 14:00
        monday or tuesday = ? 2026-10-05
        โทรกลับพรุ่งนี้บ่ายสอง = ? 2026-10-02 14:00
        ",
        Context::Booking,
    );
    let long = "พรุ่งนี้ ".repeat(20);
    assert_eq!(
        read(&long, now(), Context::Booking),
        Moment::Invalid(Why::NotUnderstood)
    );
}

#[test]
fn the_end_of_a_part_of_the_month_that_is_over_is_asked() {
    let late: NaiveDateTime = "2026-10-28T10:00:00".parse().unwrap();
    let found = line(&read("ต้นเดือน", late, Context::Booking));
    assert_eq!(found, "? 2026-11-01..2026-11-10, 2026-10-01..2026-10-10");
    assert_eq!(
        line(&read("1-30 ต.ค.", late, Context::Booking)),
        "2026-10-01..2026-10-30"
    );
}

const THAI_MONTHS: [&str; 12] = [
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
];

/// The ways in which one day is written without leaving anything open.
fn spellings(day: NaiveDate) -> [String; 4] {
    let (d, m, y) = (day.day(), day.month(), day.year() + year::BUDDHIST);
    [
        format!("{d}/{m}/{y}"),
        format!("{d} {} {y}", THAI_MONTHS[day.month0() as usize]),
        day.to_string(),
        day.format("%-d %b %Y").to_string(),
    ]
}

#[test]
fn every_day_of_three_centuries_is_read_as_itself() {
    let first = year::first_day();
    let days = first.iter_days().take_while(|day| year::holds(*day));
    let mut count = 0;
    for day in days {
        // One spelling a day in turn keeps this quick; leap days and the ends of months in all of them.
        let turn = spellings(day).into_iter().enumerate();
        for (_, text) in turn.filter(|(index, _)| count % 4 == *index || day.day() > 27) {
            assert_eq!(read(&text, now(), Context::Booking), Moment::Date(day), "{text}");
        }
        count += 1;
    }
    assert!(count > 100_000, "{count}");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reading(text in r"(วัน|ที่|เดือน|หน้า|อาทิตย์|บ่าย|ตี|ทุ่ม|โมง|ครึ่ง|ถึง|อีก|ปี|สอง|สิบ|ยี่|[0-9]{1,9}|[-/.:]| |next|in|am|half|มค|ต้น|ลบ|q|\PC){0,9}") {
        let _ = read(&text, now(), Context::Booking);
        let _ = read(&text, now(), Context::Birth);
    }

    #[test]
    fn a_day_of_the_past_is_never_taken_for_the_next_one(offset in 0_u64..4000, hour in 0_u32..24) {
        let today = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(offset);
        let at = today.and_hms_opt(hour, 30, 0).unwrap();
        for text in ["29 ก.พ.", "31/12", "วันที่ 31", "วันศุกร์", "บ่ายสอง", "3/4"] {
            match read(text, at, Context::Booking) {
                Moment::Date(day) => prop_assert!(day >= today, "{text} at {at}: {day}"),
                Moment::At(found) => prop_assert!(found > at, "{text} at {at}: {found}"),
                Moment::Ambiguous(_) => {}
                other => prop_assert!(false, "{text} at {at}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_birth_never_lies_ahead(year in 2400_i32..2700, month in 1_u32..=12, day in 1_u32..=28) {
        match read(&format!("{day}/{month}/{year}"), now(), Context::Birth) {
            Moment::Date(found) => prop_assert!(found <= now().date() && found.year() == year - 543),
            found => prop_assert_eq!(found, Moment::Invalid(Why::NoBirth)),
        }
    }
}
