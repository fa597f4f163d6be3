//! Does the window wait for sync? While 200,000 changed customers are taken into a cache of 100,000, page after page without a pause for the
//! network (a real pull waits for PostgreSQL in between), a person's actions are committed and keys of the search answered; both are
//! measured against the same on the same cache at rest. `cargo run --release -p desk-tests --bin bench-busy [customers] [rows]`.
// A benchmark may stop at the first thing that is not as it must be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use desk_cache::{
    Cache, Key,
    change::{self, Action, Destination},
    load::Loader,
    rebase::{self, Change, Entry, Op, Page, Position},
    search::{self, Query},
};
use desk_core::{
    demo::Demo,
    synced::{self, SYNCED, Value},
};
use serde_json::json;
use uuid::Uuid;

const TODAY: &str = "2026-10-01";
/// As many as `desk_sync::postgres` asks for.
const PAGE: usize = 1_000;
const TYPED: [&str; 6] = ["พลอย", "nan", "ศรีสุข", "5678", "0812", "A-0001"];
/// How many actions and keys are measured at rest.
const AT_REST: usize = 200;
/// A person does not press faster.
const BETWEEN: Duration = Duration::from_millis(15);

fn main() {
    let number = |nth: usize, default: usize| std::env::args().nth(nth).map_or(default, |text| text.parse().unwrap());
    let (customers, rows) = (number(1, 100_000), number(2, 200_000));
    let folder = tempfile::tempdir().unwrap();
    let (path, key) = (folder.path().join("cache.db"), Key::new([7; 32]));
    let demo = Demo::new(1, customers, TODAY.parse().unwrap());
    load(&path, &key, &demo);
    let cache = Cache::open(&path, &key).unwrap();
    let tasks = tasks(&cache);

    let rest = AtomicBool::new(true);
    let quiet = watch(&cache, &tasks, &rest, AT_REST);
    quiet.report("at rest");

    let pages = pages(&demo, rows);
    let is_over = AtomicBool::new(false);
    let (busy, took) = thread::scope(|scope| {
        let person = scope.spawn(|| watch(&cache, &tasks, &is_over, usize::MAX));
        let begun = Instant::now();
        for page in &pages {
            rebase::apply(&cache, page).unwrap();
        }
        let took = begun.elapsed();
        is_over.store(true, Ordering::Relaxed);
        (person.join().unwrap(), took)
    });
    println!("{rows} rows taken in, {PAGE} a page, in {took:.1?}");
    busy.report("meanwhile");
    verdict(
        "commit of an action",
        percentile(&busy.commits, 99),
        Duration::from_millis(30),
    );
    verdict(
        "key of the search",
        percentile(&busy.keys, 99),
        Duration::from_millis(20),
    );
}

fn load(path: &Path, key: &Key, demo: &Demo) {
    let loader = Loader::begin(path, key).unwrap();
    for table in SYNCED {
        let mut rows = loader.rows(table).unwrap();
        demo.rows(table.name).for_each(|row| rows.add_values(&row).unwrap());
    }
    loader.finish("demo", &[], None).unwrap();
}

fn tasks(cache: &Cache) -> Vec<Uuid> {
    let reader = cache.read().unwrap();
    let mut statement = reader.prepare("SELECT id FROM task LIMIT 500").unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.map(Result::unwrap).collect()
}

/// What a person waited for.
struct Waited {
    commits: Vec<Duration>,
    keys: Vec<Duration>,
}

impl Waited {
    fn report(&self, when: &str) {
        for (what, times) in [
            ("commit of an action", &self.commits),
            ("key of the search", &self.keys),
        ] {
            let [p50, p99, max] = [50, 99, 100].map(|percent| percentile(times, percent));
            println!(
                "{when}: {what}: {} times, p50 {p50:.1?}, p99 {p99:.1?}, max {max:.1?}",
                times.len()
            );
        }
    }
}

/// Notes a task and searches by turns until it is over, or this often.
fn watch(cache: &Cache, tasks: &[Uuid], is_over: &AtomicBool, times: usize) -> Waited {
    let person = Uuid::from_u128(1);
    let mut waited = Waited {
        commits: vec![],
        keys: vec![],
    };
    let endless = times == usize::MAX;
    while waited.commits.len() < times && !(endless && is_over.load(Ordering::Relaxed)) {
        let nth = waited.commits.len();
        let action = Action {
            id: Uuid::new_v4(),
            person,
            name: "task.note".into(),
            args: json!({ "id": tasks[nth % tasks.len()], "text": "โทรแล้ว" }),
            at: 1_790_000_000_000_000 + i64::try_from(nth).unwrap(),
        };
        waited
            .commits
            .push(timed(|| change::perform(cache, &action, Destination::Clinic).unwrap()));
        waited.keys.push(timed(|| search_for(cache, TYPED[nth % TYPED.len()])));
        thread::sleep(BETWEEN);
    }
    waited
}

fn search_for(cache: &Cache, text: &str) {
    let reader = cache.read().unwrap();
    let query = Query {
        text,
        today: TODAY,
        limit: 20,
    };
    drop(search::search(&reader, &query).unwrap());
}

/// Customers as the feed brings them when the web system has changed a column of each.
fn pages(demo: &Demo, rows: usize) -> Vec<Page> {
    let customer = synced::named("customer").unwrap();
    let notes = customer
        .columns
        .iter()
        .position(|column| column.name == "notes")
        .unwrap();
    let all: Vec<Vec<Value>> = demo.rows("customer").collect();
    let changed: Vec<Change> = all
        .iter()
        .cycle()
        .take(rows)
        .enumerate()
        .map(|(nth, row)| {
            let mut row = row.clone();
            row[notes] = Value::Text(format!("นำเข้า {nth}"));
            let Value::Uuid(pk) = row[0] else {
                unreachable!("a customer begins with its id")
            };
            Change {
                tbl: customer.number,
                op: Op::Put,
                pk,
                row: Some(row),
            }
        })
        .collect();
    changed
        .chunks(PAGE)
        .enumerate()
        .map(|(nth, changes)| (1 + i64::try_from(nth).unwrap(), changes))
        .map(|(version, changes)| Page {
            scope: "clinic".into(),
            changes: changes
                .iter()
                .cloned()
                .map(|change| Entry { version, change })
                .collect(),
            next: Position::end_of(version),
            epoch: "bench".into(),
            is_consistent: true,
            settled: vec![],
            now: 1_790_000_000_000_000,
        })
        .collect()
}

fn verdict(what: &str, p99: Duration, bar: Duration) {
    let word = if p99 < bar { "PASS" } else { "FAIL" };
    println!("{word}: {what} p99 {p99:.1?}, the bar is {bar:?}");
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() - 1) * percent / 100]
}
