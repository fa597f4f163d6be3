//! A benchmark still runs: one that nobody runs for a week stops fitting the program, and its figures are those of another one.
#![allow(clippy::unwrap_used, reason = "a test: what is not as expected ends it")]

use std::process::Command;

#[test]
fn a_first_load_is_held_against_its_floor() {
    let program = env!("CARGO_BIN_EXE_bench-sync");
    let output = Command::new(program).args(["100", "2", "1"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        said.contains("first load of 300 rows") && said.contains("x the floor"),
        "{said}"
    );
}
