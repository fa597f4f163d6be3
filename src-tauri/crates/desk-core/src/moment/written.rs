//! Dates in bare numbers: `1/10/69`, `2026-10-01`, `15/10`, `23112568`. The day comes before the month, always.

use chrono::NaiveDate;

use super::{
    Context, Why,
    fields::{Fields, Month, Year},
    year,
};

/// A day of the month.
pub(super) fn day(number: u32, fields: &mut Fields) {
    if !(1..=31).contains(&number) {
        fields.forbid(Why::NoSuchDay);
    }
    Fields::set(&mut fields.day, number, &mut fields.is_vague);
}

/// A month's number.
pub(super) fn month(number: u32, fields: &mut Fields) {
    if !(1..=12).contains(&number) {
        fields.forbid(Why::NoSuchDay);
    }
    Fields::set(&mut fields.month, Month::Named(number), &mut fields.is_vague);
}

fn year(number: (u32, usize), fields: &mut Fields) {
    Fields::set(&mut fields.year, Year::Typed(number.0, number.1), &mut fields.is_vague);
}

/// Day, month and year; the year may stand first if it has four digits.
pub(super) fn triple(numbers: [(u32, usize); 3], fields: &mut Fields) {
    let [first, second, third] = numbers;
    let (day_number, year_number) = if first.1 == 4 { (third, first) } else { (first, third) };
    if second.1 > 2 || day_number.1 > 2 {
        return fields.forbid(Why::NoSuchDay);
    }
    day(day_number.0, fields);
    month(second.0, fields);
    year(year_number, fields);
}

/// Day and month, or a month and its year of four digits.
pub(super) fn pair(first: (u32, usize), second: (u32, usize), fields: &mut Fields) {
    match (first, second) {
        ((number, 0..=2), of @ (_, 4)) | (of @ (_, 4), (number, 0..=2)) => {
            month(number, fields);
            year(of, fields);
        }
        ((day_number, 0..=2), (month_number, 0..=2)) => {
            day(day_number, fields);
            month(month_number, fields);
        }
        _ => fields.forbid(Why::NoSuchDay),
    }
}

/// Day, month and year without marks; eight digits may also begin with the year.
pub(super) fn compact(number: u32, digits: usize, context: Context, fields: &mut Fields) {
    let orders: &[(u32, u32, (u32, usize))] = if digits == 8 {
        &[
            (number / 1_000_000, number / 10_000 % 100, (number % 10_000, 4)),
            (number % 100, number / 100 % 100, (number / 10_000, 4)),
        ]
    } else {
        &[(number / 10_000, number / 100 % 100, (number % 100, 2))]
    };
    let is_day = |(day, month, of): &&(u32, u32, (u32, usize))| {
        let years = year::read(*of, None, context).options();
        years
            .iter()
            .any(|year| NaiveDate::from_ymd_opt(*year, *month, *day).is_some())
    };
    let fitting: Vec<_> = orders.iter().filter(is_day).collect();
    match fitting.as_slice() {
        [] => fields.forbid(Why::NoSuchDay),
        [(day_number, month_number, of), rest @ ..] => {
            day(*day_number, fields);
            month(*month_number, fields);
            year(*of, fields);
            fields.is_vague |= !rest.is_empty();
        }
    }
}
