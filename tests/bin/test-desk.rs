//! A desk as a process of its own, to be killed: the real desk behind HTTP ([`desk_tests::server`]) on a folder that stays, with a keyring of
//! files beside it. Prints its address as its one line and runs until it is ended from outside. Its clock differs from the real time by as many
//! seconds as the file `clock` in the folder says at any moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use desk_tests::harness::ports::Files;
use desk_tests::server::Served;

#[tokio::main]
async fn main() {
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr);
    log.with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    let folder: PathBuf = std::env::args_os().nth(1).map(Into::into).unwrap_or_default();
    assert!(folder.is_dir(), "usage: test-desk FOLDER");
    let keyring = Files::in_folder(&folder.join("keyring"));
    let served = Served::on(&folder.join("data"), Arc::new(keyring), &folder.join("pages")).await;
    let clock = folder.join("clock");
    served.clock.differ(said_in(&clock));
    println!("{}", served.address());
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        served.clock.differ(said_in(&clock));
    }
}

fn said_in(clock: &Path) -> i64 {
    fs::read_to_string(clock)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or_default()
}
