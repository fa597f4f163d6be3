//! Wake-ups: PostgreSQL says that something changed, never what. A hint only; polling finds whatever a lost hint announced.

use std::time::Duration;

use futures_util::stream::{self, Stream};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use uuid::Uuid;

use crate::{ClinicError, Result};

/// The channel of a clinic, out of its `channel` in [`crate::feed::Head`].
pub fn channel_name(channel: Uuid) -> String {
    format!("desk_{}", channel.simple())
}

/// Whether LISTEN really delivers here: a pooler in transaction mode accepts it and delivers nothing, or to somebody else.
///
/// # Errors
/// When no connection can be made.
pub async fn probe(options: &PgConnectOptions) -> Result<bool> {
    let pool = pool(options).await?;
    let heard = echo(&pool).await;
    pool.close().await;
    heard
}

async fn echo(pool: &PgPool) -> Result<bool> {
    let nonce = format!("desk_probe_{}", Uuid::new_v4().simple());
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(&nonce).await?;
    // The one who calls must be able to hear too: behind a pooler it may be the call's only receiver, and sqlx breaks off an ordinary
    // connection that gets one.
    let mut caller = PgListener::connect_with(pool).await?;
    let call = AssertSqlSafe(format!("notify {nonce}"));
    sqlx::raw_sql(call).execute(&mut caller).await?;
    Ok(matches!(
        tokio::time::timeout(Duration::from_secs(1), listener.recv()).await,
        Ok(Ok(_))
    ))
}

/// A connection that only listens.
pub struct Wake {
    listener: PgListener,
    pool: PgPool,
}

/// Listens on a clinic's channel over a connection of its own.
///
/// # Errors
/// When no connection can be made.
pub async fn listen(options: &PgConnectOptions, channel: Uuid) -> Result<Wake> {
    let pool = pool(options).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen(&channel_name(channel)).await?;
    Ok(Wake { listener, pool })
}

impl Wake {
    /// Waits for the next call.
    ///
    /// # Errors
    /// The connection was lost: pull, because something may have been missed, then prove anew that calls are delivered before listening. The
    /// next connection may lead elsewhere.
    pub async fn next(&mut self) -> Result<()> {
        let call = self.listener.try_recv().await?;
        call.ok_or(ClinicError::Unreachable("wake-up"))?;
        while self.listener.next_buffered().is_some() {}
        Ok(())
    }

    /// The same as a stream; it ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<()>> + Send {
        stream::unfold(Some(self), |wake| async {
            let mut wake = wake?;
            match wake.next().await {
                Ok(()) => Some((Ok(()), Some(wake))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// Closes the connection.
    pub async fn close(self) {
        drop(self.listener);
        self.pool.close().await;
    }
}

async fn pool(options: &PgConnectOptions) -> Result<PgPool> {
    Ok(PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.clone())
        .await?)
}
