//! A cache with these people in it, loaded as a first load loads it, and the shortest way to search it.

use std::collections::HashMap;

use desk_cache::{
    Cache, Key,
    load::Loader,
    search::{self, Found, Query},
};
use desk_core::synced::{self, Value};
use uuid::Uuid;

/// The day on which the tests search.
pub const TODAY: &str = "2026-10-01";

/// One customer.
#[derive(Clone, Debug, Default)]
pub struct Someone {
    pub number: u128,
    pub full_name: String,
    pub nickname: String,
    pub phone: String,
    pub code: String,
    pub email: String,
    pub line_name: String,
    pub last_visit: String,
    pub booked_today: Option<String>,
}

/// An open cache; its folder goes when it is dropped.
pub struct Clinic {
    cache: Cache,
    _folder: tempfile::TempDir,
}

impl Clinic {
    pub fn open(people: &[Someone]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("cache.db"), Key::new([7; 32]));
        let loader = Loader::begin(&path, &key).unwrap();
        for person in people {
            loader
                .rows(synced::named("customer").unwrap())
                .unwrap()
                .add_values(&customer(person))
                .unwrap();
            if let Some(start) = &person.booked_today {
                loader
                    .rows(synced::named("appointment").unwrap())
                    .unwrap()
                    .add_values(&appointment(person, start))
                    .unwrap();
            }
        }
        loader.finish("clinic", &[], None).unwrap();
        Self {
            cache: Cache::open(&path, &key).unwrap(),
            _folder: folder,
        }
    }

    pub fn found(&self, text: &str) -> Found {
        search::search(
            &self.cache.read().unwrap(),
            &Query {
                text,
                today: TODAY,
                limit: 20,
            },
        )
        .unwrap()
    }

    pub fn numbers(&self, text: &str) -> Vec<u128> {
        self.found(text)
            .hits
            .iter()
            .map(|hit| hit.customer_id.as_u128())
            .collect()
    }
}

fn row(noun: &str, fields: &[(&str, Value)]) -> Vec<Value> {
    let mut fields: HashMap<&str, Value> = fields.iter().cloned().collect();
    let row = synced::named(noun)
        .unwrap()
        .columns
        .iter()
        .map(|column| fields.remove(column.name).unwrap_or(Value::Null))
        .collect();
    assert!(fields.is_empty(), "unknown columns of {noun}: {fields:?}");
    row
}

fn text(value: &str) -> Value {
    Value::text((!value.is_empty()).then(|| value.to_owned()))
}

fn customer(person: &Someone) -> Vec<Value> {
    row(
        "customer",
        &[
            ("id", Value::Uuid(Uuid::from_u128(person.number))),
            ("code", text(&person.code)),
            ("full_name", text(&person.full_name)),
            ("nickname", text(&person.nickname)),
            ("phone", text(&person.phone)),
            ("email", text(&person.email)),
            ("line_name", text(&person.line_name)),
            ("last_visit_date", text(&person.last_visit)),
        ],
    )
}

fn appointment(person: &Someone, start: &str) -> Vec<Value> {
    row(
        "appointment",
        &[
            ("id", Value::Uuid(Uuid::from_u128(person.number))),
            ("customer_id", Value::Uuid(Uuid::from_u128(person.number))),
            ("status", text("confirmed")),
            ("date", text(TODAY)),
            ("start_time", text(start)),
        ],
    )
}
