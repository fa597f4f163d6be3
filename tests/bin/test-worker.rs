//! `desk-server` for tests of this package: the same few lines as its own `main`, so that cargo builds it before they run.

use std::process::ExitCode;

use clap::Parser as _;
use desk_server::cli::{Cli, run};
use desk_server::sentence;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("desk-server: {}", sentence(&error));
            ExitCode::FAILURE
        }
    }
}
