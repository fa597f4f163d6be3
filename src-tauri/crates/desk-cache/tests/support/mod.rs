//! A cache in a folder of its own, and a person who works with it.
#![allow(dead_code)] // each test file uses its own part

use desk_cache::{
    Cache, CacheError, Key,
    change::{self, Action, Destination},
    outbox::{self, Outcome, Refusal},
    query::task,
    rebase::{self, Change, Entry, Op, Page, Position},
};
use desk_core::synced::{self, Table, Value};
use serde_json::Value as Json;
use tempfile::TempDir;
use uuid::Uuid;

pub const TODAY: &str = "2026-10-01";

pub struct Desk {
    pub folder: TempDir,
    pub key: Key,
    pub cache: Option<Cache>,
    pub person: Uuid,
}

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn noun(name: &str) -> &'static Table {
    synced::named(name).unwrap()
}

/// A row with these fields, everything else absent.
pub fn row_of(name: &str, key: Uuid, fields: &[(&str, Value)]) -> Vec<Value> {
    let value = |column: &synced::Column| match column.name {
        "id" => Value::Uuid(key),
        wanted => fields
            .iter()
            .find(|(name, _)| *name == wanted)
            .map_or(Value::Null, |(_, value)| value.clone()),
    };
    noun(name).columns.iter().map(value).collect()
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub fn a_task(key: Uuid, status: &str, title: &str) -> Change {
    let fields = [("title", text(title)), ("status", text(status))];
    put("task", key, &fields)
}

/// Somebody who takes money.
pub fn a_cashier(person: Uuid, nickname: &str) -> Change {
    let fields = [
        ("role", text("front_desk")),
        ("nickname", text(nickname)),
        ("active", Value::Int(1)),
    ];
    put("staff", person, &fields)
}

pub fn of_version(version: i64, changes: Vec<Change>) -> Vec<Entry> {
    let entry = |change| Entry { version, change };
    changes.into_iter().map(entry).collect()
}

pub fn put(name: &str, key: Uuid, fields: &[(&str, Value)]) -> Change {
    Change {
        tbl: noun(name).number,
        op: Op::Put,
        pk: key,
        row: Some(row_of(name, key, fields)),
    }
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::random().unwrap();
        let cache = Some(Cache::open(&folder.path().join("cache.db"), &key).unwrap());
        Self {
            folder,
            key,
            cache,
            person: id(1),
        }
    }

    pub fn cache(&self) -> &Cache {
        self.cache.as_ref().unwrap()
    }

    pub fn start_again(&mut self) {
        self.cache = None;
        self.cache = Some(Cache::open(&self.folder.path().join("cache.db"), &self.key).unwrap());
    }

    pub fn pull(&self, version: i64, changes: Vec<Change>, settled: Vec<Uuid>) {
        let page = Page {
            scope: "clinic".into(),
            changes: of_version(version, changes),
            next: Position::end_of(version),
            epoch: "e".into(),
            is_consistent: true,
            settled,
            now: version,
        };
        rebase::apply(self.cache(), &page).unwrap();
    }

    pub fn act(&self, action: u128, name: &str, args: Json) -> Result<(), CacheError> {
        let action = Action {
            id: id(action),
            person: self.person,
            name: name.into(),
            args,
            at: 1_000_000,
        };
        change::perform(self.cache(), &action, Destination::Clinic)
    }

    pub fn answer(&self, action: u128, refused: Option<Refusal>) {
        let outcome = Outcome {
            id: id(action),
            refused,
        };
        self.cache()
            .write(|transaction| outbox::answered(transaction, &outcome))
            .unwrap();
    }

    pub fn task_status(&self, key: Uuid) -> Option<String> {
        task::one(&self.cache().read().unwrap(), TODAY, key)
            .unwrap()
            .map(|task| task.status)
    }

    pub fn waiting(&self) -> usize {
        outbox::waiting(&self.cache().read().unwrap()).unwrap().len()
    }
}
