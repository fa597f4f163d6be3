//! `desk-server worker`: fires what is due, and the commands around it. How it runs is in [`run`].

mod run;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use desk_clinic::connect::{PgConnection, Place};
use desk_clinic::worker::{Standing, Worker, install, remove, standing};
use desk_clinic::{ClinicError, Result};

use crate::cli::{WorkerCommand, WorkerInstall};

pub(crate) use run::run;

pub(crate) async fn administer(conn: &mut PgConnection, place: Place, what: WorkerCommand) -> Result<ExitCode> {
    match what {
        WorkerCommand::Install(wanted) => print_installed(conn, place, wanted).await?,
        WorkerCommand::Status { json } => return print_standing(&standing(conn).await?, json),
        WorkerCommand::Remove { login } => {
            remove(conn, &login).await?;
            println!("ปิดสิทธิ์ของ {login} แล้ว / {login} is ended");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The password is written into a file that only its owner may read, and nowhere else: not on the screen, not into the shell's history.
async fn print_installed(conn: &mut PgConnection, place: Place, wanted: WorkerInstall) -> Result<()> {
    let mut file = secret_file(&wanted.file)?;
    let place = Place {
        host: wanted.host.unwrap_or(place.host),
        port: wanted.port.unwrap_or(place.port),
        database: place.database,
    };
    let made = install(conn).await;
    if made.is_err() {
        std::fs::remove_file(&wanted.file)?;
    }
    let login = made?;
    writeln!(
        file,
        "# desk-server worker, {}. Whoever reads this may fire due times, and nothing else.",
        login.login
    )?;
    writeln!(file, "DATABASE_URL={}", login.address(&place, wanted.ca.as_deref()))?;
    file.sync_all()?;
    let path = wanted.file.display();
    println!(
        "สร้าง {} แล้ว ที่อยู่พร้อมรหัสผ่านอยู่ในไฟล์ {path} (อ่านได้เฉพาะเจ้าของไฟล์)",
        login.login
    );
    println!(
        "made {}; its address with the password is in {path}, for its owner's eyes only",
        login.login
    );
    println!(
        "\nให้โปรแกรมทำงานตลอดเวลา ดูตัวอย่าง systemd ใน docs/it/worker.md / to have it run for ever, see docs/it/worker.md; to try it now:"
    );
    println!("  set -a; . {path}; set +a; desk-server worker");
    Ok(())
}

fn secret_file(path: &Path) -> Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?)
}

fn print_standing(standing: &Standing, is_json: bool) -> Result<ExitCode> {
    if is_json {
        let text = serde_json::to_string(standing).map_err(|_| ClinicError::Answer("standing"))?;
        println!("{text}");
    } else {
        standing.workers.iter().for_each(|worker| println!("{}", line(worker)));
        println!("{}", summary(standing));
    }
    Ok(if standing.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

fn line(worker: &Worker) -> String {
    let state = match (worker.is_alive, worker.stopped_at) {
        (true, _) => format!("ทำงานอยู่ / runs since {}", minute(worker.started_at)),
        (false, Some(at)) => format!("หยุดแล้ว / stopped {}", minute(at)),
        (false, None) => format!("เงียบไป / not heard since {}", minute(worker.beat_at)),
    };
    format!("{:<24} {state}, fired {}", worker.name, worker.fired)
}

fn summary(standing: &Standing) -> String {
    let (waiting, failed) = (standing.waiting, standing.failed);
    let counts = format!("รอ {waiting} เลิกพยายาม {failed} / {waiting} wait, {failed} given up");
    if standing.is_well() {
        return format!("{counts}; ตรงเวลา / on time");
    }
    if standing.workers.iter().any(|worker| worker.is_alive) {
        return format!("{counts}; ช้า {0:.0} วินาที / {0:.0} seconds late", standing.late_seconds);
    }
    format!("{counts}; ไม่มีโปรแกรมทำงานอยู่ / no worker runs: desk-server worker")
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
