//! Errors as one plain English sentence each, with what to do next.

use desk_clinic::ClinicError;

/// What to print for an error.
pub fn sentence(error: &ClinicError) -> String {
    match error {
        ClinicError::Refused { code, .. } => refusal(code),
        ClinicError::TooOld => {
            "this database has not been migrated, or only by an older Aura Desk: desk-server migrate up".into()
        }
        ClinicError::TooNew => "a newer Aura Desk has migrated this database; use that one".into(),
        other => other.to_string(),
    }
}

fn refusal(code: &str) -> String {
    let words = match code {
        "clinic_not_found" => "no clinic has this code or id",
        "person_not_found" => "nobody has this e-mail or id; add --create to make them a user",
        "person_must_sign_up_first" => {
            "with Supabase a person signs up in the web system first, then gets a login here"
        }
        "timezone_unknown" => "ไม่รู้จักเขตเวลานี้ ตัวอย่าง Asia/Bangkok / no such time zone; an example is Asia/Bangkok",
        "pc_not_found" => {
            "ไม่มีเครื่องชื่อนี้ที่ยังไม่ถูกล้าง ดูชื่อได้ด้วย desk-server pc list / no PC of this name is left to wipe; desk-server pc list shows the names"
        }
        "clinic_exists" => "a clinic with this code is there already; nothing was changed. To fill it: --clinic",
        "clinic_code_invalid" => "a clinic's code has 1 to 20 letters, digits, - or _",
        "clinic_has_customers" => {
            "คลินิกนี้มีลูกค้าอยู่แล้ว ไม่มีอะไรเปลี่ยน / this clinic has customers already, and the demo fills only an empty one; nothing was changed"
        }
        "demo_seed_taken" => {
            "these made-up people are in another clinic of this database already; nothing was changed. Choose others: --seed NUMBER"
        }
        "role_unknown" => "the role must be owner, manager, front_desk, sales or beautician",
        "worker_not_found" => {
            "ไม่มีสิทธิ์ชื่อนี้ ดูชื่อได้ด้วย desk-server worker status --json / no worker has this login; desk-server worker status --json lists them"
        }
        "minutes_out_of_range" => "a code may work for 1 minute to 7 days",
        other => other,
    };
    words.to_owned()
}
