//! The paper with a code that points bought: what it is for, whose, and until when. It says no more than was promised.

use chrono::NaiveDate;

use super::receipt::{Line, Tongue, baht};
use crate::loyalty::reward::State;

/// A code as the paper needs it.
#[derive(Clone, Debug)]
pub struct Slip<'a> {
    /// The clinic's name.
    pub clinic: &'a str,
    /// The code, in the form in which people read it.
    pub code: &'a str,
    /// What was promised; none: so much money.
    pub reward: Option<&'a str>,
    /// The money, in satang.
    pub satang: i64,
    /// Whose it is.
    pub customer: &'a str,
    /// What it cost.
    pub points: i64,
    /// The day of the clinic on which it was issued.
    pub issued: NaiveDate,
    /// The last day on which it can be used.
    pub until: NaiveDate,
    /// What has become of it.
    pub state: State,
}

impl Slip<'_> {
    /// Every line, from the clinic's name down.
    pub fn lines(&self, tongue: Tongue) -> Vec<Line> {
        let mut lines = vec![
            Line::headline(self.clinic),
            Line::headline(&tongue.say("โค้ดรางวัล", "Reward code")),
            Line::headline(self.code),
            Line::of(tongue.say("รางวัล", "Reward"), &self.promised(tongue)),
            Line::of(tongue.say("ลูกค้า", "Customer"), self.customer),
            Line::of(tongue.say("แลกด้วย", "Redeemed for"), &tongue.points(self.points)),
            Line::of(tongue.say("ออกเมื่อ", "Issued"), &tongue.day(self.issued)),
            Line::of(tongue.say("ใช้ได้ถึง", "Use by"), &tongue.day(self.until)),
        ];
        lines.extend(
            self.over(tongue)
                .map(|said| Line::of(tongue.say("สถานะ", "State"), &said)),
        );
        lines
    }

    fn promised(&self, tongue: Tongue) -> String {
        let money = || format!("{} {} {}", tongue.money(), baht(self.satang), tongue.say("บาท", "THB"));
        self.reward.map_or_else(money, str::to_owned)
    }

    /// A paper that is printed again does not promise what is over.
    fn over(&self, tongue: Tongue) -> Option<String> {
        match self.state {
            State::Issued => None,
            State::Used => Some(tongue.say("ใช้แล้ว", "Used")),
            State::Cancelled => Some(tongue.say("ยกเลิกแล้ว", "Cancelled")),
            State::Expired => Some(tongue.say("หมดอายุแล้ว", "Expired")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::receipt::as_text;

    fn slip(state: State) -> Slip<'static> {
        Slip {
            clinic: "ออร่าคลินิก",
            code: "K7QF-29MX",
            reward: Some("ส่วนลด 5%"),
            satang: 0,
            customer: "พลอยไพลิน ศรีสุข",
            points: 500,
            issued: "2026-10-01".parse().unwrap(),
            until: "2027-10-01".parse().unwrap(),
            state,
        }
    }

    #[test]
    fn it_says_the_code_whose_it_is_and_until_when_in_both_languages() {
        assert_eq!(
            as_text(&slip(State::Issued).lines(Tongue::Thai)),
            "ออร่าคลินิก\nโค้ดรางวัล\nK7QF-29MX\nรางวัล: ส่วนลด 5%\nลูกค้า: พลอยไพลิน ศรีสุข\nแลกด้วย: 500 แต้ม\nออกเมื่อ: 1 ต.ค. 2569\nใช้ได้ถึง: 1 ต.ค. 2570"
        );
        let english = as_text(&slip(State::Issued).lines(Tongue::English));
        assert!(english.contains("Use by: 1 Oct 2027"), "{english}");
    }

    #[test]
    fn a_paper_that_is_printed_again_says_that_the_code_is_over() {
        let text = as_text(&slip(State::Used).lines(Tongue::English));
        assert!(text.ends_with("State: Used"), "{text}");
    }
}
