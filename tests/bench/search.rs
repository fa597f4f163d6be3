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
    let first = measure(&cache, &keys[..keys.len().min(40)]);
    let mut warm = measure(&cache, &keys);
    let slowest: Vec<String> = slowest(&cache, &keys)
        .iter()
        .map(|(text, took)| format!("{text} {took:.1?}"))
        .collect();
    report("search, first 40 keystrokes after opening", &mut first.clone());
    report("search, per keystroke", &mut warm);
    println!("slowest: {}", slowest.join(" | "));
    let (mut by_key, mut like) = (floor_by_key(&cache), floor_like(&cache));
    report("floor: one look-up by key", &mut by_key);
    report("peer: LIKE over customer", &mut like);
    let median = |times: &[Duration]| times[times.len() / 2].as_secs_f64();
    println!(
        "ratio of medians: search = {:.0} look-ups by key = {:.3} of a LIKE scan",
        median(&warm) / median(&by_key),
        median(&warm) / median(&like)
    );
    check_p95(&warm, customers);
}

/// The bar of the product: an answer within 5 ms at the 95th percentile.
fn check_p95(times: &[Duration], customers: usize) {
    let p95 = percentile(times, 95);
    println!(
        "{} p95 {p95:.2?} among {customers} customers, the bar is 5 ms",
        if p95 < Duration::from_millis(5) { "PASS" } else { "FAIL" }
    );
    assert!(p95 < Duration::from_millis(5));
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
    loader.finish("demo", &[]).unwrap();
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
    (0..5).flat_map(|_| keys.iter().map(|text| one(cache, text))).collect()
}

fn slowest(cache: &Cache, keys: &[String]) -> Vec<(String, Duration)> {
    let mut each: Vec<(String, Duration)> = keys.iter().map(|text| (text.clone(), one(cache, text))).collect();
    each.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
    each.truncate(8);
    each
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
    let typed = ["%พลอย%", "%เจริญกุล%", "%5678%", "%qqzzxx%", "%carter%"];
    typed
        .iter()
        .cycle()
        .take(10)
        .map(|like| {
            timed(|| {
                drop(
                    statement
                        .query_map([like], |row| row.get::<_, Vec<u8>>(0))
                        .unwrap()
                        .count(),
                )
            })
        })
        .collect()
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() - 1) * percent / 100]
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let max = times[times.len() - 1];
    println!(
        "{what}: {} times, p50 {:.2?}, p95 {:.2?}, max {max:.2?}",
        times.len(),
        percentile(times, 50),
        percentile(times, 95)
    );
}
