//! The real clinic: one connection per person who uses this PC, made when first needed and thrown away after any trouble.

use std::{collections::HashMap, future::Future, time::Duration};

use desk_cache::{
    load::Loader,
    outbox::{Outcome, Refusal, Waiting},
    rebase,
};
use desk_clinic::{
    ClinicError,
    connect::{self, ConnectTo, PgConnection},
    feed,
    push::{self, Mutation, Status},
};
use tokio::sync::Mutex;
use uuid::Uuid;

use desk_core::synced::Value;

use crate::{
    clinic::{Clinic, Failure, Pulled, Tell, check, only_primary, same_life},
    load,
};

/// Rows of one pull: small enough that applying a page never keeps a person's own action waiting.
const PAGE: i64 = 1_000;

/// No answer within this time counts as a broken connection: a half-open socket would keep us waiting for ever.
const PATIENCE: Duration = Duration::from_secs(20);

/// The clinic's PostgreSQL, with the logins of this PC.
pub struct PostgresClinic {
    logins: HashMap<Uuid, ConnectTo>,
    connections: Mutex<HashMap<Uuid, Connection>>,
}

/// A connection, and which life of the database it was made in. No restore and no failover leaves a connection open, so asking once is enough.
struct Connection {
    postgres: PgConnection,
    life: String,
}

impl PostgresClinic {
    /// A clinic reached with these logins, one per person.
    pub fn new(logins: HashMap<Uuid, ConnectTo>) -> Self {
        Self {
            logins,
            connections: Mutex::new(HashMap::new()),
        }
    }

    /// The login of a person.
    pub fn login(&self, person: Uuid) -> Option<&ConnectTo> {
        self.logins.get(&person)
    }

    async fn connection(&self, person: Uuid) -> Result<Connection, Failure> {
        if let Some(connection) = self.connections.lock().await.remove(&person) {
            return Ok(connection);
        }
        let login = self.logins.get(&person).ok_or(Failure::AccessEnded)?;
        let mut postgres = in_time(connect::connect(&connect::options(login))).await?;
        let head = in_time(feed::head(&mut postgres)).await?;
        only_primary(&head)?;
        Ok(Connection {
            postgres,
            life: head.life(),
        })
    }

    /// A connection goes back only after an orderly answer.
    async fn give_back(&self, person: Uuid, connection: Connection) {
        self.connections.lock().await.insert(person, connection);
    }
}

impl Clinic for PostgresClinic {
    async fn reach(&self, person: Uuid, epoch: &str) -> Result<(), Failure> {
        let mut connection = self.connection(person).await?;
        same_life(&connection.life, epoch)?;
        in_time(connect::ping(&mut connection.postgres)).await?;
        self.give_back(person, connection).await;
        Ok(())
    }

    async fn push(
        &self,
        person: Uuid,
        client: Uuid,
        epoch: &str,
        actions: &[Waiting],
    ) -> Result<Vec<Outcome>, Failure> {
        let batch: Vec<Mutation> = actions.iter().map(mutation).collect();
        let mut connection = self.connection(person).await?;
        same_life(&connection.life, epoch)?;
        let outcomes = in_time(push::push(&mut connection.postgres, client, &batch)).await?;
        self.give_back(person, connection).await;
        Ok(outcomes.into_iter().map(outcome).collect())
    }

    async fn pull(&self, person: Uuid, scope: &str, from: rebase::Position, epoch: &str) -> Result<Pulled, Failure> {
        let mut connection = self.connection(person).await?;
        let page = in_time(feed::pull(&mut connection.postgres, scope, theirs(from), PAGE, &[])).await?;
        self.give_back(person, connection).await;
        check(&page.head, from, epoch)?;
        Ok(pulled(page))
    }

    async fn load_person(&self, person: Uuid, now: i64) -> Result<(Vec<Vec<Value>>, rebase::Stream), Failure> {
        let login = self.logins.get(&person).ok_or(Failure::AccessEnded)?;
        load::load_person(login, now).await
    }

    async fn fill(&self, person: Uuid, loader: &Loader, now: i64, tell: &Tell<'_>) -> Result<rebase::Stream, Failure> {
        let login = self.logins.get(&person).ok_or(Failure::AccessEnded)?;
        load::fill(login, loader, now, tell).await
    }

    async fn known(&self, person: Uuid, actions: &[Uuid]) -> Result<Vec<Uuid>, Failure> {
        let mut connection = self.connection(person).await?;
        let known = in_time(feed::known(&mut connection.postgres, actions)).await?;
        self.give_back(person, connection).await;
        Ok(known)
    }
}

fn pulled(page: feed::Page) -> Pulled {
    Pulled {
        changes: page.rows.into_iter().map(change).collect(),
        next: ours(page.next),
        epoch: page.head.life(),
        is_consistent: page.consistent,
    }
}

fn change(change: feed::Change) -> rebase::Change {
    rebase::Change {
        tbl: change.tbl,
        op: match change.op {
            feed::Op::Upsert => rebase::Op::Put,
            feed::Op::Delete => rebase::Op::Delete,
            feed::Op::Leave => rebase::Op::Leave,
        },
        pk: change.pk,
        row: change.row,
    }
}

fn ours(position: feed::Position) -> rebase::Position {
    rebase::Position {
        version: position.version,
        tbl: position.tbl,
        pk: position.pk,
    }
}

fn theirs(position: rebase::Position) -> feed::Position {
    feed::Position {
        version: position.version,
        tbl: position.tbl,
        pk: position.pk,
    }
}

fn mutation(action: &Waiting) -> Mutation {
    Mutation {
        seq: action.seq,
        id: action.id,
        name: action.name.clone(),
        args: action.args.clone(),
        v: action.v,
    }
}

fn outcome(outcome: push::Outcome) -> Outcome {
    let code = outcome.code.unwrap_or_else(|| "unexpected".to_owned());
    Outcome {
        id: outcome.id,
        refused: (outcome.status == Status::Rejected).then(|| Refusal {
            code,
            detail: outcome.detail.map(|detail| detail.to_string()),
        }),
    }
}

/// Waits for an answer, but not for ever.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Result<T, ClinicError>>) -> Result<T, Failure> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Failure::Unreachable),
    }
}
