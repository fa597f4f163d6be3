//! Wake-ups: PostgreSQL says that something changed and for whom, never what. A hint only; polling finds whatever a lost hint announced.

use std::{collections::BTreeSet, time::Duration};

use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use uuid::Uuid;

use crate::{ClinicError, Result, feed::person_scope};

/// What a call says, or several at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call(Option<Said>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    version: i64,
    /// As `desk.addressed` makes them.
    marks: BTreeSet<String>,
}

impl Call {
    /// As `desk.stamp` writes it; of any other form nothing is known.
    fn read(payload: &str) -> Self {
        let said = payload.split_once(':').and_then(|(version, marks)| {
            Some(Said {
                version: version.parse().ok()?,
                marks: marks.split(',').map(str::to_owned).collect(),
            })
        });
        Self(said)
    }

    fn and(self, later: Self) -> Self {
        let both = self.0.zip(later.0).map(|(mut said, later)| {
            said.version = said.version.max(later.version);
            said.marks.extend(later.marks);
            said
        });
        Self(both)
    }

    /// The version of the last change, where the clinic says it.
    pub fn version(&self) -> Option<i64> {
        self.0.as_ref().map(|said| said.version)
    }

    /// Whether something may be addressed to this person.
    pub fn concerns(&self, person: Uuid) -> bool {
        let is_named = |said: &Said| said.marks.contains("*") || said.marks.contains(&mark(person));
        self.0.as_ref().is_none_or(is_named)
    }
}

/// By which a call names a person: nobody who does not know them learns who it is.
fn mark(person: Uuid) -> String {
    let mut mark = hex::encode(Sha256::digest(person_scope(person)));
    mark.truncate(8);
    mark
}

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
    /// Waits for the next call, and says what it and those say that came with it.
    ///
    /// # Errors
    /// The connection was lost: pull, because something may have been missed, then prove anew that calls are delivered before listening. The
    /// next connection may lead elsewhere.
    pub async fn next(&mut self) -> Result<Call> {
        let first = self.listener.try_recv().await?;
        let mut call = Call::read(first.ok_or(ClinicError::Unreachable("wake-up"))?.payload());
        while let Some(later) = self.listener.next_buffered() {
            call = call.and(Call::read(later.payload()));
        }
        Ok(call)
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOK: Uuid = Uuid::from_u128(1);
    const DAO: Uuid = Uuid::from_u128(2);

    #[test]
    fn a_call_names_whom_it_concerns_and_nobody_else() {
        let call = Call::read(&format!("7:{},{}", mark(NOK), mark(Uuid::from_u128(3))));
        assert_eq!(call.version(), Some(7));
        assert!(call.concerns(NOK));
        assert!(!call.concerns(DAO));
    }

    #[test]
    fn calls_that_come_together_say_what_both_say() {
        let call = Call::read("7:").and(Call::read(&format!("9:{}", mark(DAO))));
        assert_eq!(call.version(), Some(9));
        assert!(call.concerns(DAO) && !call.concerns(NOK));
    }

    #[test]
    fn what_a_call_does_not_say_may_be_anything() {
        for payload in ["", "7", "x:", ":", "9:*", "9223372036854775808:"] {
            let call = Call::read(payload);
            assert!(call.concerns(NOK), "{payload}");
        }
        assert_eq!(Call::read("7:").and(Call::read("")).version(), None);
    }
}
