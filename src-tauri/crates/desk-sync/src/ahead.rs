//! Reading ahead of a load: one task takes COPY data off the wire while the loader's thread puts rows into SQLite, so that the two share the time
//! instead of adding up.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use desk_clinic::{
    ClinicError,
    connect::{self, ConnectTo, PgConnection},
    snapshot::{self, Reader},
};
use desk_core::synced::{SYNCED, Table};
use futures_util::TryStreamExt as _;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinHandle,
};

use crate::{clinic::Failure, postgres::in_time};

/// Bytes that change hands at once: PostgreSQL sends a message a row, and handing on each would cost more than reading it.
const BUNDLE: usize = 128 * 1024;

/// Bundles read and not yet taken in, eight megabytes: PostgreSQL sorts the next noun while this one is put in.
const WAITING: usize = 64;

/// The nouns of a snapshot on their way, in the order of [`SYNCED`]. Dropped, it stops the reading.
pub(crate) struct Ahead {
    bundles: Receiver<Bundle>,
    reading: JoinHandle<Result<(), Failure>>,
}

enum Bundle {
    Part(Vec<u8>),
    EndOfNoun,
}

impl Ahead {
    /// Begins to read every noun of the snapshot that is open on this connection, and then ends it.
    pub fn of(connection: PgConnection) -> Self {
        let (sender, bundles) = channel(WAITING);
        let reading = tokio::spawn(async move {
            tokio::select! {
                read = read(connection, &sender) => read,
                () = sender.closed() => Ok(()),
            }
        });
        Self { bundles, reading }
    }

    /// The rows of the next noun, as [`snapshot::copy_table`] hands them on.
    ///
    /// # Errors
    /// What `on_row` returns, otherwise `Answer`: the copy is broken, or [`Ahead::end`] knows why it ended early.
    pub async fn noun<E, F>(&mut self, mut on_row: F) -> Result<(), E>
    where
        E: From<ClinicError>,
        F: FnMut(&[Option<&[u8]>]) -> Result<(), E>,
    {
        let mut reader = Reader::default();
        while let Some(Bundle::Part(bytes)) = self.bundles.recv().await {
            reader.take(&bytes, &mut on_row)?;
        }
        reader.end()?;
        Ok(())
    }

    /// How the reading ended.
    ///
    /// # Errors
    /// Why the clinic gave no more.
    pub async fn end(self) -> Result<(), Failure> {
        drop(self.bundles);
        let ended = self.reading.await;
        ended.unwrap_or_else(|_| Err(Failure::Other("reading ahead".into())))
    }
}

/// How many rows a load will bring, asked on a connection of its own while the load is under way: counting takes PostgreSQL as long as sending a part
/// of them. Dropped, it stops asking.
pub(crate) struct Expected {
    rows: Arc<AtomicI64>,
    asking: JoinHandle<()>,
}

impl Expected {
    /// Begins to ask. Whether it is ever answered changes nothing but a progress bar.
    pub fn ask(login: &ConnectTo) -> Self {
        let (rows, login) = (Arc::new(AtomicI64::new(0)), login.clone());
        let answer = rows.clone();
        let asking = tokio::spawn(async move {
            if let Ok(count) = count(&login).await {
                answer.store(count, Ordering::Relaxed);
            }
        });
        Self { rows, asking }
    }

    /// 0 as long as it is not known.
    pub fn rows(&self) -> i64 {
        self.rows.load(Ordering::Relaxed)
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.asking.abort();
    }
}

async fn count(login: &ConnectTo) -> Result<i64, Failure> {
    let mut connection = in_time(connect::connect(&connect::options(login))).await?;
    in_time(snapshot::expected_rows(&mut connection)).await
}

async fn read(mut connection: PgConnection, bundles: &Sender<Bundle>) -> Result<(), Failure> {
    for table in SYNCED {
        if !send(&mut connection, table, bundles).await? {
            return Ok(());
        }
    }
    in_time(snapshot::end(&mut connection)).await
}

/// Whether somebody still takes it.
async fn send(connection: &mut PgConnection, table: &Table, bundles: &Sender<Bundle>) -> Result<bool, ClinicError> {
    let mut stream = snapshot::copy_out(connection, table).await?;
    let mut bytes = Vec::with_capacity(BUNDLE);
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(chunk.as_ref());
        if bytes.len() >= BUNDLE {
            let full = std::mem::replace(&mut bytes, Vec::with_capacity(BUNDLE));
            if bundles.send(Bundle::Part(full)).await.is_err() {
                return Ok(false);
            }
        }
    }
    let last = bundles.send(Bundle::Part(bytes)).await;
    Ok(last.is_ok() && bundles.send(Bundle::EndOfNoun).await.is_ok())
}
