//! What the paper says that a customer takes home: Thai in the Buddhist era, English in the Gregorian one. It says what was booked and promises nothing.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime};

use super::{Method, held::HeldAs};
use crate::loyalty::points_for;

/// Whose language the paper speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Thai.
    Thai,
    /// English.
    English,
}

/// A payment, or money given back, as the paper needs it.
#[derive(Clone, Debug)]
pub struct Receipt<'a> {
    /// The clinic's name.
    pub clinic: &'a str,
    /// The number; none until the clinic's database has given it.
    pub number: Option<i64>,
    /// Of money given back: the number of what had been paid, if that has one.
    pub gives_back: Option<Option<i64>>,
    /// When, by the clinic's clock.
    pub at: NaiveDateTime,
    /// Who paid.
    pub customer: &'a str,
    /// What for, if that was said.
    pub what: Option<&'a str>,
    /// How much.
    pub satang: i64,
    /// As what it is held for later.
    pub held_as: Option<HeldAs>,
    /// Of a bill, what held money paid; of money given back, what is held again.
    pub held: i64,
    /// What is held for the customer now.
    pub held_left: i64,
    /// Codes that had reduced it: code, what it promised (none: the money that points were worth), and by how much.
    pub reductions: Vec<(String, Option<String>, i64)>,
    /// What the tier took off what they had left: percent, and satang.
    pub discount: (i64, i64),
    /// How.
    pub method: Method,
    /// Points that it earned or, less than nothing, took back.
    pub points: i64,
    /// Points per 10 baht at that time, in tenths.
    pub multiplier_tenths: i64,
    /// Points that can be used now; none for who is no member.
    pub balance: Option<i64>,
    /// Points that are owed now.
    pub owed: i64,
    /// What will end, and on which day: all of it, the next first (rule L12).
    pub ends: Vec<(i64, NaiveDate)>,
}

/// One line: what, and at the right its value. A headline has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// At the left.
    pub label: String,
    /// At the right.
    pub value: String,
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
const ENGLISH_MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Tongue {
    pub(super) fn say(self, thai: &str, english: &str) -> String {
        match self {
            Self::Thai => thai,
            Self::English => english,
        }
        .to_owned()
    }

    /// `1 ต.ค. 2569`, `1 Oct 2026`.
    pub fn day(self, day: NaiveDate) -> String {
        let (months, year) = match self {
            Self::Thai => (THAI_MONTHS, day.year() + 543),
            Self::English => (ENGLISH_MONTHS, day.year()),
        };
        let month = usize::try_from(day.month0()).ok().and_then(|month| months.get(month));
        format!("{} {} {year}", day.day(), month.copied().unwrap_or_default())
    }

    fn method(self, method: Method) -> String {
        match method {
            Method::Cash => self.say("เงินสด", "Cash"),
            Method::Card => self.say("บัตร", "Card"),
            Method::Promptpay => self.say("พร้อมเพย์", "PromptPay"),
            Method::Transfer => self.say("โอนเงิน", "Bank transfer"),
            Method::Held => self.say("เงินรับล่วงหน้า", "Money paid in advance"),
        }
    }

    fn held_as(self, kind: HeldAs) -> String {
        match kind {
            HeldAs::Deposit => self.say("เงินมัดจำ", "Deposit"),
            HeldAs::GiftCard => self.say("บัตรของขวัญ", "Gift card"),
        }
    }

    fn baht(self, satang: i64) -> String {
        let sign = if satang < 0 { "-" } else { "" };
        format!("{sign}{} {}", baht(satang.abs()), self.say("บาท", "THB"))
    }

    /// What a code is called that is money for points.
    pub(super) fn money(self) -> String {
        self.say("ส่วนลดจากแต้ม", "Paid with points")
    }

    pub(super) fn points(self, points: i64) -> String {
        let unit = self.say("แต้ม", if points.abs() == 1 { "point" } else { "points" });
        format!("{} {unit}", grouped(points))
    }
}

impl Receipt<'_> {
    /// Every line, from the clinic's name down.
    pub fn lines(&self, tongue: Tongue) -> Vec<Line> {
        let mut lines = vec![line(self.clinic.to_owned(), ""), line(self.title(tongue), "")];
        lines.extend(self.head(tongue));
        lines.extend(self.money(tongue));
        lines.extend(self.loyalty(tongue));
        lines
    }

    /// The lines as plain text.
    pub fn text(&self, tongue: Tongue) -> String {
        as_text(&self.lines(tongue))
    }

    fn title(&self, tongue: Tongue) -> String {
        match self.gives_back {
            None => tongue.say("ใบรับเงิน", "Receipt"),
            Some(_) => tongue.say("ใบคืนเงิน", "Refund"),
        }
    }

    fn head(&self, tongue: Tongue) -> Vec<Line> {
        let date = format!("{} {}", tongue.day(self.at.date()), self.at.format("%H:%M"));
        let mut lines = vec![line(tongue.say("เลขที่", "No."), &number(tongue, self.number))];
        if let Some(paid) = self.gives_back {
            lines.push(line(tongue.say("คืนจากเลขที่", "Refund of no."), &number(tongue, paid)));
        }
        lines.push(line(tongue.say("วันที่", "Date"), &date));
        lines.push(line(tongue.say("ลูกค้า", "Customer"), self.customer));
        lines
    }

    fn money(&self, tongue: Tongue) -> Vec<Line> {
        let what = match self.gives_back {
            None => self.what.map(|what| line(tongue.say("รายการ", "For"), what)),
            Some(_) => self.what.map(|why| line(tongue.say("เหตุผล", "Reason"), why)),
        };
        let label = match self.gives_back {
            None => tongue.say("รับเงิน", "Received"),
            Some(_) => tongue.say("คืนเงิน", "Given back"),
        };
        let paid = [
            line(label, &tongue.baht(self.satang - self.held)),
            line(tongue.say("ชำระโดย", "Paid by"), &tongue.method(self.method)),
        ];
        what.into_iter()
            .chain(self.reduced(tongue))
            .chain(paid)
            .chain(self.in_advance(tongue))
            .collect()
    }

    /// As what it is held, and what is there for another day, where this paper has to do with it.
    fn in_advance(&self, tongue: Tongue) -> Vec<Line> {
        let kind = self
            .held_as
            .map(|kind| line(tongue.say("รับไว้เป็น", "Held as"), &tongue.held_as(kind)));
        let again = (self.gives_back.is_some() && self.held > 0)
            .then(|| line(tongue.say("กลับเป็นเงินรับล่วงหน้า", "Held again"), &tongue.baht(self.held)));
        let left = (self.held_as.is_some() || self.held > 0).then(|| {
            line(
                tongue.say("เงินรับล่วงหน้าคงเหลือ", "Paid in advance, not used"),
                &tongue.baht(self.held_left),
            )
        });
        kind.into_iter().chain(again).chain(left).collect()
    }

    /// The bill and what codes and held money took off it, where there were any. What is handed over takes nothing off.
    fn reduced(&self, tongue: Tongue) -> Vec<Line> {
        let unit = tongue.say("บาท", "THB");
        let held = if self.gives_back.is_none() { self.held } else { 0 };
        let (percent, off) = self.discount;
        let bill = self.satang + off + self.reductions.iter().map(|(_, _, less)| less).sum::<i64>();
        let used = self.reductions.iter().map(|(code, name, less)| {
            let value = if *less > 0 {
                format!("-{} {unit}", baht(*less))
            } else {
                tongue.say("มอบให้แล้ว", "handed over")
            };
            let name = name.clone().unwrap_or_else(|| tongue.money());
            line(format!("{name} ({code})"), &value)
        });
        let tier = (percent > 0).then(|| {
            let label = tongue.say("ส่วนลดสมาชิก", "Member discount");
            line(format!("{label} {percent} %"), &format!("-{} {unit}", baht(off)))
        });
        let whole = (bill > self.satang - held).then(|| line(tongue.say("ยอดบิล", "Bill"), &tongue.baht(bill)));
        let before = (held > 0).then(|| {
            line(
                tongue.say("จากเงินรับล่วงหน้า", "From what was paid in advance"),
                &tongue.baht(-held),
            )
        });
        whole.into_iter().chain(used).chain(tier).chain(before).collect()
    }

    fn loyalty(&self, tongue: Tongue) -> Vec<Line> {
        let Some(balance) = self.balance else { return vec![] };
        let label = if self.gives_back.is_none() {
            tongue.say("แต้มที่ได้", "Points earned")
        } else {
            tongue.say("แต้มที่คืน", "Points taken back")
        };
        let mut lines = vec![line(label, &self.earned(tongue))];
        lines.push(line(tongue.say("แต้มคงเหลือ", "Points to use"), &tongue.points(balance)));
        if self.owed > 0 {
            lines.push(line(tongue.say("แต้มค้างคืน", "Points owed"), &tongue.points(self.owed)));
        }
        let ends = self.ends.iter().map(|(points, day)| {
            let ends = tongue.say("หมดอายุ", if *points == 1 { " expires" } else { " expire" });
            Line::headline(&format!("{}{ends} {}", tongue.points(*points), tongue.day(*day)))
        });
        lines.extend(ends);
        lines
    }

    /// The points, and for what was paid at once how they come about: by the same function that promised and posted them.
    fn earned(&self, tongue: Tongue) -> String {
        let points = tongue.points(self.points.abs());
        if self.held_as.is_some() && self.gives_back.is_none() {
            return tongue.say("เมื่อใช้เงินนี้", "when it is used");
        }
        let explains = self.gives_back.is_none() && points_for(self.satang, self.multiplier_tenths) == self.points;
        if !explains {
            return points;
        }
        let (whole, tenth) = (self.multiplier_tenths / 10, self.multiplier_tenths % 10);
        let times = if tenth == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{tenth}")
        };
        format!("{points} = ⌊{} × {times} ÷ 10⌋", baht(self.satang))
    }
}

fn line(label: String, value: &str) -> Line {
    Line::of(label, value)
}

impl Line {
    /// What, and its value.
    pub fn of(label: String, value: &str) -> Self {
        Self {
            label,
            value: value.to_owned(),
        }
    }

    /// A line over the whole width.
    pub fn headline(text: &str) -> Self {
        Self::of(text.to_owned(), "")
    }
}

/// Lines as plain text.
pub fn as_text(lines: &[Line]) -> String {
    let written = lines.iter().map(|line| {
        if line.value.is_empty() {
            line.label.clone()
        } else {
            format!("{}: {}", line.label, line.value)
        }
    });
    written.collect::<Vec<_>>().join("\n")
}

fn number(tongue: Tongue, number: Option<i64>) -> String {
    number.map_or_else(
        || tongue.say("ได้เมื่อส่งถึงคลินิก", "given when sent"),
        |number| number.to_string(),
    )
}

/// `1,999.00`
pub fn baht(satang: i64) -> String {
    format!("{}.{:02}", grouped(satang / 100), satang.abs() % 100)
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "-" } else { "" };
    let apart = digits.char_indices().flat_map(|(place, digit)| {
        let left = digits.len() - place;
        [(place > 0 && left.is_multiple_of(3)).then_some(','), Some(digit)]
    });
    format!("{sign}{}", apart.flatten().collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Story 11: C1 pays 1,999 baht by PromptPay.
    fn story() -> Receipt<'static> {
        Receipt {
            clinic: "ออร่าคลินิก",
            number: Some(1_024),
            gives_back: None,
            at: day("2026-10-01").and_hms_opt(10, 42, 0).unwrap(),
            customer: "พลอยไพลิน ศรีสุข",
            what: Some("เลเซอร์หน้าใส"),
            satang: 199_900,
            held_as: None,
            held: 0,
            held_left: 0,
            reductions: vec![],
            discount: (0, 0),
            method: Method::Promptpay,
            points: 399,
            multiplier_tenths: 20,
            balance: Some(1_639),
            owed: 0,
            ends: vec![(100, day("2026-10-31"))],
        }
    }

    #[test]
    fn a_thai_receipt_says_it_all_in_the_buddhist_era() {
        assert_eq!(
            story().text(Tongue::Thai),
            "ออร่าคลินิก\nใบรับเงิน\nเลขที่: 1024\nวันที่: 1 ต.ค. 2569 10:42\nลูกค้า: พลอยไพลิน ศรีสุข\nรายการ: เลเซอร์หน้าใส\n\
             รับเงิน: 1,999.00 บาท\nชำระโดย: พร้อมเพย์\nแต้มที่ได้: 399 แต้ม = ⌊1,999.00 × 2 ÷ 10⌋\nแต้มคงเหลือ: 1,639 แต้ม\n100 แต้มหมดอายุ 31 ต.ค. 2569"
        );
    }

    #[test]
    fn an_english_receipt_is_in_the_gregorian_era() {
        let text = story().text(Tongue::English);
        assert!(text.contains("Date: 1 Oct 2026 10:42"), "{text}");
        assert!(text.contains("100 points expire 31 Oct 2026"), "{text}");
    }

    #[test]
    fn l12_the_paper_lists_every_coming_expiry_not_one_date() {
        let ends = [(100, "2026-10-31"), (1, "2027-12-31"), (1_399, "2028-10-01")];
        let paper = Receipt {
            ends: ends.map(|(points, on)| (points, day(on))).to_vec(),
            ..story()
        };
        let last = |text: String| text.lines().rev().take(3).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            last(paper.text(Tongue::Thai)),
            [
                "1,399 แต้มหมดอายุ 1 ต.ค. 2571",
                "1 แต้มหมดอายุ 31 ธ.ค. 2570",
                "100 แต้มหมดอายุ 31 ต.ค. 2569"
            ]
        );
        assert_eq!(
            last(paper.text(Tongue::English)),
            [
                "1,399 points expire 1 Oct 2028",
                "1 point expires 31 Dec 2027",
                "100 points expire 31 Oct 2026"
            ]
        );
    }

    #[test]
    fn what_a_code_took_off_stands_between_the_bill_and_what_was_received() {
        let reduced = Receipt {
            satang: 189_905,
            reductions: vec![
                ("K7QF-29MX".into(), Some("ส่วนลด 5%".into()), 9_995),
                ("2222-3333".into(), Some("มาสก์พรีเมียม".into()), 0),
            ],
            ..story()
        };
        let text = reduced.text(Tongue::English);
        let said = "Bill: 1,999.00 THB\nส่วนลด 5% (K7QF-29MX): -99.95 THB\nมาสก์พรีเมียม (2222-3333): handed over\nReceived: 1,899.05 THB";
        assert!(text.contains(said), "{text}");
    }

    #[test]
    fn what_has_no_number_yet_says_when_it_gets_one() {
        let unsent = Receipt {
            number: None,
            ..story()
        };
        assert!(unsent.text(Tongue::Thai).contains("เลขที่: ได้เมื่อส่งถึงคลินิก"));
        assert!(unsent.text(Tongue::English).contains("No.: given when sent"));
    }

    #[test]
    fn a_refund_names_what_was_paid_why_and_what_is_owed() {
        let refund = Receipt {
            number: Some(1_025),
            gives_back: Some(Some(1_024)),
            what: Some("ไม่พอใจ"),
            satang: 99_950,
            points: -200,
            balance: Some(0),
            owed: 101,
            ends: vec![],
            ..story()
        };
        let text = refund.text(Tongue::English);
        for said in [
            "Refund of no.: 1024",
            "Reason: ไม่พอใจ",
            "Given back: 999.50 THB",
            "Points taken back: 200 points\n",
            "Points to use: 0 points",
            "Points owed: 101 points",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
    }

    #[test]
    fn l6_the_paper_of_a_deposit_says_what_it_is_and_when_it_earns() {
        let paper = Receipt {
            satang: 50_000,
            held_as: Some(HeldAs::Deposit),
            held_left: 50_000,
            points: 0,
            multiplier_tenths: 0,
            ..story()
        };
        let said = "Received: 500.00 THB\nPaid by: PromptPay\nHeld as: Deposit\nPaid in advance, not used: 500.00 THB\nPoints earned: when it is used";
        assert!(
            paper.text(Tongue::English).contains(said),
            "{}",
            paper.text(Tongue::English)
        );
        let said = "รับไว้เป็น: เงินมัดจำ\nเงินรับล่วงหน้าคงเหลือ: 500.00 บาท\nแต้มที่ได้: เมื่อใช้เงินนี้";
        assert!(paper.text(Tongue::Thai).contains(said), "{}", paper.text(Tongue::Thai));
    }

    #[test]
    fn l6_the_paper_of_a_bill_takes_off_what_was_paid_in_advance_and_counts_points_of_all_of_it() {
        let paper = Receipt {
            held: 50_000,
            ..story()
        };
        let said = "Bill: 1,999.00 THB\nFrom what was paid in advance: -500.00 THB\nReceived: 1,499.00 THB\nPaid by: PromptPay\nPaid in advance, not used: 0.00 THB\nPoints earned: 399 points = ⌊1,999.00 × 2 ÷ 10⌋";
        assert!(
            paper.text(Tongue::English).contains(said),
            "{}",
            paper.text(Tongue::English)
        );
        let back = Receipt {
            gives_back: Some(Some(1_024)),
            held_left: 50_000,
            points: -399,
            ..paper
        };
        let said = "Given back: 1,499.00 THB\nPaid by: PromptPay\nHeld again: 500.00 THB\nPaid in advance, not used: 500.00 THB\nPoints taken back: 399 points";
        assert!(
            back.text(Tongue::English).contains(said),
            "{}",
            back.text(Tongue::English)
        );
        assert!(!story().text(Tongue::English).contains("advance"));
    }

    #[test]
    fn who_is_no_member_reads_nothing_of_points() {
        let stranger = Receipt {
            balance: None,
            points: 0,
            ..story()
        };
        assert!(!stranger.text(Tongue::English).to_lowercase().contains("point"));
    }

    proptest! {
        /// Rule L21: what the paper explains is what the rule gives, and where it would not be, the paper does not explain.
        #[test]
        fn l21_the_sum_on_the_paper_is_the_rule_s(satang in 1..=100_000_000_i64, tenths in 0..=60_i64, off in 0..2_i64) {
            let points = points_for(satang, tenths) + off;
            let text = Receipt { satang, multiplier_tenths: tenths, points, ..story() }.text(Tongue::English);
            prop_assert_eq!(text.contains('⌊'), off == 0);
            prop_assert!(text.contains(&grouped(points)), "{}", text);
        }
    }
}
