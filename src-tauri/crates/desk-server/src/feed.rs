//! `desk-server feed`.

use std::process::ExitCode;

use desk_clinic::Result;
use desk_clinic::connect::PgConnection;
use desk_clinic::keep;

use crate::cli::Feed;

pub(crate) async fn run(conn: &mut PgConnection, what: Feed) -> Result<ExitCode> {
    match what {
        Feed::Trim { clinic, keep_days } => {
            let forgotten = keep::trim(conn, &clinic, keep_days).await?;
            println!("ลืมการลบที่เก่ากว่า {keep_days} วันแล้ว {forgotten} รายการ");
            println!("forgotten: {forgotten} deletions older than {keep_days} days");
        }
        Feed::Reset { clinic } => {
            keep::reset(conn, &clinic).await?;
            println!("ทุกเครื่องจะโหลดข้อมูลใหม่ทั้งหมดเมื่อติดต่อครั้งถัดไป งานที่ยังไม่ได้ส่งยังอยู่");
            println!("every PC loads everything anew at its next contact; unsent work is kept");
        }
    }
    Ok(ExitCode::SUCCESS)
}
