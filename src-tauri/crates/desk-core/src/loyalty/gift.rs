//! Points that somebody gives by hand, and when a second person has to agree (rules L13 and L22). The database counts and decides by the same rules.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The largest gift; more is a typing slip.
pub const LARGEST_GIFT: i64 = 100_000;

/// Why points are given by hand. The database has the same list (`desk.gift_reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "GiftWhy")]
pub enum Reason {
    /// The clinic is kind.
    Goodwill,
    /// Something went wrong for the customer.
    Complaint,
    /// The clinic's own birthday.
    ClinicBirthday,
    /// Points were missing.
    Correction,
    /// What the note says.
    Other,
}

impl Reason {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::Goodwill,
        Self::Complaint,
        Self::ClinicBirthday,
        Self::Correction,
        Self::Other,
    ];

    /// The word that is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Goodwill => "goodwill",
            Self::Complaint => "complaint",
            Self::ClinicBirthday => "clinic_birthday",
            Self::Correction => "correction",
            Self::Other => "other",
        }
    }

    /// The reason with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// What stands on the customer's list of entries.
    pub fn said(self) -> &'static str {
        match self {
            Self::Goodwill => "น้ำใจจากคลินิก",
            Self::Complaint => "ขออภัยในความไม่สะดวก",
            Self::ClinicBirthday => "วันเกิดคลินิก",
            Self::Correction => "แก้ไขแต้มที่ขาด",
            Self::Other => "อื่น ๆ",
        }
    }

    /// The code alone says nothing.
    pub fn needs_note(self) -> bool {
        match self {
            Self::Goodwill | Self::Complaint | Self::ClinicBirthday => false,
            Self::Correction | Self::Other => true,
        }
    }
}

/// What one person may do alone. Points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Given by hand by one person on a day of the clinic.
    pub daily: i64,
    /// A larger gift needs a second person.
    pub alone: i64,
    /// Redeemed for one customer on a day of the clinic by staff's word alone; more needs the customer's own word, or a second person.
    pub redeem_alone: i64,
}

/// What a clinic begins with.
pub const USUAL_LIMITS: Limits = Limits {
    daily: 2_000,
    alone: 300,
    redeem_alone: 2_000,
};

/// Whether a gift of so many points has to wait for a second person, by who has given `given` today.
///
/// # Errors
/// What the person may still give today, where that is less.
pub fn needs_second(limits: Limits, given: i64, points: i64) -> Result<bool, i64> {
    let left = limits.daily.saturating_sub(given).max(0);
    if points > left {
        return Err(left);
    }
    Ok(points > limits.alone)
}

/// What may still be redeemed for a customer today by staff's word alone, of whom so many were (rule L13): two of 1,500 are no way around a limit of 2,000.
pub fn left_alone(limits: Limits, redeemed: i64) -> i64 {
    limits.redeem_alone.saturating_sub(redeemed).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l22_a_person_gives_so_much_a_day_and_more_than_a_little_with_a_second_person() {
        let limits = USUAL_LIMITS;
        assert_eq!(needs_second(limits, 0, 300), Ok(false));
        assert_eq!(needs_second(limits, 0, 301), Ok(true));
        assert_eq!(needs_second(limits, 1_800, 200), Ok(false));
        assert_eq!(needs_second(limits, 1_800, 201), Err(200));
        assert_eq!(
            needs_second(limits, 2_400, 1),
            Err(0),
            "a limit that was lowered leaves nothing"
        );
    }

    #[test]
    fn l13_what_is_redeemed_by_staff_alone_is_counted_by_the_day() {
        let limits = USUAL_LIMITS;
        let left = [0, 1_500, 2_000, 2_400].map(|redeemed| left_alone(limits, redeemed));
        assert_eq!(left, [2_000, 500, 0, 0], "an allowance may have gone beyond it");
    }

    #[test]
    fn every_reason_is_read_back_by_its_word() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.word()), Some(reason));
        }
        assert_eq!(Reason::from_word("because"), None);
    }
}
