//! `desk-server pc`.

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use desk_clinic::Result;
use desk_clinic::connect::PgConnection;
use desk_clinic::pc::{PcLogin, Unsent, list, order_wipe};

use crate::cli::Pc;

pub(crate) async fn run(conn: &mut PgConnection, what: Pc) -> Result<ExitCode> {
    match what {
        Pc::List => list(conn).await?.iter().for_each(|row| println!("{}", line(row))),
        Pc::Wipe {
            device,
            clinic,
            keep_unsent: true,
        } => print_wipe_after_sending(order_wipe(conn, &clinic, &device, Unsent::SentFirst).await?),
        Pc::Wipe { device, clinic, .. } => print_wipe(order_wipe(conn, &clinic, &device, Unsent::Destroyed).await?),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_wipe(logins: i32) {
    println!("สั่งล้างเครื่องแล้ว ปิดสิทธิ์ {logins} รายการทันที งานที่ยังไม่ได้ส่งจะหายไปด้วย เครื่องจะล้างตัวเองเมื่อติดต่อคลินิกครั้งถัดไป");
    println!(
        "ordered; {logins} logins ended now. What was not sent is destroyed too. The PC wipes itself at its next contact:"
    );
    println!("  desk-server pc list");
}

fn print_wipe_after_sending(logins: i32) {
    println!("สั่งล้างเครื่องแล้ว ({logins} รายการ) เครื่องจะส่งงานที่ค้างก่อนแล้วจึงล้างตัวเอง สิทธิ์สิ้นสุดเมื่อล้างเสร็จ");
    println!("ordered for {logins} logins. The PC sends what waits and then wipes itself; its access ends with that:");
    println!("  desk-server pc list");
}

fn line(row: &PcLogin) -> String {
    format!(
        "{}  {:<20} {:<12} {}",
        row.clinic_name,
        row.device,
        row.nickname.as_deref().unwrap_or(&row.display_name),
        state(row)
    )
}

fn state(row: &PcLogin) -> String {
    match (row.wiped_at, row.wipe_ordered_at, row.disabled_at) {
        (Some(at), ..) => format!("ล้างแล้ว / wiped {}", minute(at)),
        (None, Some(at), _) => {
            let first = if row.wipe_keeps_unsent { ", after sending" } else { "" };
            format!(
                "สั่งล้างแล้ว เครื่องยังไม่ยืนยัน / wipe ordered {}{first}, not confirmed",
                minute(at)
            )
        }
        (None, None, Some(at)) => format!("ปิดแล้ว / off since {}", minute(at)),
        (None, None, None) => format!("ใช้งานอยู่ / on since {}", minute(row.enrolled_at)),
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
