//! The few words that leave the window: those of toasts, and of the list that is their record. Everything else is put into words by the window itself.

use crate::api::settings::Language;

/// What a toast says.
pub(crate) struct Words(pub(crate) Language);

impl Words {
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

    pub(crate) fn digest(&self, followups: usize, leads: usize) -> String {
        match self.0 {
            Language::Th => format!("งานครบกำหนด {followups} · ลีดร้อน {leads}"),
            Language::En => format!("Due {followups} · hot leads {leads}"),
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
