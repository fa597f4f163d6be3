//! What the clinic's database writes into notifications, in English. It writes Thai, one row for whoever reads it; an English reader gets the same sentence with the
//! same names and numbers. What a person or the web system wrote stays as it is.

use chrono::NaiveDate;

/// As the database writes it, and in English. `{}` is what only the row knows, `{n}` a number, `{d}` a day of the Buddhist era; they keep their order.
const PHRASES: &[(&str, &str)] = &[
    ("ตรวจผิวแล้ว", "Skin scanned"),
    ("ตรวจผิวแล้ว: {}", "Skin scanned: {}"),
    ("รับช่วงต่อจาก {}", "Handed over by {}"),
    ("รับช่วงต่อจาก{}", "Handed over by {}"),
    ("ชำระแล้ว", "Paid"),
    ("ชำระแล้ว: {}", "Paid: {}"),
    ("นัดวันทำได้", "Can be booked now"),
    ("มีนัดทำ", "Treatment booked"),
    ("มีนัดทำ: {}", "Treatment booked: {}"),
    ("เตรียมห้อง {}", "Prepare the room for {}"),
    ("รอวันเวลา", "No time set yet"),
    ("ทำเสร็จแล้ว", "Treatment done"),
    ("ทำเสร็จแล้ว: {}", "Treatment done: {}"),
    ("เหลืออีก 1 ครั้ง", "1 session left"),
    ("เหลืออีก {n} ครั้ง", "{} sessions left"),
    ("ครบแล้ว คุยต่อได้", "All done, talk about what is next"),
    ("ยกเลิก: {}", "Cancelled: {}"),
    ("เสียลูกค้า: {}", "Lost: {}"),
    ("ไม่มาตามนัด: {}", "Did not come: {}"),
    ("ยกเลิกนัด: {}", "Booking cancelled: {}"),
    ("ถอยขั้น: {}", "Moved back: {}"),
    ("คุยต่อได้", "Talk about what is next"),
    ("คุยต่อได้: {}", "Talk about what is next: {}"),
    ("เส้นทางเปลี่ยน", "Journey changed"),
    ("เส้นทางเปลี่ยน: {}", "Journey changed: {}"),
    ("ข้อความถึงคุณ", "Message for you"),
    ("ข้อความถึงคุณ: {}", "Message for you: {}"),
    ("{} มาถึงแล้ว", "{} is here"),
    ("คิว {} · นัด {} · {}", "Queue {} · booked {} · {}"),
    ("คิว {} · นัด {}", "Queue {} · booked {}"),
    ("คิว {}", "Queue {}"),
    ("ยกเลิกเช็กอินคิว {}", "Check-in of queue {} withdrawn"),
    ("เช็กอินผิดคน", "The wrong person was checked in"),
    ("{} รอเกิน 10 นาที", "{} has waited over 10 minutes"),
    ("นัดใหม่: {}", "New booking: {}"),
    ("เลื่อนนัด: {}", "Booking moved: {}"),
    ("งานใหม่ 1 งาน", "1 new task"),
    ("งานใหม่ {n} งาน", "{} new tasks"),
    ("งานใหม่", "New task"),
    ("งานใหม่: {}", "New task: {}"),
    ("จาก {}: {}", "From {}: {}"),
    ("จัดโดย {}", "Assigned by {}"),
    ("ไม่มีคนรับงานแทน", "Nobody took these tasks over"),
    ("{}: 1 งาน", "{}: 1 task"),
    ("{}: {n} งาน", "{}: {} tasks"),
    ("เตรียมทรีตเมนต์เสร็จแล้ว", "Everything is ready for the treatment"),
    ("ลูกค้าตอบกลับแล้ว", "The client answered"),
    ("ลูกค้าชำระเงินแล้ว", "The client paid"),
    ("ลูกค้ามาถึงแล้ว", "The client is here"),
    ("ลีดร้อนส่งต่อถึงคุณ: {}", "Hot lead passed to you: {}"),
    ("ยังไม่มีใครรับลีดร้อน: {}", "Nobody has taken this hot lead: {}"),
    ("ลีดร้อน: {}", "Hot lead: {}"),
    ("ลีดใหม่", "New lead"),
    ("คะแนน {n} จาก 100", "Score {} of 100"),
    ("ถามราคา", "Asked the price"),
    ("อยากมาวันนี้", "Wants to come today"),
    ("งานอัตโนมัติทำไม่สำเร็จ", "Something automatic did not work"),
    (
        "ลองแล้ว 8 ครั้ง เปิดหน้าระบบอัตโนมัติเพื่อดูว่าเป็นงานใด",
        "It was tried 8 times. Open the automation screen to see what it is",
    ),
    ("แต้มค้างคืน {n}: {}", "Points owed, {}: {}"),
    (
        "แลกระหว่างออฟไลน์เกินยอด ที่ {} โดย {}",
        "More was redeemed offline than there was, at {} by {}",
    ),
    ("ระดับ {} ครบปี {d}: {}", "{} tier ends its year on {}: {}"),
    ("ขาดอีก {n} แต้ม เพื่อคงระดับเดิม", "{} points more keep the tier"),
    ("ขาดอีก {n} บาท เพื่อคงระดับเดิม", "{} baht more keep the tier"),
    ("แนะนำเพื่อน: รอตรวจ", "Referral to review"),
    ("มีรายการแนะนำเพื่อนที่ต้องให้คนตัดสิน", "A referral needs a person to decide"),
    ("ความสำเร็จใหม่: {}", "New achievement: {}"),
    ("ขอให้แต้ม {n}: {}", "Wants to give {} points: {}"),
    ("ขอแลกแต้ม {n}: {}", "Wants to redeem {} points: {}"),
    ("รอคนที่สองเห็นชอบ ขอโดย {}", "Waits for a second person, asked by {}"),
    ("ไม่เห็นชอบ: {n} แต้ม", "Not agreed: {} points"),
    ("เห็นชอบแล้ว: {n} แต้ม", "Agreed: {} points"),
    ("โดย {}: {}", "By {}: {}"),
    ("โดย {}", "By {}"),
    ("โดย{}", "By {}"),
];

/// A notification's title and message in English. What stands under a title that is not the database's own was written by whoever wrote that.
pub fn notice(title: &str, message: &str) -> (String, String) {
    match english(title) {
        Some(said) => (said, english(message).unwrap_or_else(|| message.to_owned())),
        None => (title.to_owned(), message.to_owned()),
    }
}

/// The sentence in English, where the database's own words are recognised.
fn english(said: &str) -> Option<String> {
    let (english, values) = PHRASES
        .iter()
        .find_map(|(thai, english)| Some((*english, holes(thai, said)?)))?;
    let mut values = values.into_iter();
    let mut parts = english.split("{}");
    let first = parts.next().unwrap_or_default().to_owned();
    Some(parts.fold(first, |made, part| made + &values.next().unwrap_or_default() + part))
}

/// Whether words of the database are among those that are said in English; `%s` stands for what only the row knows.
pub fn is_known(thai: &str) -> bool {
    let wanted = thai.trim().replace("%s", "{n}");
    PHRASES.iter().any(|(known, _)| known.contains(&wanted))
}

/// What fills the holes of a pattern, if the sentence is of it.
fn holes(pattern: &str, said: &str) -> Option<Vec<String>> {
    let (head, rest) = pattern.split_once('{').unwrap_or((pattern, ""));
    let said = said.strip_prefix(head)?;
    if rest.is_empty() {
        return said.is_empty().then(Vec::new);
    }
    let (kind, rest) = rest.split_once('}')?;
    let next = rest.split('{').next().unwrap_or_default();
    let end = match next {
        "" if rest.is_empty() => said.len(),
        next if next.len() == rest.len() => said.len().checked_sub(next.len()).filter(|_| said.ends_with(next))?,
        next => said.find(next)?,
    };
    let (value, after) = said.split_at_checked(end)?;
    let mut values = vec![fill(kind, value)?];
    values.extend(holes(rest, after)?);
    Some(values)
}

fn fill(kind: &str, value: &str) -> Option<String> {
    match kind {
        "n" => value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b',')
            .then(|| value.to_owned()),
        "d" => christian(value),
        _ => Some(value.trim().to_owned()),
    }
    .filter(|value| !value.is_empty())
}

/// `14/03/2570` in the Gregorian era.
fn christian(day: &str) -> Option<String> {
    let (rest, year) = day.rsplit_once('/')?;
    let (day, month) = rest.split_once('/')?;
    let year = year.parse::<i32>().ok()?.checked_sub(543)?;
    let date = NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)?;
    Some(date.format("%d/%m/%Y").to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_english_reader_gets_the_same_names_and_numbers() {
        for (thai, expected) in [
            ("ชำระแล้ว: พลอย", "Paid: พลอย"),
            ("เหลืออีก 1 ครั้ง", "1 session left"),
            ("เหลืออีก 4 ครั้ง", "4 sessions left"),
            ("โดย เมย์", "By เมย์"),
            ("โดย เมย์: ลูกค้าเปลี่ยนใจ", "By เมย์: ลูกค้าเปลี่ยนใจ"),
            ("พลอย มาถึงแล้ว", "พลอย is here"),
            ("คิว A12 · นัด 10:30 · ห้อง 2", "Queue A12 · booked 10:30 · ห้อง 2"),
            ("คิว A12 · นัด 10:30", "Queue A12 · booked 10:30"),
            ("งานใหม่ 12 งาน", "12 new tasks"),
            ("ขอแลกแต้ม 2500: ก: ข", "Wants to redeem 2500 points: ก: ข"),
            (
                "ระดับ Gold ครบปี 14/03/2570: พลอย",
                "Gold tier ends its year on 14/03/2027: พลอย",
            ),
            ("ขาดอีก 1,000 แต้ม เพื่อคงระดับเดิม", "1,000 points more keep the tier"),
            (
                "แลกระหว่างออฟไลน์เกินยอด ที่ PC-A โดย นก",
                "More was redeemed offline than there was, at PC-A by นก",
            ),
        ] {
            assert_eq!(english(thai).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_a_person_wrote_stays_as_it_is() {
        for said in [
            "",
            "โทรหาพลอยก่อนบ่าย",
            "ระดับ Gold ครบปี 99/99/2570: พลอย",
            "เหลืออีก สอง ครั้ง",
            "Paid: Ploy",
        ] {
            assert_eq!(english(said), None, "{said}");
        }
        let rule = ("เตือนทีมขาย".to_owned(), "โดย คลินิก".to_owned());
        assert_eq!(notice(&rule.0, &rule.1), rule, "nor what stands under it");
    }

    #[test]
    fn both_sides_of_every_phrase_have_the_same_holes_and_none_hides_another() {
        for (thai, english_text) in PHRASES {
            let filled = thai.replace("{n}", "7").replace("{d}", "14/03/2570").replace("{}", "ก");
            let in_thai = thai.matches('{').count();
            assert_eq!(in_thai, english_text.matches("{}").count(), "{thai}");
            let said = english(&filled).unwrap();
            let own = english_text.split("{}").next().unwrap_or_default();
            assert!(said.starts_with(own), "{filled}: {said}");
        }
    }

    proptest! {
        #[test]
        fn a_name_comes_through_whatever_it_is(name in "[^\\s{}]{1,20}") {
            prop_assert_eq!(english(&format!("ชำระแล้ว: {name}")), Some(format!("Paid: {name}")));
        }

        #[test]
        fn nothing_that_is_said_ends_the_program(said in any::<String>()) {
            english(&said);
        }
    }
}
