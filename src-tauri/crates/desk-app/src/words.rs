//! The few words that leave the window: those of toasts, and of the list that is their record. Everything else is put into words by the window itself.

use std::collections::BTreeMap;

use desk_core::{phrase, toast::Class};

use crate::api::settings::Language;

/// What a toast says.
pub(crate) struct Words(pub(crate) Language);

impl Words {
    /// What the clinic's database wrote into a notification, for its reader.
    pub(crate) fn clinics(&self, title: &str, message: &str) -> (String, String) {
        match self.0 {
            Language::Th => (title.to_owned(), message.to_owned()),
            Language::En => phrase::notice(title, message),
        }
    }

    pub(crate) fn hot_lead(&self, name: &str, minutes: i64) -> String {
        match self.0 {
            Language::Th if minutes < 1 => format!("{} เพิ่งเข้ามา", self.lead(name)),
            Language::Th => format!("{} รอ {minutes} นาที", self.lead(name)),
            Language::En if minutes < 1 => format!("{}, just in", self.lead(name)),
            Language::En => format!("{}, waiting {minutes} min", self.lead(name)),
        }
    }

    pub(crate) fn lead(&self, name: &str) -> String {
        match self.0 {
            Language::Th => format!("ลีดร้อน: {name}"),
            Language::En => format!("Hot lead: {name}"),
        }
    }

    pub(crate) fn next_step(&self, name: &str) -> String {
        match self.0 {
            Language::Th => format!("ถึงเวลาติดต่อลีด: {name}"),
            Language::En => format!("Lead, next step: {name}"),
        }
    }

    pub(crate) fn next_step_hint(&self) -> String {
        match self.0 {
            Language::Th => "เปิดเพื่อดูว่าคุยอะไรไว้".into(),
            Language::En => "Open it to see what was said".into(),
        }
    }

    pub(crate) fn followup(&self, name: &str) -> String {
        match self.0 {
            Language::Th => format!("ถึงเวลาติดตาม: {name}"),
            Language::En => format!("Follow-up due: {name}"),
        }
    }

    /// On a shared PC the toast does not say what was treated.
    pub(crate) fn followup_how(&self, channel: &str) -> String {
        match (self.0, channel) {
            (Language::Th, "call") => "โทรถามอาการ".into(),
            (Language::Th, _) => "ติดตามที่คลินิก".into(),
            (Language::En, "call") => "Call to ask how it went".into(),
            (Language::En, _) => "Follow up in person".into(),
        }
    }

    /// "Tasks due 40 · hot leads 3": what there is of each class.
    pub(crate) fn digest(&self, counts: &BTreeMap<Class, usize>) -> String {
        let parts: Vec<String> = counts
            .iter()
            .map(|(class, count)| format!("{} {count}", self.class(*class)))
            .collect();
        parts.join(" · ")
    }

    fn class(&self, class: Class) -> &'static str {
        let (th, en) = match class {
            Class::Task => ("งานครบกำหนด", "Tasks due"),
            Class::Followup => ("ติดตามครบกำหนด", "Follow-ups due"),
            Class::Visit => ("ลูกค้ามาถึง", "Arrivals"),
            Class::Booking => ("นัดหมาย", "Bookings"),
            Class::Journey => ("ความคืบหน้าลูกค้า", "Journeys"),
            Class::Attention => ("ต้องตัดสินใจ", "To decide"),
            Class::Clinic => ("เรื่องของคลินิก", "Clinic matters"),
            Class::HotLead => ("ลีดร้อน", "Hot leads"),
        };
        match self.0 {
            Language::Th => th,
            Language::En => en,
        }
    }

    pub(crate) fn task_due(&self, name: &str) -> String {
        match self.0 {
            Language::Th => format!("งานถึงกำหนด: {name}"),
            Language::En => format!("Task due: {name}"),
        }
    }

    /// A task that the clinic tells of before it is due: it is new, or something has happened that it waited for.
    pub(crate) fn task_told(&self, kind: &str, name: &str) -> String {
        match (self.0, kind) {
            (Language::Th, "task_assigned") => format!("งานใหม่: {name}"),
            (Language::En, "task_assigned") => format!("New task: {name}"),
            (Language::Th, "task_woken") => format!("งานที่พักไว้ถึงเวลาแล้ว: {name}"),
            (Language::En, "task_woken") => format!("A resting task is back: {name}"),
            (_, _) => self.task_due(name),
        }
    }

    /// In the words of the window; what is typed in a task is not shown.
    pub(crate) fn task_kind(&self, kind: &str) -> String {
        let (th, en) = match kind {
            "scan_customer" => ("สแกนผิว", "Scan"),
            "send_proposal" => ("ใบเสนอราคา", "Proposal"),
            "prepare_treatment" => ("เตรียมทรีตเมนต์", "Preparation"),
            "follow_up_upsell" => ("แนะนำบริการต่อ", "Offer what comes next"),
            "customer_follow_up" => ("โทรติดตาม", "Follow-up call"),
            "payment_reminder" => ("เตือนชำระเงิน", "Payment reminder"),
            "appointment_reminder" => ("เตือนนัด", "Booking reminder"),
            "review_request" => ("ขอรีวิว", "Review request"),
            _ => ("เปิดเพื่อดูว่าต้องทำอะไร", "Open it to see what to do"),
        };
        match self.0 {
            Language::Th => th.into(),
            Language::En => en.into(),
        }
    }

    /// What the clinic did not take, without what was typed.
    pub(crate) fn refused(&self, taken_by: Option<&str>) -> String {
        match (self.0, taken_by) {
            (Language::Th, Some(name)) => format!("{name} รับลีดนี้ไปก่อนแล้ว"),
            (Language::En, Some(name)) => format!("{name} took this lead first"),
            (Language::Th, None) => "มีงานที่คลินิกไม่รับ".into(),
            (Language::En, None) => "The clinic did not take something you did".into(),
        }
    }

    pub(crate) fn refused_hint(&self) -> String {
        match self.0 {
            Language::Th => "เปิดเพื่อตัดสินใจ".into(),
            Language::En => "Open it to decide".into(),
        }
    }

    /// A notification of another program may say anything: its toast says only of what kind it is.
    pub(crate) fn notice(&self, class: Class) -> String {
        match self.0 {
            Language::Th => format!("แจ้งเตือนด่วน: {}", self.class(class)),
            Language::En => format!("Important: {}", self.class(class).to_lowercase()),
        }
    }

    pub(crate) fn notice_hint(&self) -> String {
        match self.0 {
            Language::Th => "เปิดเพื่ออ่าน".into(),
            Language::En => "Open it to read".into(),
        }
    }

    pub(crate) fn digest_hint(&self) -> String {
        match self.0 {
            Language::Th => "เปิดหน้าวันนี้เพื่อดูทั้งหมด".into(),
            Language::En => "Open Today to see them all".into(),
        }
    }

    pub(crate) fn someone(&self) -> String {
        match self.0 {
            Language::Th => "ลูกค้า".into(),
            Language::En => "a client".into(),
        }
    }

    pub(crate) fn open(&self) -> String {
        match self.0 {
            Language::Th => "เปิด".into(),
            Language::En => "Open".into(),
        }
    }

    pub(crate) fn done(&self) -> String {
        match self.0 {
            Language::Th => "เสร็จ".into(),
            Language::En => "Done".into(),
        }
    }

    pub(crate) fn claim(&self) -> String {
        match self.0 {
            Language::Th => "รับ".into(),
            Language::En => "Claim".into(),
        }
    }

    pub(crate) fn snooze(&self) -> String {
        match self.0 {
            Language::Th => "เลื่อน".into(),
            Language::En => "Snooze".into(),
        }
    }
}
