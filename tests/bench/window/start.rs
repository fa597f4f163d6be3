//! From the start of the process to a painted screen that takes keys, and on to search, in turn with a Tauri window that has nothing in it
//! (`src-tauri/examples/empty-window.rs`): no program of this kind shows anything sooner. Both are started by the same WebDriver; the clock
//! begins with the process, not with the driver.

use std::time::{SystemTime, UNIX_EPOCH};

use desk_tests::harness::desk::Desk;
use desk_tests::harness::wait::{eventually, secs};
use serde_json::Value;

use crate::e2e_support::{ctrl, screen, type_keys};
use crate::keys::{WATCH, at, forgotten};
use crate::{desk, percentile, program, ratio, report};

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

/// On the demo clinic of this PC.
pub async fn demo() {
    let mut pc = desk();
    // The first start makes the demo clinic, which no later one does.
    pc.start(&["--demo"]).await;
    screen(&pc, "lock").await;
    pc.kill();
    measure(&mut pc, &["--demo"], "2,000 customers").await;
}

/// On a PC that has a clinic and is not running.
pub async fn measure(ours: &mut Desk, args: &[&str], size: &str) {
    println!("\nstart: process to painted, {ROUNDS} rounds in turn with an empty Tauri window, {size}");
    let mut blank = Desk::with_app(program().with_file_name("examples").join("empty-window"));
    let [mut empty, mut locked, mut unlocked, mut search] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        empty.push(started(&mut blank, &[], PAINTED).await);
        blank.kill();
        forgotten(ours).await;
        locked.push(started(ours, args, LOCKED).await);
        let (today, palette) = to_search(ours).await;
        unlocked.push(today);
        search.push(palette);
        ours.kill();
    }
    forgotten(ours).await;
    report("empty window", &empty);
    report("lock screen takes keys", &locked);
    report("last key of the PIN to Today", &unlocked);
    report("Ctrl+K to the search field", &search);
    let usable = [&locked, &unlocked, &search]
        .map(|times| percentile(times, 50))
        .iter()
        .sum::<f64>();
    println!("start to usable search, without the person's own time: {usable:.0} ms");
    ratio("lock screen against the empty window", &locked, &empty);
    ratio("usable search against the empty window", &[usable], &empty);
}

/// Milliseconds from the beginning of the process to what the script waits for.
async fn started(pc: &mut Desk, args: &[&str], script: &str) -> f64 {
    pc.start(args).await;
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
