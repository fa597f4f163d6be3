//! `desk-server loyalty`.

use std::process::ExitCode;

use desk_clinic::Result;
use desk_clinic::connect::PgConnection;
use desk_clinic::loyalty::{self, Adopted, Allowances, Difference};

use crate::cli::Loyalty;

pub(crate) async fn run(conn: &mut PgConnection, what: Loyalty) -> Result<ExitCode> {
    match what {
        Loyalty::Verify { clinic } => verify(conn, clinic.as_deref()).await,
        Loyalty::Adopt { clinic } => adopt(conn, clinic.as_deref()).await,
        Loyalty::Allowance { clinic, change } => allowance(conn, &clinic, change.into()).await,
    }
}

async fn verify(conn: &mut PgConnection, clinic: Option<&str>) -> Result<ExitCode> {
    let mut differences = 0;
    for (code, id) in loyalty::clinics(conn, clinic).await? {
        let found = loyalty::verify(conn, id).await?;
        println!("{code}: {} ความต่าง / differences", found.len());
        found.iter().for_each(tell);
        differences += found.len();
    }
    Ok(if differences == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell(difference: &Difference) {
    let number = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    println!(
        "  {} {}: ควรเป็น / should be {}, พบ / found {}",
        difference.customer_id,
        difference.what,
        number(difference.should),
        number(difference.found)
    );
}

async fn adopt(conn: &mut PgConnection, clinic: Option<&str>) -> Result<ExitCode> {
    for (code, id) in loyalty::clinics(conn, clinic).await? {
        let report = loyalty::adopt(conn, id).await?;
        println!("{code}: รับยอดลูกค้า / customers taken over: {}", report.len());
        report.iter().for_each(tell_adopted);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_adopted(adopted: &Adopted) {
    println!(
        "  {} ลงรายการ / entries booked {}, ยอดที่แจ้งลูกค้า / promised {}, ยอดตามรายการ / by entries {}, ยอดยกมา / opening entry {:+}",
        adopted.customer_id, adopted.booked, adopted.promised, adopted.ledger, adopted.opening
    );
}

async fn allowance(conn: &mut PgConnection, clinic: &str, change: Allowances) -> Result<ExitCode> {
    for (_, id) in loyalty::clinics(conn, Some(clinic)).await? {
        if change != Allowances::default() {
            loyalty::set_allowances(conn, id, change).await?;
        }
        let now = loyalty::allowances(conn, id).await?;
        let number = |number: Option<i32>| number.unwrap_or_default();
        println!("แลกออฟไลน์ต่อวัน / redeemed offline in a day:");
        println!("  ต่อเครื่อง / by a PC: {}", number(now.per_pc));
        println!("  ต่อลูกค้าหนึ่งคน / by one customer: {}", number(now.per_customer));
        println!("  ทั้งคลินิก / by the whole clinic: {}", number(now.whole));
    }
    Ok(ExitCode::SUCCESS)
}
