//! `desk-server clinic`.

use std::process::ExitCode;

use desk_clinic::Result;
use desk_clinic::connect::PgConnection;
use desk_clinic::settings::{self, Settings};

use crate::cli::Clinic;

pub(crate) async fn run(conn: &mut PgConnection, what: Clinic) -> Result<ExitCode> {
    let clinic = match what {
        Clinic::Show { clinic } => clinic,
        Clinic::Set { clinic, change } => {
            settings::set(conn, &clinic, &change.into()).await?;
            clinic
        }
    };
    print(&settings::settings(conn, &clinic).await?);
    Ok(ExitCode::SUCCESS)
}

fn print(settings: &Settings) {
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let number = |number: Option<i32>| number.unwrap_or_default();
    println!("เขตเวลา / time zone: {}", word(&settings.timezone));
    println!(
        "เวลาเงียบ / quiet hours: {} – {}",
        word(&settings.quiet_from),
        word(&settings.quiet_to)
    );
    println!(
        "คะแนนลีดร้อน / hot lead from: {} / 100",
        number(settings.hot_lead_threshold)
    );
    println!(
        "เครื่องที่ไม่ได้ติดต่อจะล็อกเมื่อครบ / a PC without contact locks after: {} วัน / days",
        number(settings.days_unseen)
    );
}
