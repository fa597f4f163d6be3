//! `desk-server staff`.

use std::process::ExitCode;

use desk_clinic::Result;
use desk_clinic::connect::{PgConnection, Place};
use desk_clinic::staff::{NewStaff, StaffLogin, add, disable, list};

use crate::cli::{Add, Staff};

pub(crate) async fn run(conn: &mut PgConnection, place: Place, what: Staff) -> Result<ExitCode> {
    match what {
        Staff::Add(new) => print_added(conn, place, new).await?,
        Staff::List => list(conn).await?.iter().for_each(|row| println!("{}", line(row))),
        Staff::Disable { clinic, user } => println!("ended {} logins", disable(conn, &clinic, &user).await?),
    }
    Ok(ExitCode::SUCCESS)
}

async fn print_added(conn: &mut PgConnection, place: Place, new: Add) -> Result<()> {
    let ca = new.ca.as_deref().map(std::fs::read_to_string).transpose()?;
    let (quiet, host) = (new.quiet, new.host.unwrap_or(place.host));
    let staff = NewStaff {
        clinic: new.clinic,
        user: new.user,
        create: new.create,
        nickname: new.nickname,
        display_name: new.name,
        role: new.role,
        valid_minutes: new.valid_minutes,
        host,
        port: new.port.unwrap_or(place.port),
        database: place.database,
        ca,
    };
    let ticket = add(conn, &staff).await?;
    if !quiet {
        println!(
            "Paste this code into Aura Desk on the PC, or open the link there. It works once, until {}.\n",
            ticket.expires_at.format("%Y-%m-%d %H:%M UTC")
        );
    }
    println!("{}", ticket.code());
    if !quiet {
        println!("\n{}", ticket.link());
    }
    Ok(())
}

fn line(row: &StaffLogin) -> String {
    let state = match (&row.login, row.disabled_at, row.enrolled_at, row.code_expires_at) {
        (None, ..) => "no login".to_owned(),
        (_, Some(at), ..) => format!("off since {}", at.format("%Y-%m-%d")),
        (_, _, Some(at), _) => format!(
            "on {} since {}",
            row.device.as_deref().unwrap_or("a PC"),
            at.format("%Y-%m-%d")
        ),
        (_, _, _, Some(at)) => format!("code unused, until {}", at.format("%Y-%m-%d %H:%M UTC")),
        _ => "code unused".to_owned(),
    };
    let left = if row.active { "" } else { " (left)" };
    format!(
        "{}  {:<24} {:<10} {:<10} {state}{left}",
        row.clinic_name,
        row.display_name,
        row.nickname.as_deref().unwrap_or("-"),
        row.role
    )
}
