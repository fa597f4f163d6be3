//! From a key in the search palette to its painted rows, as the page itself sees it: `keydown` to the second frame after the rows changed.

use std::time::Duration;

use desk_tests::harness::desk::Desk;
use desk_tests::harness::wait::eventually;
use serde_json::Value;
use thirtyfour::Key;

use crate::e2e_support::{LONG, ctrl, find, gone, key, screen, type_keys, unlock};
use crate::{desk, ratio, report};

/// Typed key by key. Keys that leave the rows as they are (nothing to paint) are not counted.
const TYPED: [&str; 12] = [
    "พลอย",
    "แนน",
    "มายด์",
    "ploy",
    "nan",
    "5678",
    "0812",
    "ศรีสุข",
    "a-0012",
    "sofia",
    "เจริญ",
    "r]vp",
];
/// How long a key may leave the rows alone before it counts as one that does not change them.
const UNCHANGED: Duration = Duration::from_millis(400);

/// In the page: when the last key went down, when something was there, and how long each key took to its painted rows.
pub const WATCH: &str = "window.bench ??= (() => {
    const bench = { key: 0, open: undefined, at: {}, took: [] };
    const rows = () => document.querySelector('dialog[open] #hits')?.innerHTML;
    const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(() => then(performance.now())));
    addEventListener('keydown', (event) => {
        if (event.key === 'Control') return;
        bench.key = performance.now();
        bench.open = { since: bench.key, rows: rows(), k: event.key };
    }, true);
    new MutationObserver(() => {
        const { open } = bench;
        if (!open || open.rows === undefined || rows() === undefined || rows() === open.rows) return;
        bench.open = undefined;
        const changed = performance.now() - open.since;
        painted((now) => { bench.took.push(now - open.since); console.log(1); (bench.dbg ??= []).push([open.k, Math.round(changed), Math.round(now - open.since), document.querySelector('[data-took]')?.dataset.took]); });
    }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, characterData: true });
    bench.watch = (name, css) => {
        const look = () => document.querySelector(css) ? painted((now) => (bench.at[name] = now - bench.key)) : requestAnimationFrame(look);
        look();
    };
    return bench;
})();";

/// Two frames that wait for nothing, thirty times.
const FRAMES: &str = "const done = arguments[0], took = [];
    const next = () => {
        if (took.length === 30) return done(took);
        const since = performance.now();
        requestAnimationFrame(() => requestAnimationFrame(() => { took.push(performance.now() - since); setTimeout(next, 7); }));
    };
    next();";

/// On the demo clinic of this PC.
pub async fn demo() {
    let mut pc = desk();
    pc.start(&["--demo"]).await;
    screen(&pc, "lock").await;
    unlock(&pc, "2468").await;
    measure(&pc, "2,000 customers").await;
    pc.kill();
}

/// On a PC whose person is signed in.
pub async fn measure(pc: &Desk, size: &str) {
    println!("\nkeys: keydown to the second frame after the rows changed, {size}");
    pc.window().execute(WATCH, vec![]).await.unwrap();
    for word in TYPED {
        type_word(pc, word).await;
    }
    let took: Vec<f64> = pc
        .window()
        .execute("return window.bench.took", vec![])
        .await
        .unwrap()
        .convert()
        .unwrap();
    println!("{}", pc.window().execute("return JSON.stringify(window.bench.dbg)", vec![]).await.unwrap().json());
    let frames: Vec<f64> = pc
        .window()
        .execute_async(FRAMES, vec![])
        .await
        .unwrap()
        .convert()
        .unwrap();
    assert!(took.len() >= 30, "only {} keys changed the rows", took.len());
    report("key to painted rows", &took);
    report("two frames alone", &frames);
    ratio("a key against two frames", &took, &frames);
}

async fn type_word(pc: &Desk, word: &str) {
    ctrl(pc, 'k').await;
    find(pc, "dialog[open] input:focus").await;
    for letter in word.chars() {
        let before = counted(pc).await;
        type_keys(pc, letter.to_string()).await;
        let changed = eventually("a key's rows", LONG, async || {
            (counted(pc).await > before).then_some(())
        });
        tokio::time::timeout(UNCHANGED, changed).await.ok();
    }
    key(pc, Key::Escape).await;
    gone(pc, "dialog[open]").await;
}

async fn counted(pc: &Desk) -> u64 {
    let count = pc
        .window()
        .execute("return window.bench.took.length", vec![])
        .await
        .unwrap();
    count.json().as_u64().unwrap()
}

/// Milliseconds from the last key to what `watch` was told under this name.
pub async fn at(pc: &Desk, name: &str) -> f64 {
    eventually(format!("{name} painted"), LONG, async || {
        let script = "return window.bench?.at[arguments[0]] ?? null";
        let answer = pc.window().execute(script, vec![Value::from(name)]).await.ok()?;
        answer.json().as_f64()
    })
    .await
}
