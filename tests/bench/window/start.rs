//! From the start of the process to a painted screen that takes keys, in turn with WebKitGTK's MiniBrowser on a blank page: no program of
//! this kind shows anything sooner. Both are started by the same WebDriver; the clock begins with the process, not with the driver.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use desk_tests::harness::desk::Desk;
use desk_tests::harness::wait::{eventually, secs};
use serde_json::Value;

use crate::e2e_support::{ctrl, screen, type_keys};
use crate::keys::{WATCH, at};
use crate::{desk, percentile, ratio, report};

const ROUNDS: usize = 7;

/// Wall clock, in the page, of the second frame from now.
const PAINTED: &str =
    "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(Date.now())));";
/// The same once the lock screen takes keys.
const LOCKED: &str = "const done = arguments[0];
    const look = () => document.querySelector('[data-screen=\"lock\"]') && document.documentElement.dataset.ready === 'true'
        ? requestAnimationFrame(() => requestAnimationFrame(() => done(Date.now())))
        : requestAnimationFrame(look);
    look();";

pub async fn measure() {
    println!(
        "\nstart: process to painted, {ROUNDS} rounds in turn; the empty window is WebKitGTK's MiniBrowser on about:blank"
    );
    let (mut ours, mut blank) = (desk(), Desk::with_app(mini_browser()));
    // The first start makes the demo clinic, which no later one does.
    ours.start(&["--demo"]).await;
    screen(&ours, "lock").await;
    ours.kill();
    let [mut empty, mut locked, mut unlocked, mut search] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        empty.push(started(&mut blank, "--automation", PAINTED).await);
        blank.kill();
        locked.push(started(&mut ours, "--demo", LOCKED).await);
        let (today, palette) = to_search(&ours).await;
        unlocked.push(today);
        search.push(palette);
        ours.kill();
    }
    report("empty window", &empty);
    report("lock screen takes keys", &locked);
    report("last key of the PIN to Today", &unlocked);
    report("Ctrl+K to the search field", &search);
    let usable = percentile(&locked, 50) + percentile(&unlocked, 50) + percentile(&search, 50);
    println!("start to usable search, without the person's own time: {usable:.0} ms");
    ratio("lock screen against the empty window", &locked, &empty);
}

/// Part of the libraries that the program itself needs.
fn mini_browser() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let mut files = folders.map(|folder| folder.path().join("webkit2gtk-4.1/MiniBrowser"));
    files
        .find(|file| file.is_file())
        .expect("MiniBrowser is missing: apt-get install libwebkit2gtk-4.1-0")
}

/// Milliseconds from the beginning of the process to what the script waits for.
async fn started(pc: &mut Desk, argument: &str, script: &str) -> f64 {
    pc.start(&[argument]).await;
    let began = began(pc.window().pid().unwrap());
    // The page that the session began with may still make way for the program's own.
    let ended = eventually("a painted page", secs(40), async || {
        let answer = pc.window().execute_async(script, vec![]).await.ok()?;
        answer.json().as_f64()
    })
    .await;
    ended - began
}

/// When a process began, in milliseconds since 1970; the kernel counts in hundredths of a second since the machine's start.
fn began(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let ticks: f64 = stat
        .rsplit_once(") ")
        .unwrap()
        .1
        .split(' ')
        .nth(19)
        .unwrap()
        .parse()
        .unwrap();
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    (now - uptime + ticks / 100.0) * 1000.0
}

/// As the page sees it: last digit of the PIN to Today, Ctrl+K to the field with the caret in it.
async fn to_search(pc: &Desk) -> (f64, f64) {
    let watch = async |name: &str, css: &str| {
        let script = format!("{WATCH} window.bench.watch(arguments[0], arguments[1]);");
        let words = vec![Value::from(name), Value::from(css)];
        pc.window().execute(&script, words).await.unwrap();
    };
    watch("today", "[data-screen=\"today\"]").await;
    type_keys(pc, "2468").await;
    let today = at(pc, "today").await;
    watch("search", "dialog[open] input:focus").await;
    ctrl(pc, 'k').await;
    (today, at(pc, "search").await)
}
