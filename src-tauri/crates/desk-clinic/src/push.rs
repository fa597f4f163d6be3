//! Sends actions up. The database decides each by itself and remembers the outcome under the action's id, so a repeat is harmless.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::connect::keeps_statements;
use crate::{ClinicError, Result};

/// Most actions in one batch: larger ones hold the clinic's clock longer without being faster.
pub const BATCH: usize = 100;

/// One action as the outbox holds it.
#[derive(Clone, Debug, Serialize)]
pub struct Mutation {
    /// Its place in this outbox: 1, 2, 3 …, without gaps.
    pub seq: i64,
    /// Its own id; the same for every repeat.
    pub id: Uuid,
    /// The action, e.g. `task.complete`.
    pub name: String,
    /// Its arguments.
    pub args: Json,
    /// Version of the arguments.
    pub v: i32,
}

fn sendable(mutation: &Mutation) -> Mutation {
    Mutation {
        args: without_nul(&mutation.args),
        ..mutation.clone()
    }
}

/// Arguments without the letter U+0000, which a paste may bring. PostgreSQL's texts have no place for it: it would refuse the whole batch
/// (SQLSTATE 22P05) before any action is looked at, now and whenever it is sent again.
pub fn without_nul(args: &Json) -> Json {
    match args {
        Json::String(text) => Json::String(text.replace('\0', "")),
        Json::Array(items) => items.iter().map(without_nul).collect(),
        Json::Object(fields) => {
            let field = |(name, value): (&String, &Json)| (name.replace('\0', ""), without_nul(value));
            Json::Object(fields.iter().map(field).collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => args.clone(),
    }
}

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Done.
    Ok,
    /// Decided against; `code` says why.
    Rejected,
}

/// The database's answer to one action.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Outcome {
    /// Its place in the outbox.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// Done or not.
    pub status: Status,
    /// Why not, in `snake_case`.
    #[serde(default)]
    pub code: Option<String>,
    /// What a person needs to decide.
    #[serde(default)]
    pub detail: Option<Json>,
    /// Whether this is the remembered answer to a repeat.
    #[serde(default)]
    pub dup: bool,
}

/// Sends one batch in order; either all of it has an outcome or none of it happened.
///
/// # Errors
/// `Gap` and `Forked` when the outbox is not the continuation of what the database knows; `TooOld` when it does not know an action yet;
/// `Retry` and `Unreachable` when the same batch should be sent again.
pub async fn push(conn: &mut PgConnection, client_id: Uuid, batch: &[Mutation]) -> Result<Vec<Outcome>> {
    let batch: Vec<Mutation> = batch.iter().map(sendable).collect();
    let batch = serde_json::to_value(batch).map_err(|_| ClinicError::Answer("batch"))?;
    let answer: Json = sqlx::query_scalar("select desk.push($1, $2)")
        .bind(client_id)
        .bind(batch)
        .persistent(keeps_statements(conn))
        .fetch_one(conn)
        .await?;
    serde_json::from_value(answer).map_err(|_| ClinicError::Answer("outcomes"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_postgresql_has_no_place_for_is_left_out_wherever_it_stands() {
        let typed = json!({ "text": "a\0b", "set": { "notes": "\0", "nick\0name": null }, "tags": ["\0x", 1, true] });
        let sent = json!({ "text": "ab", "set": { "notes": "", "nickname": null }, "tags": ["x", 1, true] });
        assert_eq!(without_nul(&typed), sent);
    }
}
