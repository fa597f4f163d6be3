//! The words that times are said in, Thai and English, and what each stands for. Spellings as people type them, not only as dictionaries have them.

use std::{collections::HashMap, sync::LazyLock};

use chrono::Weekday;

/// What a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// 0 to 9, of a Thai number: `สอง`.
    Digit(u32),
    /// `สิบ`.
    Ten,
    /// The two of twenty: `ยี่`.
    Twice,
    /// A whole English number: `twelve`.
    Count(u32),
    /// A month; whether its name is English.
    Month(u32, bool),
    /// A weekday.
    Weekday(Weekday),
    /// `อาทิตย์`: a week or a Sunday.
    SundayOrWeek,
    /// Saturday and Sunday.
    Weekend,
    /// A stretch of time.
    Unit(Unit),
    /// Which of several: `หน้า`; whether it stands in front of what it belongs to, as in English.
    Which(Which, bool),
    /// `ก่อน`: ago, last, or before, by what stands in front of it.
    Before,
    /// `อีก`, `in`; whether it always counts from now.
    In(bool),
    /// `from now`.
    FromNow,
    /// Days from today.
    Day(i64),
    /// The night of today.
    Tonight,
    /// This moment.
    Now,
    /// A part of the day.
    Part(Part),
    /// A part of a month or year.
    Stage(Stage),
    /// `โมง`.
    Mong,
    /// `ทุ่ม`.
    Thum,
    /// `ตี`.
    Tee,
    /// `เที่ยง`.
    Noon,
    /// `เที่ยงคืน`.
    Midnight,
    /// `น.`, `นาฬิกา`.
    Hours24,
    /// Before noon.
    Am,
    /// After noon.
    Pm,
    /// `at`: an hour follows.
    At,
    /// `o'clock`: an hour stands in front.
    OClock,
    /// Half of what stands beside it.
    Half,
    /// The day of a month follows.
    DayOf,
    /// The end of an English ordinal: `15th`.
    Ordinal,
    /// Buddhist years.
    Buddhist,
    /// Years after Christ.
    Christian,
    /// Between the two ends of a stretch.
    To,
    /// `and`: between two ends after `between`, or nothing.
    And,
    /// Below zero.
    Minus,
    /// It makes the time inexact, or one of several.
    Vague,
    /// It adds nothing.
    Filler,
}

/// A stretch of time that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Fortnight,
    Month,
    Quarter,
    Year,
}

/// Which one of several that come one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    This,
    Next,
    Last,
    Coming,
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

/// A part of a month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    First,
    Start,
    Middle,
    End,
    Last,
}

/// Every spelling by its first character, the longest first, so that the first that fits is the right one.
static WORDS: LazyLock<HashMap<char, Vec<(String, Word)>>> = LazyLock::new(|| {
    let listed = LISTS.iter().flat_map(|(spellings, word)| {
        let each = spellings.split('|');
        each.map(|spelling| (spelling.to_owned(), *word))
    });
    let mut words: HashMap<char, Vec<(String, Word)>> = HashMap::new();
    for (spelling, word) in listed.chain(short_months()) {
        if let Some(first) = spelling.chars().next() {
            words.entry(first).or_default().push((spelling, word));
        }
    }
    for list in words.values_mut() {
        list.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
    }
    words
});

/// The words that begin with this character, the longest first.
pub(super) fn beginning_with(first: char) -> &'static [(String, Word)] {
    WORDS.get(&first).map_or(&[], Vec::as_slice)
}

/// `ต.ค.`, with every dot left out that people leave out.
fn short_months() -> impl Iterator<Item = (String, Word)> {
    const LETTERS: [(&str, &str); 12] = [
        ("ม", "ค"),
        ("ก", "พ"),
        ("มี", "ค"),
        ("เม", "ย"),
        ("พ", "ค"),
        ("มิ", "ย"),
        ("ก", "ค"),
        ("ส", "ค"),
        ("ก", "ย"),
        ("ต", "ค"),
        ("พ", "ย"),
        ("ธ", "ค"),
    ];
    (1..).zip(LETTERS).flat_map(|(month, (first, second))| {
        let dots = [(".", "."), (".", ""), ("", "."), ("", ""), (". ", ".")];
        dots.map(|(one, two)| (format!("{first}{one}{second}{two}"), Word::Month(month, false)))
    })
}

const fn th(month: u32) -> Word {
    Word::Month(month, false)
}
const fn en(month: u32) -> Word {
    Word::Month(month, true)
}

const LISTS: &[(&str, Word)] = &[
    ("ศูนย์", Word::Digit(0)),
    ("หนึ่ง|นึง|หนึง|เอ็ด", Word::Digit(1)),
    ("สอง", Word::Digit(2)),
    ("สาม", Word::Digit(3)),
    ("สี่|สี", Word::Digit(4)),
    ("ห้า", Word::Digit(5)),
    ("หก", Word::Digit(6)),
    ("เจ็ด", Word::Digit(7)),
    ("แปด", Word::Digit(8)),
    ("เก้า", Word::Digit(9)),
    ("สิบ", Word::Ten),
    ("ยี่", Word::Twice),
    ("zero", Word::Count(0)),
    ("a|an|one", Word::Count(1)),
    ("two|a couple of|couple of", Word::Count(2)),
    ("three", Word::Count(3)),
    ("four", Word::Count(4)),
    ("five", Word::Count(5)),
    ("six", Word::Count(6)),
    ("seven", Word::Count(7)),
    ("eight", Word::Count(8)),
    ("nine", Word::Count(9)),
    ("ten", Word::Count(10)),
    ("eleven", Word::Count(11)),
    ("twelve", Word::Count(12)),
    ("fifteen", Word::Count(15)),
    ("twenty", Word::Count(20)),
    ("thirty", Word::Count(30)),
    ("forty five|forty-five", Word::Count(45)),
    ("มกราคม|มกรา", th(1)),
    ("กุมภาพันธ์|กุมภาพันธุ์|กุมภาพัน|กุมภา", th(2)),
    ("มีนาคม|มีนา", th(3)),
    ("เมษายน|เมษา", th(4)),
    ("พฤษภาคม|พฤษภา|พฤกษภาคม", th(5)),
    ("มิถุนายน|มิถุนา", th(6)),
    ("กรกฎาคม|กรกฎา|กรกฏาคม|กรกฏา", th(7)),
    ("สิงหาคม|สิงหา", th(8)),
    ("กันยายน|กันยา", th(9)),
    ("ตุลาคม|ตุลา", th(10)),
    ("พฤศจิกายน|พฤศจิกา|พฤษจิกายน|พฤษจิกา", th(11)),
    ("ธันวาคม|ธันวา", th(12)),
    ("january|jan.|jan", en(1)),
    ("february|feb.|feb", en(2)),
    ("march|mar.|mar", en(3)),
    ("april|apr.|apr", en(4)),
    ("may", en(5)),
    ("june|jun.|jun", en(6)),
    ("july|jul.|jul", en(7)),
    ("august|aug.|aug", en(8)),
    ("september|sept.|sept|sep.|sep", en(9)),
    ("october|oct.|oct", en(10)),
    ("november|nov.|nov", en(11)),
    ("december|dec.|dec", en(12)),
    (
        "วันจันทร์|จันทร์|วันจันทร|วันจัน|จ.|monday|mon.|mon",
        Word::Weekday(Weekday::Mon),
    ),
    (
        "วันอังคาร|อังคาร|อ.|tuesday|tues.|tues|tue.|tue",
        Word::Weekday(Weekday::Tue),
    ),
    ("วันพุธ|พุธ|พ.|wednesday|weds|wed.|wed", Word::Weekday(Weekday::Wed)),
    (
        "วันพฤหัสบดี|พฤหัสบดี|วันพฤหัส|พฤหัส|พฤหัสฯ|พฤ.|พฤ|thursday|thurs.|thurs|thur|thu.|thu",
        Word::Weekday(Weekday::Thu),
    ),
    ("วันศุกร์|ศุกร์|วันศุกร|วันสุข|ศ.|friday|fri.|fri", Word::Weekday(Weekday::Fri)),
    ("วันเสาร์|เสาร์|ส.|saturday|sat.|sat", Word::Weekday(Weekday::Sat)),
    ("วันอาทิตย์|อา.|sunday|sun.|sun", Word::Weekday(Weekday::Sun)),
    ("อาทิตย์", Word::SundayOrWeek),
    (
        "วันเสาร์อาทิตย์|เสาร์อาทิตย์|เสาร์-อาทิตย์|ส.-อา.|วันหยุดสุดสัปดาห์|สุดสัปดาห์|weekend",
        Word::Weekend,
    ),
    ("นาที|minutes|minute|mins.|mins|min.|min", Word::Unit(Unit::Minute)),
    ("ชั่วโมง|ชัวโมง|ชม.|ชม|hours|hour|hrs|hr|h", Word::Unit(Unit::Hour)),
    ("วัน|days|day", Word::Unit(Unit::Day)),
    ("สัปดาห์|สัปดา|สัปดาห|weeks|week|wks|wk", Word::Unit(Unit::Week)),
    ("fortnight", Word::Unit(Unit::Fortnight)),
    ("เดือน|months|month", Word::Unit(Unit::Month)),
    ("ไตรมาสที่|ไตรมาส|quarter|q", Word::Unit(Unit::Quarter)),
    ("ปี|years|year|yrs|yr", Word::Unit(Unit::Year)),
    ("นี้|นี่", Word::Which(Which::This, false)),
    ("หน้า", Word::Which(Which::Next, false)),
    ("ที่แล้ว|ที่ผ่านมา|ที่ผ่านไป", Word::Which(Which::Last, false)),
    (
        "ที่จะถึงนี้|ที่จะถึง|ที่จะมาถึง|ที่กำลังจะถึง|ที่จะมาถึงนี้",
        Word::Which(Which::Coming, false),
    ),
    ("this", Word::Which(Which::This, true)),
    ("next", Word::Which(Which::Next, true)),
    ("last", Word::Which(Which::Last, true)),
    ("this coming|coming|upcoming", Word::Which(Which::Coming, true)),
    ("ก่อน|ago", Word::Before),
    ("อีก", Word::In(true)),
    ("in", Word::In(false)),
    (
        "from now|from today|later|ข้างหน้า|จากนี้|หลังจากนี้|นับจากนี้|นับจากวันนี้|จากวันนี้",
        Word::FromNow,
    ),
    ("วันนี้|วันนี|today", Word::Day(0)),
    (
        "วันพรุ่งนี้|พรุ่งนี้|พรุ่งนี|พรุงนี้|พรุงนี|พรุ้งนี้|พุ่งนี้|พุ้งนี้|พรุ่งนี้นี้|วันพรุ่ง|พรุ่ง|tomorrow|tomorow|tommorow|tommorrow|tmrw|tmr",
        Word::Day(1),
    ),
    (
        "วันมะรืนนี้|วันมะรืน|มะรืนนี้|มะรืน|มะรืนนี|มรืนนี้|มะลืน|มะลืนนี้|day after tomorrow",
        Word::Day(2),
    ),
    ("มะเรื่องนี้|มะเรื่อง", Word::Day(3)),
    ("เมื่อวานนี้|เมื่อวาน|วานนี้|เมือวาน|เมื่อวานนี|yesterday", Word::Day(-1)),
    (
        "เมื่อวานซืนนี้|เมื่อวานซืน|วานซืนนี้|วานซืน|เมือวานซืน|day before yesterday",
        Word::Day(-2),
    ),
    ("tonight|คืนนี้|ค่ำนี้|ค่ำคืนนี้", Word::Tonight),
    ("ตอนนี้|เดี๋ยวนี้|ขณะนี้|now|right now", Word::Now),
    ("รุ่งเช้า|เช้ามืด|เช้า|สาย|morning", Word::Part(Part::Morning)),
    ("บ่าย|afternoon", Word::Part(Part::Afternoon)),
    ("เย็น|evening", Word::Part(Part::Evening)),
    ("หัวค่ำ|ค่ำ|กลางคืน|คืน|ดึก|night", Word::Part(Part::Night)),
    ("วันแรกของ|วันแรก|first day of", Word::Stage(Stage::First)),
    ("ต้น|early|beginning of|start of", Word::Stage(Stage::Start)),
    ("กลาง|mid|middle of", Word::Stage(Stage::Middle)),
    ("ปลาย|late", Word::Stage(Stage::End)),
    ("วันสุดท้ายของ|วันสุดท้าย|สิ้น|end of|last day of", Word::Stage(Stage::Last)),
    ("โมง", Word::Mong),
    ("ทุ่ม|ทุ้ม|ทุม", Word::Thum),
    ("ตี", Word::Tee),
    ("เที่ยงวัน|เที่ยงตรง|เที่ยง|เทียง|noon|midday", Word::Noon),
    ("เที่ยงคืนตรง|เที่ยงคืน|เทียงคืน|midnight", Word::Midnight),
    ("นาฬิกา|นาฬืกา|น.|น|hrs.", Word::Hours24),
    ("a.m.|a.m|am", Word::Am),
    ("p.m.|p.m|pm", Word::Pm),
    ("at|@|เวลา", Word::At),
    ("o'clock|oclock", Word::OClock),
    ("ครึ่ง|ครึง|half a|half an|half", Word::Half),
    ("วันที่|ที่|the", Word::DayOf),
    ("st|nd|rd|th", Word::Ordinal),
    ("พ.ศ.|พ.ศ|พศ.|พศ|b.e.|be", Word::Buddhist),
    ("ค.ศ.|ค.ศ|คศ.|คศ|a.d.|ad|c.e.|ce", Word::Christian),
    ("จนถึงวันที่|ถึงวันที่|จนถึง|ถึง|to|until|till|through", Word::To),
    ("กับ|และ|and", Word::And),
    ("ลบ|minus", Word::Minus),
    (
        "วันหลัง|วันหน้า|ภายหลัง|ทีหลัง|หลังจาก|หลัง|เดี๋ยวก่อน|เดี๋ยว|ว่าง|สักพัก|ซักพัก|สักครู่|เร็วๆนี้|เร็วๆ|คราวหน้า|ครั้งหน้า|รอบหน้า|โอกาสหน้า|เมื่อไหร่|เมื่อไร|ไม่เกิน|ภายใน|ทุก|หรือ|หลาย\
         |ไม่|เกือบ|แล้วแต่|ก็ได้|วันทำการ|กลางวัน|ถัดไป|โน้น|เมื่อคืน|เมื่อกี้|เมื่อเช้า|เมื่อเย็น|เมื่อบ่าย|soon|later on|someday|sometime|asap|or|within|before|after|by|every|following|few|past|working days|business days|except",
        Word::Vague,
    ),
    (
        "ๆ|ฯ|ของ|ในวัน|ใน|ตอน|ช่วง|ณ|ประมาณ|ราว|ราวๆ|สัก|ซัก|แถว|เมื่อ|ตรง|เป๊ะ|ตั้งแต่|ระหว่าง|ค่ะ|คะ|นะคะ|นะครับ|นะ|ครับผม|ครับ|จ้า|จ้ะ|จ๊ะ|ขอเป็น|ขอ|เป็น|นัด|เจอกัน|ว่า\
         |on|of|please|around|about|from|between|sharp|t|for|day of",
        Word::Filler,
    ),
];
