//! `desk-server demo`: a clinic full of made-up people, to try everything on.

use std::process::ExitCode;

use chrono::Utc;
use desk_clinic::Result;
use desk_clinic::connect::PgConnection;
use desk_clinic::demo::{Into, Made, fill};

use crate::cli::Demo;

pub(crate) async fn run(conn: &mut PgConnection, wanted: Demo) -> Result<ExitCode> {
    let into = match (&wanted.place.clinic, &wanted.place.new_clinic) {
        (Some(word), _) => Into::Existing(word),
        (None, code) => Into::New(code.as_deref().unwrap_or_default()),
    };
    let (seed, size) = (wanted.seed, wanted.customers);
    let demo = wanted.today.map_or_else(
        || desk_core::demo::Demo::at(seed, size, Utc::now()),
        |today| desk_core::demo::Demo::new(seed, size, today),
    );
    print(&fill(conn, into, &demo).await?);
    Ok(ExitCode::SUCCESS)
}

fn print(made: &Made) {
    let customers = rows(made, "customer");
    println!(
        "เติมคลินิก {} ({}) ด้วยลูกค้าสมมุติ {customers} คนแล้ว",
        made.name_th, made.prefix
    );
    println!(
        "filled {} ({}) with {customers} made-up customers\n",
        made.name_en, made.prefix
    );
    for (noun, rows) in &made.rows {
        println!("{rows:>9}  {noun}");
    }
    println!();
    for person in &made.people {
        println!("{:<10} {:<12} {}", person.nickname, person.role, person.email);
    }
    let first = made.people.first().map_or("EMAIL", |person| person.email.as_str());
    println!("\nขอรหัสเชื่อมเครื่องให้พนักงานคนใดก็ได้ด้วยคำสั่งนี้ / for a code that connects a PC as any of them:");
    println!("  desk-server staff add --clinic {} --user {first}", made.prefix);
}

fn rows(made: &Made, wanted: &str) -> u64 {
    made.rows
        .iter()
        .find(|(noun, _)| *noun == wanted)
        .map_or(0, |(_, rows)| *rows)
}
