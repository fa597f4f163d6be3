//! Rows of the synced nouns as the model holds them: a list of values in column order, read and written by column name.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use desk_core::synced::{self, SYNCED, Table, Value};
use uuid::Uuid;

/// Number of the noun and key of the row.
pub type Key = (i16, Uuid);

/// All rows of a clinic at one moment. A copy costs no copies of rows.
pub type Rows = BTreeMap<Key, Arc<Row>>;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number of the noun.
    pub tbl: i16,
    /// In column order.
    pub values: Vec<Value>,
}

/// Who reads a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everyone of the clinic.
    Clinic,
    /// One person.
    Person(Uuid),
}

impl Scope {
    /// As the feed names it.
    pub fn text(self) -> String {
        match self {
            Self::Clinic => "clinic".to_owned(),
            Self::Person(person) => format!("person:{person}"),
        }
    }
}

/// The noun with this name.
pub fn noun(name: &str) -> &'static Table {
    synced::named(name).expect("a synced noun")
}

/// The noun with this number: as a rule at its place in the list.
pub fn table(number: i16) -> &'static Table {
    let usual = usize::try_from(number - 1).ok().and_then(|nth| SYNCED.get(nth));
    let usual = usual.filter(|table| table.number == number);
    usual.or_else(|| synced::table(number)).expect("a synced noun")
}

/// The key of a row of a noun.
pub fn key(name: &str, id: Uuid) -> Key {
    (noun(name).number, id)
}

fn place(tbl: i16, column: &str) -> usize {
    let columns = table(tbl).columns;
    let found = columns.iter().position(|other| other.name == column);
    found.unwrap_or_else(|| panic!("{} has no column {column}", table(tbl).name))
}

impl Row {
    /// A row of a noun; columns that are not named are empty.
    pub fn new(name: &str, id: Uuid, fields: &[(&str, Value)]) -> Self {
        let table = noun(name);
        let mut row = Self {
            tbl: table.number,
            values: vec![Value::Null; table.columns.len()],
        };
        row.set("id", Value::Uuid(id));
        for (column, value) in fields {
            row.set(column, value.clone());
        }
        row
    }

    /// Number and key. The key is the first column of every noun.
    pub fn key(&self) -> Key {
        match self.values.first() {
            Some(Value::Uuid(id)) => (self.tbl, *id),
            _ => (self.tbl, Uuid::nil()),
        }
    }

    /// A column.
    pub fn get(&self, column: &str) -> &Value {
        &self.values[place(self.tbl, column)]
    }

    /// Changes a column.
    pub fn set(&mut self, column: &str, value: Value) {
        let place = place(self.tbl, column);
        self.values[place] = value;
    }

    /// The row with another value in a column.
    #[must_use]
    pub fn with(&self, column: &str, value: Value) -> Self {
        let mut other = self.clone();
        other.set(column, value);
        other
    }

    /// A text column, if it is filled.
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.get(column) {
            Value::Text(text) => Some(text),
            Value::Null | Value::Uuid(_) | Value::Int(_) => None,
        }
    }

    /// A number, truth value or instant, if it is filled.
    pub fn int(&self, column: &str) -> Option<i64> {
        match self.get(column) {
            Value::Int(number) => Some(*number),
            Value::Null | Value::Uuid(_) | Value::Text(_) => None,
        }
    }

    /// An identifier, if it is filled.
    pub fn id(&self, column: &str) -> Option<Uuid> {
        match self.get(column) {
            Value::Uuid(id) => Some(*id),
            Value::Null | Value::Int(_) | Value::Text(_) => None,
        }
    }

    /// Who reads it.
    pub fn scope(&self) -> Scope {
        static NOTIFICATION: LazyLock<i16> = LazyLock::new(|| noun("notification").number);
        if self.tbl == *NOTIFICATION {
            Scope::Person(self.id("user_id").unwrap_or_default())
        } else {
            Scope::Clinic
        }
    }
}

/// Text as a value.
pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A number, or nothing.
pub fn int(number: impl Into<Option<i64>>) -> Value {
    number.into().map_or(Value::Null, Value::Int)
}

/// An identifier, or nothing.
pub fn id(id: impl Into<Option<Uuid>>) -> Value {
    id.into().map_or(Value::Null, Value::Uuid)
}

/// A row that is about to change, where it is there. Whoever else holds it keeps it as it is.
pub fn to_change(rows: &mut Rows, key: Key) -> Option<&mut Row> {
    rows.get_mut(&key).map(Arc::make_mut)
}
