//! `desk-server migrate`.

use std::process::ExitCode;

use desk_clinic::Result;
use desk_clinic::connect::PgConnection;
use desk_clinic::migrate::{Data, down, status, up, verify};

use crate::cli::Migrate;

pub(crate) async fn run(conn: &mut PgConnection, what: Migrate) -> Result<ExitCode> {
    match what {
        Migrate::Up => print_up(&up(conn).await?),
        Migrate::Down { with_data } => {
            let data = with_data.map_or(Data::Refuse, Data::DumpTo);
            for kept in down(conn, data).await? {
                println!("wrote {} rows of {}", kept.rows, kept.table);
            }
            println!("the schema is what it was before Aura Desk");
        }
        Migrate::Status => print_status(conn).await?,
        Migrate::Verify => return print_verify(conn).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn print_up(applied: &[i64]) {
    match applied.len() {
        0 => println!("nothing to do"),
        count => println!("applied {count} migrations, all or nothing"),
    }
}

async fn print_status(conn: &mut PgConnection) -> Result<()> {
    for step in status(conn).await? {
        let when = step.applied_at.map_or_else(
            || "to come".to_owned(),
            |at| at.format("%Y-%m-%d %H:%M UTC").to_string(),
        );
        println!("{}  {:<45}  {when}", step.version, step.name);
    }
    Ok(())
}

async fn print_verify(conn: &mut PgConnection) -> Result<ExitCode> {
    let problems = verify(conn).await?;
    for problem in &problems {
        println!("{} {}: {}", problem.kind, problem.name, problem.what);
    }
    if problems.is_empty() {
        println!("all is as it should be");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(2))
}
