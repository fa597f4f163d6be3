//! The first load of a large clinic against its physical floor, which is the longer of two things that no load can do without: the same nouns by the
//! same ordered COPY out of PostgreSQL and thrown away, and the same rows, already in memory, into one plain (unencrypted) SQLite file with the same
//! tables, indexes and search index. All three in turn, in one run, on a PostgreSQL of its own, each in a process of its own.
//! `cargo run --release -p desk-tests --bin bench-sync [customers] [entries per customer] [rounds]`
// A benchmark may stop at the first thing that is not as it must be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use desk_cache::Key;
use desk_clinic::{
    connect::{self, ConnectTo},
    enrol, migrate, snapshot,
    staff::{self, NewStaff},
};
use desk_core::synced::{Kind, SYNCED, Table};
use desk_sync::load::{Load, first_load};
use desk_sync::postgres::PostgresClinic;
use desk_tests::harness::pg::PgCluster;
use rusqlite::{Connection, types::ValueRef};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

const DB: &str = "clinic";
const CLINIC: &str = "00000000-0000-4000-8000-0000000000a1";

/// A row as COPY brings it.
type Fields = Vec<Option<Vec<u8>>>;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("load") => load_once(&arguments[2..]).await,
        Some("copy") => copy_once(&arguments[2..]).await,
        Some("fill") => fill_once(&arguments[2..]).await,
        _ => compare(&arguments[1..]).await,
    }
}

async fn compare(arguments: &[String]) {
    let number = |index: usize, default: u32| arguments.get(index).map_or(default, |text| text.parse().unwrap());
    let (customers, entries, rounds) = (number(0, 100_000), number(1, 9), number(2, 3));
    let pg = clinic(customers, entries).await;
    let (login, password) = enrolled(&pg).await;
    let place = [pg.port().to_string(), login, password];
    let mut times = vec![];
    for _ in 0..rounds {
        let [(copy, _), (fill, _), (load, memory)] = ["copy", "fill", "load"].map(|what| child(what, &place));
        let floor = copy.max(fill);
        println!(
            "copy {copy:.2?}  fill {fill:.2?}  load {load:.2?}  ratio {:.2}  peak memory {memory} MB",
            ratio(load, floor)
        );
        times.push((ratio(load, floor), memory));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rows = u64::from(customers) * u64::from(entries + 1);
    let median = times[times.len() / 2];
    println!(
        "first load of {rows} rows: {:.2} x the floor (median of {rounds}), {} MB at the peak",
        median.0, median.1
    );
}

fn ratio(load: Duration, floor: Duration) -> f64 {
    load.as_secs_f64() / floor.as_secs_f64()
}

/// Runs one side in its own process; answers its time and its peak memory in MB.
fn child(what: &str, place: &[String]) -> (Duration, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(what)
        .args(place)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (micros, memory) = text.trim().split_once(' ').unwrap();
    (Duration::from_micros(micros.parse().unwrap()), memory.parse().unwrap())
}

fn report(began: Instant) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{} {}", began.elapsed().as_micros(), kilobytes / 1024);
}

/// A clinic of this size on a server of its own.
async fn clinic(customers: u32, entries: u32) -> PgCluster {
    let pg = PgCluster::start();
    pg.create_database(DB, None);
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/baseline");
    for file in ["supabase_stub.sql", "core.sql", "rest.sql", "rows.sql"] {
        pg.psql_file(DB, fixtures.join(file));
    }
    migrate::up(&mut PgConnection::connect(&pg.superuser_url(DB)).await.unwrap())
        .await
        .unwrap();
    pg.psql(DB, &format!("insert into public.customers (clinic_id, customer_code, full_name, nickname, phone, email)
        select '{CLINIC}', 'B-' || n, 'สมใจ' || n || ' รักดี' || n % 977, 'ใจ' || n % 701, '08' || lpad((n * 7919 % 100000000)::text, 8, '0'),
               case when n % 3 = 0 then 'c' || n || '@example.test' end from generate_series(1, {customers}) n"));
    pg.psql(DB, &format!("insert into public.point_transactions (clinic_id, customer_id, type, amount, description, expires_at)
        select clinic_id, id, 'earned', 100, 'INV-' || g, now() + interval '2 years' from public.customers, generate_series(1, {entries}) g
        where clinic_id = '{CLINIC}' and customer_code like 'B-%'"));
    pg.psql(DB, "analyze");
    pg
}

async fn enrolled(pg: &PgCluster) -> (String, String) {
    let new = NewStaff {
        clinic: CLINIC.into(),
        user: "user7@example.test".into(),
        create: false,
        nickname: None,
        display_name: None,
        role: None,
        valid_minutes: 60,
        host: "127.0.0.1".into(),
        port: pg.port(),
        database: DB.into(),
        ca: None,
    };
    let mut admin = PgConnection::connect(&pg.superuser_url(DB)).await.unwrap();
    let ticket = staff::add(&mut admin, &new).await.unwrap();
    let password = enrol::new_password().unwrap();
    enrol::enrol(&ticket, &password, "bench").await.unwrap();
    (ticket.login.clone(), password)
}

fn login(place: &[String]) -> ConnectTo {
    ConnectTo {
        host: "127.0.0.1".into(),
        port: place[0].parse().unwrap(),
        database: DB.into(),
        login: place[1].clone(),
        password: place[2].clone(),
        ca: None,
    }
}

async fn load_once(place: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let (path, key, login) = (folder.path().join("cache.db"), Key::random().unwrap(), login(place));
    let began = Instant::now();
    let clinic = PostgresClinic::new(HashMap::from([(Uuid::nil(), login)]));
    let load = Load {
        person: Uuid::nil(),
        clinic: Uuid::nil(),
        path: &path,
        key: &key,
        damaged: None,
        now: 0,
    };
    first_load(&clinic, &load, &|_, _, _| {}).await.unwrap();
    report(began);
}

async fn copy_once(place: &[String]) {
    let began = Instant::now();
    read_all(place, |_, _| ()).await;
    report(began);
}

async fn fill_once(place: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let mut rows: HashMap<i16, Vec<Fields>> = HashMap::new();
    read_all(place, |table, fields| {
        let fields = fields.iter().map(|field| field.map(<[u8]>::to_vec)).collect();
        rows.entry(table.number).or_default().push(fields);
    })
    .await;
    let began = Instant::now();
    let file = plain_file(&folder.path().join("plain.db"));
    for table in SYNCED {
        fill(&file, table, rows.get(&table.number).map_or(&[], Vec::as_slice));
    }
    desk_cache::schema::create_indexes(&file).unwrap();
    desk_cache::search::build_index(&file).unwrap();
    file.execute_batch("COMMIT").unwrap();
    drop(file);
    report(began);
}

/// Every row of every noun, as a first load reads them.
async fn read_all(place: &[String], mut row: impl FnMut(&'static Table, &[Option<&[u8]>])) {
    let mut connection = connect::connect(&connect::options(&login(place))).await.unwrap();
    snapshot::begin(&mut connection).await.unwrap();
    for table in SYNCED {
        let read = |fields: &[Option<&[u8]>]| {
            row(table, fields);
            Ok::<(), desk_clinic::ClinicError>(())
        };
        snapshot::copy_table(&mut connection, table, read).await.unwrap();
    }
}

fn plain_file(path: &Path) -> Connection {
    let file = Connection::open(path).unwrap();
    let fastest = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; BEGIN";
    file.execute_batch(fastest).unwrap();
    desk_cache::schema::create_tables(&file).unwrap();
    file
}

fn fill(file: &Connection, table: &Table, rows: &[Fields]) {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {} ({}) VALUES ({marks})", table.name, columns.join(", "));
    let mut insert = file.prepare(&sql).unwrap();
    for fields in rows {
        for (index, (field, column)) in fields.iter().zip(table.columns).enumerate() {
            let value = rusqlite::types::ToSqlOutput::Borrowed(bound(column.kind, field.as_deref()));
            insert.raw_bind_parameter(index + 1, value).unwrap();
        }
        insert.raw_execute().unwrap();
    }
}

fn bound(kind: Kind, field: Option<&[u8]>) -> ValueRef<'_> {
    let Some(bytes) = field else { return ValueRef::Null };
    match kind {
        Kind::Uuid => ValueRef::Blob(bytes),
        Kind::Text => ValueRef::Text(bytes),
        Kind::Bool => ValueRef::Integer(i64::from(bytes[0])),
        Kind::Int | Kind::Instant => ValueRef::Integer(i64::from_be_bytes(bytes.try_into().unwrap())),
    }
}
