//! From a key in the search palette to its painted rows, as the page itself sees it: `keydown` to the first task after the frame in which
//! the rows changed. WebKit paints before it runs such a task (a change that takes 20 ms to paint delays it by these 20 ms).

use desk_tests::harness::desk::Desk;
use desk_tests::harness::wait::eventually;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thirtyfour::Key;

use crate::e2e_support::{LONG, ctrl, find, gone, key, type_keys, unlock};
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
/// In the page: when the last key went down, when something was there, and how long each key took to rows in the page and painted ones.
pub const WATCH: &str = "window.bench ??= (() => {
    const bench = { key: 0, open: undefined, isPainting: false, at: {}, keys: [] };
    const rows = () => document.querySelector('dialog[open] #hits')?.innerHTML;
    const afterFrame = (then) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => then(performance.now());
        port2.postMessage(0);
    };
    const painted = (then) => requestAnimationFrame(() => afterFrame(then));
    addEventListener('keydown', (event) => {
        if (event.key === 'Control') return;
        bench.key = performance.now();
        bench.open = { typed: event.key, since: bench.key, rows: rows() };
    }, true);
    new MutationObserver(() => {
        const { open } = bench;
        if (!open || open.rows === undefined || rows() === undefined || rows() === open.rows) return;
        const changed = performance.now() - open.since;
        bench.open = undefined;
        bench.isPainting = true;
        painted((now) => {
            bench.isPainting = false;
            bench.keys.push([changed, now - open.since]);
        });
    }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, characterData: true });
    bench.painted = painted;
    bench.watch = (name, css) => {
        // What is there before a frame is painted in it.
        const look = () => document.querySelector(css) ? afterFrame((now) => (bench.at[name] = now - bench.key)) : requestAnimationFrame(look);
        requestAnimationFrame(look);
    };
    return bench;
})();";

/// Waits until the last key's rows are painted, or have not changed for 400 ms; in the page, because asking from outside would disturb it.
const SETTLED: &str = "const done = arguments[0], { bench } = window;
    const look = () => {
        const isOver = !bench.open || performance.now() - bench.key > 400;
        if (isOver && !bench.isPainting) done(true); else setTimeout(look, 20);
    };
    look();";

/// A frame that paints a box of ten pixels, thirty times: nothing is painted sooner.
const FRAMES: &str =
    "const done = arguments[0], took = [], box = document.body.appendChild(document.createElement('div'));
    box.style.cssText = 'position: fixed; left: 0; top: 0; width: 10px; height: 10px';
    const next = () => {
        if (took.length === 30) return box.remove(), done(took);
        const since = performance.now();
        box.style.background = took.length % 2 ? 'red' : 'blue';
        bench.painted(() => { took.push(performance.now() - since); setTimeout(next, 7); });
    };
    next();";

/// On the demo clinic of this PC.
pub async fn demo() {
    let mut pc = desk();
    pc.start(&["--demo"]).await;
    unlock(&pc, "2468").await;
    measure(&mut pc, &["--demo"], "2,000 customers").await;
}

/// On a PC that has a clinic. The first palette ever opened in a home is slow once, whatever the program's age (seen here: about two
/// seconds; it does not return after a restart, so it is a cache of the graphics libraries on disk): it is told apart and not counted.
pub async fn measure(pc: &mut Desk, args: &[&str], size: &str) {
    println!("\nkeys: keydown to painted rows, {size}");
    watch(pc).await;
    type_word(pc, TYPED[0]).await;
    report(
        "the first word in a new home, to painted rows",
        &columns(&keys(pc).await)[1],
    );
    pc.kill();
    forgotten(pc).await;
    pc.start(args).await;
    unlock(pc, "2468").await;
    watch(pc).await;
    for word in TYPED {
        type_word(pc, word).await;
    }
    let keys = keys(pc).await;
    let frames: Vec<f64> = answer(pc, FRAMES).await;
    assert!(keys.len() >= 30, "only {} keys changed the rows", keys.len());
    let [there, painted] = columns(&keys);
    report("key to rows in the page", &there);
    report("key to painted rows", &painted);
    report("a frame with a box of ten pixels", &frames);
    ratio("a key against that frame", &painted, &frames);
    pc.kill();
}

/// Milliseconds of a frame that paints next to nothing; the page looks already.
pub async fn frames(pc: &Desk) -> Vec<f64> {
    answer(pc, FRAMES).await
}

/// Begins to look, once what is there has been painted.
async fn watch(pc: &Desk) {
    pc.window().execute(WATCH, vec![]).await.unwrap();
    let _: Vec<f64> = answer(pc, FRAMES).await;
}

/// Of each key so far: milliseconds to its rows in the page, and to painted ones.
async fn keys(pc: &Desk) -> Vec<[f64; 2]> {
    answer(pc, "arguments[0](window.bench.keys)").await
}

fn columns(keys: &[[f64; 2]]) -> [Vec<f64>; 2] {
    [0, 1].map(|nth| keys.iter().map(|key| key[nth]).collect())
}

/// The bus learns a moment later than we that the killed program is gone; one that starts before would hand over to it.
pub async fn forgotten(pc: &Desk) {
    let bus = pc.bus().connect().await.unwrap();
    let names = zbus::fdo::DBusProxy::new(&bus).await.unwrap();
    eventually("no program of ours on the bus", LONG, async || {
        let names = names.list_names().await.unwrap();
        names.iter().all(|name| !name.contains("SingleInstance")).then_some(())
    })
    .await;
}

pub async fn answer<T: DeserializeOwned>(pc: &Desk, script: &str) -> T {
    let answer = pc.window().execute_async(script, vec![]).await.unwrap();
    answer.convert().unwrap()
}

async fn type_word(pc: &Desk, word: &str) {
    ctrl(pc, 'k').await;
    find(pc, "dialog[open] input:focus").await;
    for letter in word.chars() {
        type_keys(pc, letter.to_string()).await;
        let _: bool = answer(pc, SETTLED).await;
    }
    key(pc, Key::Escape).await;
    gone(pc, "dialog[open]").await;
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
