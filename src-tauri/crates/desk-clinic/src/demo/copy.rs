//! Rows of the demo into a temporary table of the noun's shape, by COPY: the server then makes its own rows out of them in one statement.

use chrono::DateTime;
use desk_core::demo::Demo;
use desk_core::synced::{Kind, Table, Value, named};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::{ClinicError, Result};

/// Bytes sent at a time.
const CHUNK: usize = 1 << 20;

/// Makes `pg_temp.demo_<noun>` and fills it, so that it is there until the transaction ends.
///
/// # Errors
/// `Answer` for a noun that nobody knows; `Unreachable`.
pub(super) async fn rows(conn: &mut PgConnection, noun: &str, demo: &Demo) -> Result<()> {
    let table = named(noun).ok_or(ClinicError::Answer("unknown table"))?;
    // The noun and its columns are words of our own program.
    let make = format!("create temp table demo_{noun} ({}) on commit drop", columns(table));
    sqlx::query(AssertSqlSafe(make)).execute(&mut *conn).await?;
    let mut copy = conn
        .copy_in_raw(&format!("copy pg_temp.demo_{noun} from stdin"))
        .await?;
    let mut chunk = String::with_capacity(CHUNK + 4096);
    for row in demo.rows(noun) {
        write_row(&mut chunk, table, &row);
        if chunk.len() >= CHUNK {
            copy.send(chunk.as_bytes()).await?;
            chunk.clear();
        }
    }
    copy.send(chunk.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

fn columns(table: &Table) -> String {
    let columns = table
        .columns
        .iter()
        .map(|column| format!("{} {}", column.name, type_of(column.kind)));
    columns.collect::<Vec<_>>().join(", ")
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "uuid",
        Kind::Text => "text",
        Kind::Int => "int8",
        Kind::Bool => "bool",
        Kind::Instant => "timestamptz",
    }
}

/// One line of COPY's text form.
fn write_row(to: &mut String, table: &Table, row: &[Value]) {
    for (nth, (value, column)) in row.iter().zip(table.columns).enumerate() {
        if nth > 0 {
            to.push('\t');
        }
        match value {
            Value::Null => to.push_str("\\N"),
            Value::Uuid(id) => to.push_str(&id.to_string()),
            Value::Int(micros) if column.kind == Kind::Instant => to.push_str(&instant(*micros)),
            Value::Int(number) => to.push_str(&number.to_string()),
            Value::Text(text) => write_text(to, text),
        }
    }
    to.push('\n');
}

fn instant(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros).map_or_else(|| "\\N".to_owned(), |at| at.to_rfc3339())
}

fn write_text(to: &mut String, text: &str) {
    for sign in text.chars() {
        match sign {
            '\\' => to.push_str("\\\\"),
            '\t' => to.push_str("\\t"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            _ => to.push(sign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_copy_reads_as_signs_of_its_own_is_escaped() {
        let table = named("point_entry").unwrap();
        let row = [
            Value::Uuid(uuid::Uuid::nil()),
            Value::Null,
            Value::Text("a\tb\\N\r\nค".into()),
            Value::Int(-5),
            Value::Null,
            Value::Int(1_500_000),
            Value::Null,
            Value::Null,
        ];
        let mut line = String::new();
        write_row(&mut line, table, &row);
        assert_eq!(
            line,
            "00000000-0000-0000-0000-000000000000\t\\N\ta\\tb\\\\N\\r\\nค\t-5\t\\N\t1970-01-01T00:00:01.500+00:00\t\\N\t\\N\n"
        );
    }
}
