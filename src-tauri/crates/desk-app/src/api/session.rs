//! Start, connect, unlock: who is at this PC and which clinic it belongs to.

use desk_core::day;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// Where the program stands when the window opens.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StartState {
    /// Which screen comes first.
    pub phase: Phase,
    /// The clinic of this PC, once there is one. Its name is readable before anyone unlocks.
    pub clinic: Option<ClinicName>,
    /// The clinic's day, by which every time is shown; the usual one as long as there is no clinic.
    pub day: ClinicDay,
    /// The people who use this PC.
    pub people: Vec<Person>,
    /// Who is signed in.
    pub me: Option<Person>,
    /// This is the demo clinic: nothing leaves the PC.
    pub is_demo: bool,
    /// What this PC is called, for example "PC-A".
    pub device: String,
    /// Version of the program.
    pub version: String,
    /// Progress of the first load while `phase` is `loading`.
    pub loading: Option<Loading>,
    /// Why the program cannot go on, while `phase` is `blocked`, or why it is back at the lock or the first screen: an error code.
    pub blocked: Option<String>,
    /// When the clinic was last heard, if that is so long ago that nobody may unlock until it is heard again.
    pub stale_since: Option<i64>,
    /// An enrolment link that was opened from outside, ready to be confirmed.
    pub offered_code: Option<String>,
}

/// Which screen comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No clinic yet: connect or try the demo.
    FirstStart,
    /// The first load is running.
    Loading,
    /// A person must unlock with a PIN.
    Locked,
    /// Someone is signed in.
    Ready,
    /// The cache cannot be used (newer version, damaged, keyring missing).
    Blocked,
}

/// A clinic's name in both languages.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClinicName {
    /// Thai name.
    pub th: String,
    /// English name.
    pub en: String,
}

/// By which clock the clinic lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClinicDay {
    /// Name of the zone in the IANA database, one that this program knows.
    pub timezone: String,
    /// The clinic's quiet hours begin, `HH:MM`.
    pub quiet_from: String,
    /// They end, `HH:MM`.
    pub quiet_to: String,
    /// Days without contact after which a PC locks.
    #[serde(default = "a_week")]
    pub days_unseen: u32,
}

/// A PC whose people were written down before a clinic could say has the usual week.
fn a_week() -> u32 {
    7
}

impl Default for ClinicDay {
    fn default() -> Self {
        Self {
            timezone: day::USUAL_ZONE.name().into(),
            quiet_from: "20:00".into(),
            quiet_to: "09:00".into(),
            days_unseen: a_week(),
        }
    }
}

/// A person who uses this PC.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The person.
    pub id: Uuid,
    /// What colleagues call them.
    pub nickname: String,
    /// What they do.
    pub role: Role,
    /// When the PIN may be tried again, while it is paused.
    pub paused_until: Option<i64>,
    /// The clinic has ended their login here: their PIN opens nothing until they have a new code.
    pub has_ended: bool,
}

/// What a person does in the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Owns the clinic.
    Owner,
    /// Runs it.
    Manager,
    /// Works at the counter.
    FrontDesk,
    /// Sells.
    Sales,
    /// Treats.
    Beautician,
}

/// How far the first load is.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Loading {
    /// The noun being loaded.
    pub noun: String,
    /// Rows loaded so far, all nouns.
    pub rows: i64,
    /// Rows expected, an estimate of the database.
    pub expected: i64,
}

/// Connect this PC to a clinic with a one-time code and choose a PIN. Errors: `code_malformed`, `code_expired`, `code_used`,
/// `clinic_unreachable`, `certificate_refused`, `pin_weak`, `keyring_missing`, `keyring_locked`, `other_clinic`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connect {
    /// The code or the whole `aura://enrol/…` link.
    pub code: String,
    /// Four digits.
    pub pin: String,
    /// What this PC is to be called.
    pub device: String,
}

/// Unlock as a person. Errors: `wrong_pin` (fields: `left`), `pin_paused` (fields: `until`), `cache_stale` (fields: `since`).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unlock {
    /// Who.
    pub person: Uuid,
    /// Four digits.
    pub pin: String,
}
