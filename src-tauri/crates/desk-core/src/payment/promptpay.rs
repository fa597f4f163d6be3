//! The text behind a PromptPay QR code: EMVCo's merchant-presented format with Thailand's credit transfer (tag 29). It says whom to pay and how much;
//! whether money came is the bank's business, and drawing the code is the program's.

use crate::phone;

/// Whom money goes to, as the standard writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payee {
    /// `0066` and nine digits.
    Phone(String),
    /// A national or tax number: thirteen digits, of which the last checks the others.
    National(String),
    /// An e-wallet: fifteen digits.
    Wallet(String),
}

/// Names PromptPay's credit transfer among all schemes.
const SCHEME: &str = "A000000677010111";

impl Payee {
    /// Reads what a person typed: a Thai mobile number in any spelling, thirteen or fifteen digits with or without dashes and blanks. Nothing when it is none
    /// of these, or when the last digit of a national number says that another one is wrong.
    pub fn read(typed: &str) -> Option<Self> {
        let is_apart = |letter: &char| !matches!(letter, '-' | ' ' | '\u{a0}');
        let bare: String = typed.trim().chars().filter(is_apart).collect();
        let is_digits = bare.chars().all(|letter| letter.is_ascii_digit());
        match bare.len() {
            13 if is_digits && bare.starts_with("0066") => Some(Self::Phone(bare)),
            13 if is_digits && is_national(&bare) => Some(Self::National(bare)),
            15 if is_digits => Some(Self::Wallet(bare)),
            _ => mobile(&bare).map(Self::Phone),
        }
    }

    /// As it is kept and put into the code.
    pub fn digits(&self) -> &str {
        match self {
            Self::Phone(digits) | Self::National(digits) | Self::Wallet(digits) => digits,
        }
    }

    /// As people read it: `081-234-5678`, `1-1111-11111-11-1`, fifteen digits as they are.
    pub fn shown(&self) -> String {
        match self {
            Self::Phone(digits) => phone::display(&format!("+{}", digits.trim_start_matches('0'))),
            Self::National(digits) => dashed(digits),
            Self::Wallet(digits) => digits.clone(),
        }
    }

    fn field(&self) -> &'static str {
        match self {
            Self::Phone(_) => "01",
            Self::National(_) => "02",
            Self::Wallet(_) => "03",
        }
    }

    /// The code's text: for one payment of so much money, or (without an amount) one that may be used over and over.
    pub fn payload(&self, satang: Option<i64>) -> String {
        let account = [tag("00", SCHEME), tag(self.field(), self.digits())].concat();
        let amount = satang.map(|satang| tag("54", &format!("{}.{:02}", satang / 100, satang % 100)));
        let fields = [
            tag("00", "01"),
            tag("01", if satang.is_some() { "12" } else { "11" }),
            tag("29", &account),
            tag("58", "TH"),
            tag("53", "764"),
            amount.unwrap_or_default(),
            // The check covers its own name and length.
            "6304".to_owned(),
        ];
        let text = fields.concat();
        let check = crc(text.as_bytes());
        format!("{text}{check:04X}")
    }
}

/// `0066` and nine digits of a Thai mobile number.
fn mobile(typed: &str) -> Option<String> {
    let number = phone::e164(typed)?;
    let digits = number.strip_prefix("+66")?;
    (digits.len() == 9).then(|| format!("0066{digits}"))
}

/// Whether the last of thirteen digits fits the others: 11 less their sum, weighted 13 down to 2, modulo 11.
fn is_national(digits: &str) -> bool {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .zip((2..=13).rev())
        .map(|(digit, weight)| digit * weight)
        .sum();
    digits.last() == Some(&((11 - sum % 11) % 10))
}

/// `1-2345-67890-12-3`, as it stands on the card.
fn dashed(digits: &str) -> String {
    let after = |place| matches!(place, 0 | 4 | 9 | 11);
    let signs = digits
        .char_indices()
        .flat_map(|(place, digit)| [Some(digit), after(place).then_some('-')]);
    signs.flatten().collect()
}

/// One field: its name, how long it is in two digits, and what it says.
fn tag(name: &str, value: &str) -> String {
    format!("{name}{:02}{value}", value.len())
}

/// CRC-16/CCITT-FALSE: polynomial 1021, begun with FFFF, not reflected.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The published examples of promptpay-qr, the implementation that Thai shops' programs are compared with (index.test.js there).
    #[test]
    fn the_published_examples_come_out_to_the_last_sign() {
        let phone = |typed: &str| Payee::read(typed).unwrap().payload(None);
        let local = "00020101021129370016A000000677010111011300668012345675802TH530376463046197";
        assert_eq!(phone("0801234567"), local);
        assert_eq!(phone("080-123-4567"), local);
        assert_eq!(
            phone("+66-89-123-4567"),
            "00020101021129370016A000000677010111011300668912345675802TH5303764630429C1"
        );
        // Its two other numbers fail their own check digit, so a person could not type them here; the text is made alike.
        let national = Payee::National("1111111111111".into());
        assert_eq!(
            national.payload(None),
            "00020101021129370016A000000677010111021311111111111115802TH530376463047B5A"
        );
        let tax = Payee::National("0123456789012".into());
        assert_eq!(
            tax.payload(None),
            "00020101021129370016A000000677010111021301234567890125802TH530376463040CBD"
        );
        let none = Payee::Phone("0066000000000".into());
        assert_eq!(
            none.payload(Some(422)),
            "00020101021229370016A000000677010111011300660000000005802TH530376454044.226304E469"
        );
    }

    #[test]
    fn the_check_is_the_catalogued_one() {
        assert_eq!(crc(b"123456789"), 0x29B1, "CRC-16/CCITT-FALSE of the usual nine digits");
    }

    #[test]
    fn an_id_is_one_of_three_or_none() {
        let read = |typed: &str| Payee::read(typed).map(|payee| payee.digits().to_owned());
        assert_eq!(read("081 234 5678").as_deref(), Some("0066812345678"));
        assert_eq!(read("0066812345678").as_deref(), Some("0066812345678"));
        assert_eq!(read("1-1014-00000-01-4").as_deref(), Some("1101400000014"));
        assert!(matches!(Payee::read("012345678901234"), Some(Payee::Wallet(_))));
        for wrong in [
            "",
            "12345",
            "1101400000017",
            "02-391-4407",
            "+44 7700 900123",
            "01234567890123a",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn people_read_it_with_its_dashes() {
        let shown = |typed: &str| Payee::read(typed).map(|payee| payee.shown());
        assert_eq!(shown("0812345678").as_deref(), Some("081-234-5678"));
        let national = Payee::National("1101400000014".into()).shown();
        assert_eq!(national, "1-1014-00000-01-4");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_of_a_national_number_is_always_found(body in proptest::collection::vec(0..10_u32, 12), place in 0..12_usize, by in 1..10_u32) {
            let whole = |body: &[u32]| -> Option<String> {
                let text: String = body.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
                (0..10).map(|last| format!("{text}{last}")).find(|number| is_national(number))
            };
            let number = whole(&body).unwrap();
            let mut digits: Vec<u32> = number.chars().filter_map(|digit| digit.to_digit(10)).collect();
            digits[place] = (digits[place] + by) % 10;
            let changed: String = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
            // Two remainders, 0 and 10, share the check digits 1 and 0 with others: the standard's own weakness.
            let sum = |text: &str| text.chars().zip((2..=13_u32).rev()).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum::<u32>() % 11;
            prop_assert!(!is_national(&changed) || (11 - sum(&number)) % 10 == (11 - sum(&changed)) % 10);
        }

        #[test]
        fn every_payload_can_be_taken_apart_again(satang in 1..=100_000_000_i64) {
            let text = Payee::Phone("0066812345678".into()).payload(Some(satang));
            let (body, check) = text.split_at(text.len() - 4);
            prop_assert_eq!(format!("{:04X}", crc(body.as_bytes())), check);
            let mut rest = text.as_str();
            let mut found = vec![];
            while !rest.is_empty() {
                let length: usize = rest[2..4].parse().unwrap();
                found.push((&rest[..2], &rest[4..4 + length]));
                rest = &rest[4 + length..];
            }
            let amount = found.iter().find(|(name, _)| *name == "54").unwrap().1;
            let (baht, rest) = amount.split_once('.').unwrap();
            prop_assert_eq!(baht.parse::<i64>().unwrap() * 100 + rest.parse::<i64>().unwrap(), satang);
            prop_assert_eq!(found[1], ("01", "12"));
        }
    }
}
