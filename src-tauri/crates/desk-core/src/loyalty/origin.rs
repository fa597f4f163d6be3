//! Where a line of the ledger comes from, and what of its text a person wrote. The database writes its own words in Thai, for the web system and for who looks
//! into the table; a desk says the same in the language of whoever reads.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::gift::Reason;

/// What a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "PointOrigin")]
pub enum Origin {
    /// A bill was paid.
    Bill,
    /// Money of a bill was given back.
    Refund,
    /// Somebody gave points.
    Gift,
    /// The customer became a member.
    Welcome,
    /// Month of birth.
    Birthday,
    /// Came to a booking.
    CheckIn,
    /// A treatment was completed.
    Treatment,
    /// A review.
    Review,
    /// Sent a friend.
    Referral,
    /// An achievement.
    Achievement,
    /// What an achievement brings beside its points.
    Special,
    /// Points were spent.
    Redemption,
    /// A code was given back.
    Code,
    /// Points of a code that was given back, which had ended: granted once more.
    Grant,
    /// Their date passed.
    Ended,
    /// Points that had ended are not taken a second time.
    EndedOnce,
    /// What was there before this ledger.
    Opening,
    /// Two customers were put together, or taken apart again.
    Merge,
    /// Somebody took back what they had done.
    Undone,
    /// A thank-you was called off.
    CalledOff,
    /// The web system's, and what is older than this list.
    Other,
}

/// What the database says of a bill of which nobody said anything.
pub const UNSAID_BILL: &str = "คะแนนจากยอดชำระ";
/// And of a redemption, of who became a member, and of points whose date passed.
const UNSAID_REDEMPTION: &str = "แลกแต้ม";
/// See above.
pub const WELCOMED: &str = "คะแนนต้อนรับ";
const ENDED: &str = "แต้มหมดอายุ";
/// What the database calls a code that is money: screens and papers say it in their reader's language.
pub const MONEY: &str = "ส่วนลดจากแต้ม";

impl Origin {
    /// By what the database notes beside the line; of one that is older than these notes, by its words, where they are the database's.
    pub fn of(source: Option<&str>, purpose: Option<&str>, text: Option<&str>) -> Self {
        let purpose = purpose.unwrap_or_default();
        match source {
            None => Self::by_words(text.unwrap_or_default()),
            Some("desk") => match purpose {
                "earn" => Self::Bill,
                "refund" => Self::Refund,
                "redeem" => Self::Redemption,
                _ => Self::Other,
            },
            Some("birthday" | "visit" | "journey" | "review" | "referral" | "achievement")
                if purpose.ends_with(" back") =>
            {
                Self::CalledOff
            }
            Some("gift" | "approval") => Self::Gift,
            Some("member") => Self::Welcome,
            Some("birthday") => Self::Birthday,
            Some("visit") => Self::CheckIn,
            Some("journey") => Self::Treatment,
            Some("review") => Self::Review,
            Some("referral") => Self::Referral,
            Some("achievement") if purpose == "earned" => Self::Achievement,
            Some("achievement") => Self::Special,
            Some("coupon") if purpose == "grant" => Self::Grant,
            Some("coupon") => Self::Code,
            Some("lot") => Self::Ended,
            Some("ended") => Self::EndedOnce,
            Some("adopted") => Self::Opening,
            Some("merge") => Self::Merge,
            Some("undo") => Self::Undone,
            _ => Self::Other,
        }
    }

    fn by_words(text: &str) -> Self {
        match text {
            UNSAID_BILL => Self::Bill,
            UNSAID_REDEMPTION => Self::Redemption,
            WELCOMED => Self::Welcome,
            ENDED => Self::Ended,
            _ if text.starts_with("ย้อน: ") => Self::Undone,
            _ => Self::Other,
        }
    }

    /// What of a line's text is a person's, or the name of something that a person named: `text` without the words of the database. `spent_on` is the reward
    /// of a redemption.
    pub fn said(self, text: &str, reason: Option<Reason>, spent_on: Option<&str>) -> Option<String> {
        let rest = match self {
            Self::Bill if text == UNSAID_BILL => "",
            Self::Redemption => match text.strip_prefix("แลก") {
                _ if text == UNSAID_REDEMPTION => "",
                Some(named) if spent_on == Some(named) => named,
                _ => text,
            },
            Self::Gift => {
                let after = reason
                    .and_then(|reason| text.strip_prefix(reason.said()))
                    .unwrap_or(text);
                after.strip_prefix(": ").unwrap_or(after)
            }
            Self::Achievement => text.strip_prefix("ความสำเร็จ: ").unwrap_or(text),
            Self::Special => text.strip_prefix("รางวัลพิเศษ: ").unwrap_or(text),
            Self::Code => bought(text.strip_prefix("คืนแต้ม: ").unwrap_or(text)),
            Self::Grant => bought(text.strip_prefix("ต่ออายุ 30 วัน: ").unwrap_or(text)),
            Self::Bill | Self::Other => text,
            Self::Welcome
            | Self::Birthday
            | Self::CheckIn
            | Self::Treatment
            | Self::Review
            | Self::Referral
            | Self::Ended
            | Self::EndedOnce
            | Self::Opening
            | Self::Merge
            | Self::Refund
            | Self::Undone
            | Self::CalledOff => "",
        };
        (!rest.is_empty()).then(|| rest.to_owned())
    }
}

/// The name of what a code was for; nobody gave one to money.
fn bought(name: &str) -> &str {
    if name == MONEY { "" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_that_the_database_writes_has_its_origin() {
        let lines = [
            ("desk", "earn", Origin::Bill),
            ("desk", "refund", Origin::Refund),
            ("desk", "redeem", Origin::Redemption),
            ("undo", "reverse", Origin::Undone),
            ("undo", "unredeem", Origin::Undone),
            ("undo", "ungive", Origin::Undone),
            ("gift", "gift", Origin::Gift),
            ("approval", "gift", Origin::Gift),
            ("member", "welcome", Origin::Welcome),
            ("birthday", "2026", Origin::Birthday),
            ("visit", "check-in", Origin::CheckIn),
            ("journey", "treatment 3", Origin::Treatment),
            ("review", "review", Origin::Review),
            ("referral", "thanks", Origin::Referral),
            ("referral", "thanks back", Origin::CalledOff),
            ("achievement", "earned", Origin::Achievement),
            ("achievement", "special", Origin::Special),
            ("achievement", "reward", Origin::Special),
            ("coupon", "return", Origin::Code),
            ("coupon", "grant", Origin::Grant),
            ("lot", "expire 2", Origin::Ended),
            ("ended", "0a070000-0000-4000-8000-000000000000", Origin::EndedOnce),
            ("adopted", "opening", Origin::Opening),
            ("merge", "net back", Origin::Merge),
            ("web", "earn", Origin::Other),
        ];
        for (source, purpose, origin) in lines {
            assert_eq!(
                Origin::of(Some(source), Some(purpose), None),
                origin,
                "{source} {purpose}"
            );
        }
        assert_eq!(Origin::of(None, None, None), Origin::Other);
    }

    #[test]
    fn a_line_that_is_older_than_the_notes_is_known_by_the_databases_own_words() {
        let by = |text| Origin::of(None, None, Some(text));
        assert_eq!(by("คะแนนต้อนรับ"), Origin::Welcome);
        assert_eq!(by("ย้อน: INV-0988"), Origin::Undone);
        assert_eq!(by("INV-0988"), Origin::Other);
        assert_eq!(Origin::of(Some("web"), None, Some(WELCOMED)), Origin::Other);
    }

    #[test]
    fn only_what_a_person_wrote_is_left_of_a_text() {
        let said = |origin: Origin, text: &str| origin.said(text, None, None);
        assert_eq!(said(Origin::Bill, UNSAID_BILL), None);
        assert_eq!(said(Origin::Bill, "INV-0988").as_deref(), Some("INV-0988"));
        assert_eq!(said(Origin::Redemption, "แลกแต้ม"), None);
        assert_eq!(said(Origin::Refund, "คืนเงิน: INV-0988"), None);
        assert_eq!(said(Origin::Ended, "แต้มหมดอายุ"), None);
        assert_eq!(
            said(Origin::Achievement, "ความสำเร็จ: ขาประจำ").as_deref(),
            Some("ขาประจำ")
        );
        assert_eq!(said(Origin::Code, "คืนแต้ม: มาสก์").as_deref(), Some("มาสก์"));
        assert_eq!(said(Origin::Code, "คืนแต้ม: ส่วนลดจากแต้ม"), None);
        assert_eq!(said(Origin::Grant, "ต่ออายุ 30 วัน: ส่วนลดจากแต้ม"), None);
        assert_eq!(said(Origin::Other, "โบนัสเว็บ").as_deref(), Some("โบนัสเว็บ"));
    }

    #[test]
    fn a_reward_is_named_without_the_word_before_it_and_a_note_stays_whole() {
        let redeemed = |text: &str, on: Option<&str>| Origin::Redemption.said(text, None, on);
        assert_eq!(redeemed("แลกมาสก์", Some("มาสก์")).as_deref(), Some("มาสก์"));
        assert_eq!(redeemed("แลกให้ลูกสาว", Some("มาสก์")).as_deref(), Some("แลกให้ลูกสาว"));
    }

    #[test]
    fn a_gift_keeps_its_note_and_no_more() {
        let gift = |text: &str, reason| Origin::Gift.said(text, Some(reason), None);
        assert_eq!(gift("น้ำใจจากคลินิก", Reason::Goodwill), None);
        let noted = gift("แก้ไขแต้มที่ขาด: บิล 12", Reason::Correction);
        assert_eq!(noted.as_deref(), Some("บิล 12"));
    }
}
