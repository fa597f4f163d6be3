//! `desk-server doctor`: what `verify` finds, and what it cannot know.

use std::process::ExitCode;

use desk_clinic::Result;
use desk_clinic::connect::PgConnection;
use desk_clinic::doctor::{Severity, examine};
use desk_clinic::migrate::verify;

pub(crate) async fn run(conn: &mut PgConnection) -> Result<ExitCode> {
    let problems = verify(conn).await?;
    for problem in &problems {
        println!("WRONG   {} {}: {}", problem.kind, problem.name, problem.what);
    }
    let findings = examine(conn).await?;
    for finding in &findings {
        let mark = match finding.severity {
            Severity::Hole => "HOLE  ",
            Severity::Late => "LATE  ",
            Severity::Advice => "advice",
        };
        println!("{mark}  {} ({}): {}", finding.subject, finding.code, finding.text);
    }
    let is_well = problems.is_empty() && findings.iter().all(|finding| finding.severity == Severity::Advice);
    println!("{}", if is_well { "no holes found" } else { "see above" });
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
