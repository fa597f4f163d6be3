//! The first load: every table by binary COPY in one REPEATABLE READ transaction, row by row without copying a field. Nothing is prepared
//! here: the connection may be a pooler's.

use desk_core::synced::Table;
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use crate::feed::{self, Head};
use crate::synced::{copy_list, source};
use crate::{ClinicError, Result};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Opens the snapshot and reads the clock in it. What is copied until [`end`] is the clinic exactly at that version.
///
/// # Errors
/// As [`feed::head`].
pub async fn begin(conn: &mut PgConnection) -> Result<Head> {
    // Sorting a table of a million rows by its key in memory halves the time of the copy.
    sqlx::raw_sql("begin isolation level repeatable read read only; set local work_mem = '64MB'")
        .execute(&mut *conn)
        .await?;
    feed::head(conn).await
}

/// How many rows the first load will bring, near enough for a progress bar: the two nouns that are large.
///
/// # Errors
/// `Unreachable`.
pub async fn expected_rows(conn: &mut PgConnection) -> Result<i64> {
    let text = "select (select count(id) from public.customers) + (select count(id) from public.point_transactions)";
    Ok(sqlx::raw_sql(text).fetch_one(conn).await?.try_get(0)?)
}

/// Closes the snapshot.
///
/// # Errors
/// `Unreachable`.
pub async fn end(conn: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("commit").execute(conn).await?;
    Ok(())
}

/// The statement that copies a noun, in the order of its key.
///
/// # Errors
/// `Answer` for a noun that PostgreSQL does not have.
pub fn copy_text(table: &Table) -> Result<String> {
    let source = source(table.number).ok_or(ClinicError::Answer("unknown table"))?;
    Ok(format!(
        "copy (select {} from {} r order by r.{}) to stdout (format binary)",
        copy_list(table, source),
        source.from,
        source.key
    ))
}

/// Copies a noun: `on_row` gets each row's fields in binary COPY form (uuid 16 bytes, text UTF-8, int8 big-endian, bool one byte,
/// timestamptz int8 microseconds since 2000-01-01 UTC), valid only during the call. Returns the number of rows.
///
/// # Errors
/// What `on_row` returns ends the copy (close the connection then); otherwise `Unreachable` or `Answer`.
pub async fn copy_table<E, F>(conn: &mut PgConnection, table: &Table, mut on_row: F) -> Result<u64, E>
where
    E: From<ClinicError>,
    F: FnMut(&[Option<&[u8]>]) -> Result<(), E>,
{
    let mut stream = copy_out(conn, table).await?;
    let mut reader = Reader::default();
    while let Some(chunk) = stream.try_next().await? {
        reader.take(chunk.as_ref(), &mut on_row)?;
    }
    Ok(reader.end()?)
}

/// A noun's COPY data as it comes off the wire, for [`Reader`]; drop the connection unless it was read to its end.
///
/// # Errors
/// `Unreachable`, also in the stream.
pub async fn copy_out<'a>(
    conn: &'a mut PgConnection,
    table: &Table,
) -> Result<BoxStream<'a, Result<impl AsRef<[u8]> + use<>>>> {
    let text = copy_text(table)?;
    Ok(conn.copy_out_raw(&text).await?.err_into().boxed())
}

/// Cuts the COPY data of one noun into rows. PostgreSQL sends a message a row, but a pooler may not: what is left over waits for the next chunk.
#[derive(Default)]
pub struct Reader {
    left: Vec<u8>,
    header_read: bool,
    ended: bool,
    rows: u64,
}

impl Reader {
    /// Hands on every row that is whole by now, as [`copy_table`] does.
    ///
    /// # Errors
    /// What `on_row` returns, otherwise `Answer`.
    pub fn take<E, F>(&mut self, chunk: &[u8], on_row: &mut F) -> Result<(), E>
    where
        E: From<ClinicError>,
        F: FnMut(&[Option<&[u8]>]) -> Result<(), E>,
    {
        if self.left.is_empty() {
            let used = self.read(chunk, on_row)?;
            self.left.extend_from_slice(chunk.get(used..).unwrap_or_default());
            return Ok(());
        }
        let mut whole = std::mem::take(&mut self.left);
        whole.extend_from_slice(chunk);
        let used = self.read(&whole, on_row)?;
        whole.drain(..used);
        self.left = whole;
        Ok(())
    }

    /// How many rows there were.
    ///
    /// # Errors
    /// `Answer` when more was to come.
    pub fn end(self) -> Result<u64> {
        if self.ended {
            Ok(self.rows)
        } else {
            Err(ClinicError::Answer("the copy ended early"))
        }
    }

    /// Reads as many whole rows as there are; returns the bytes used.
    fn read<E, F>(&mut self, bytes: &[u8], on_row: &mut F) -> Result<usize, E>
    where
        E: From<ClinicError>,
        F: FnMut(&[Option<&[u8]>]) -> Result<(), E>,
    {
        let mut rest = bytes;
        if !self.header_read {
            let Some(after) = header(rest)? else { return Ok(0) };
            self.header_read = true;
            rest = after;
        }
        let mut fields: [Option<&[u8]>; WIDEST] = [None; WIDEST];
        while !self.ended {
            let Some((count, after)) = tuple(rest, &mut fields)? else {
                break;
            };
            rest = after;
            match count {
                Some(count) => {
                    on_row(fields.get(..count).unwrap_or_default())?;
                    self.rows += 1;
                }
                None => self.ended = true,
            }
        }
        Ok(bytes.len() - rest.len())
    }
}

/// More columns than any noun has.
const WIDEST: usize = 32;

fn header(bytes: &[u8]) -> Result<Option<&[u8]>> {
    let Some((start, rest)) = bytes.split_at_checked(19) else {
        return Ok(None);
    };
    if !start.starts_with(SIGNATURE) {
        return Err(ClinicError::Answer("not a binary copy"));
    }
    let extension = start
        .get(15..19)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_be_bytes);
    Ok(rest
        .split_at_checked(usize::try_from(extension).unwrap_or(usize::MAX))
        .map(|(_, after)| after))
}

/// One tuple and what follows it; the count is `None` at the trailer; nothing when bytes are missing.
type Tuple<'a> = Option<(Option<usize>, &'a [u8])>;

fn tuple<'a>(bytes: &'a [u8], fields: &mut [Option<&'a [u8]>; WIDEST]) -> Result<Tuple<'a>> {
    let Some((count, mut rest)) = bytes.split_first_chunk::<2>() else {
        return Ok(None);
    };
    let count = i16::from_be_bytes(*count);
    if count == -1 {
        return Ok(Some((None, rest)));
    }
    let count = usize::try_from(count).map_err(|_| ClinicError::Answer("a broken copy"))?;
    let slots = fields
        .get_mut(..count)
        .ok_or(ClinicError::Answer("a row of another width"))?;
    for slot in slots {
        let Some((length, after)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        match usize::try_from(i32::from_be_bytes(*length)) {
            Err(_) => (*slot, rest) = (None, after),
            Ok(length) => {
                let Some((field, after)) = after.split_at_checked(length) else {
                    return Ok(None);
                };
                (*slot, rest) = (Some(field), after);
            }
        }
    }
    Ok(Some((Some(count), rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 0]);
        for text in ["ก", "bc"] {
            bytes.extend(2_i16.to_be_bytes());
            bytes.extend(i32::try_from(text.len()).unwrap().to_be_bytes());
            bytes.extend(text.as_bytes());
            bytes.extend((-1_i32).to_be_bytes());
        }
        bytes.extend((-1_i16).to_be_bytes());
        bytes
    }

    #[test]
    fn rows_come_out_whole_however_the_bytes_are_cut() {
        let bytes = sample();
        for size in 1..=bytes.len() {
            let (mut reader, mut seen) = (Reader::default(), Vec::new());
            for chunk in bytes.chunks(size) {
                reader
                    .take::<ClinicError, _>(chunk, &mut |row| {
                        assert_eq!((row.len(), row[1]), (2, None));
                        seen.push(String::from_utf8(row[0].unwrap().to_vec()).unwrap());
                        Ok(())
                    })
                    .unwrap();
            }
            assert!(reader.ended, "cut by {size}");
            assert_eq!(seen, ["ก", "bc"], "cut by {size}");
        }
    }

    #[test]
    fn something_else_than_a_copy_is_an_error() {
        let mut reader = Reader::default();
        assert!(reader.take::<ClinicError, _>(&[b'x'; 30], &mut |_| Ok(())).is_err());
    }
}
