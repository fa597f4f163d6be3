//! The real clinic: one connection per person who uses this PC, made when first needed and thrown away after any trouble.

use std::{
    collections::HashMap,
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use desk_cache::{
    load::Loader,
    outbox::{Outcome, Refusal, Waiting},
    rebase,
};
use desk_clinic::{
    ClinicError,
    connect::{self, ConnectTo, PgConnection, Way},
    feed::{self, Head},
    lease, pc,
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

/// A pooler keeps a connection open whatever happens behind it. What a PC asks when it connects, it has to ask again now and then.
const SHARED_CONNECTION_LASTS: Duration = Duration::from_secs(60);

/// The clinic's PostgreSQL, with the logins of this PC.
pub struct PostgresClinic {
    logins: HashMap<Uuid, ConnectTo>,
    connections: Mutex<HashMap<Uuid, Connection>>,
    /// An order to wipe this PC is being obeyed: what waits is sent, in whatever life of the database.
    is_leaving: bool,
    is_own_way: AtomicBool,
}

/// A connection, and the life of the database that it last met. No restore and no failover leaves a connection of one's own open; behind a
/// pooler either may happen unseen, so there each push asks again.
struct Connection {
    postgres: PgConnection,
    life: String,
    made_at: Instant,
}

impl PostgresClinic {
    /// A clinic reached with these logins, one per person.
    pub fn new(logins: HashMap<Uuid, ConnectTo>) -> Self {
        Self {
            logins,
            connections: Mutex::new(HashMap::new()),
            is_leaving: false,
            is_own_way: AtomicBool::new(false),
        }
    }

    /// What has been found out about the way to the clinic. Until then it counts as shared, which works on any.
    pub fn set_way(&self, way: Way) {
        self.is_own_way.store(way == Way::Own, Ordering::Relaxed);
    }

    fn way(&self) -> Way {
        if self.is_own_way.load(Ordering::Relaxed) {
            Way::Own
        } else {
            Way::Shared
        }
    }

    /// Where the clinic stands: the cheap question between rounds.
    ///
    /// # Errors
    /// Why the clinic gave no answer.
    pub async fn head(&self, person: Uuid) -> Result<Head, Failure> {
        let mut connection = self.connection(person).await?;
        let head = in_time(feed::head(&mut connection.postgres)).await?;
        only_primary(&head)?;
        connection.life = head.life();
        self.give_back(person, connection).await;
        Ok(head)
    }

    /// A clinic that a PC sends the rest to before it wipes itself: the order is known and stops nothing, and no load would come after it.
    pub fn leaving(logins: HashMap<Uuid, ConnectTo>) -> Self {
        Self {
            is_leaving: true,
            ..Self::new(logins)
        }
    }

    /// The login of a person.
    pub fn login(&self, person: Uuid) -> Option<&ConnectTo> {
        self.logins.get(&person)
    }

    async fn connection(&self, person: Uuid) -> Result<Connection, Failure> {
        let kept = self.connections.lock().await.remove(&person);
        let is_good = |kept: &Connection| self.way() == Way::Own || kept.made_at.elapsed() < SHARED_CONNECTION_LASTS;
        if let Some(connection) = kept.filter(is_good) {
            return Ok(connection);
        }
        let login = self.logins.get(&person).ok_or(Failure::AccessEnded)?;
        let mut postgres = in_time(connect::connect(&connect::options(login))).await?;
        if !self.is_leaving {
            not_ordered(&mut postgres).await?;
        }
        let head = in_time(feed::head(&mut postgres)).await?;
        only_primary(&head)?;
        Ok(Connection {
            postgres,
            life: head.life(),
            made_at: Instant::now(),
        })
    }

    fn same_life(&self, life: &str, epoch: &str) -> Result<(), Failure> {
        if self.is_leaving {
            Ok(())
        } else {
            same_life(life, epoch)
        }
    }

    /// A connection goes back only after an orderly answer.
    async fn give_back(&self, person: Uuid, connection: Connection) {
        self.connections.lock().await.insert(person, connection);
    }
}

impl Clinic for PostgresClinic {
    async fn reach(&self, person: Uuid, epoch: &str) -> Result<(), Failure> {
        self.same_life(&self.head(person).await?.life(), epoch)
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
        let way = self.way();
        let mut turn = in_time(connect::turn(&mut connection.postgres, way)).await?;
        if way == Way::Shared {
            let head = in_time(feed::head(&mut turn)).await?;
            only_primary(&head)?;
            connection.life = head.life();
        }
        self.same_life(&connection.life, epoch)?;
        let outcomes = in_time(push::push(&mut turn, client, &batch)).await?;
        in_time(turn.end()).await?;
        self.give_back(person, connection).await;
        Ok(outcomes.into_iter().map(outcome).collect())
    }

    async fn pull(&self, person: Uuid, scope: &str, from: rebase::Position, epoch: &str) -> Result<Pulled, Failure> {
        let mut connection = self.connection(person).await?;
        let mut turn = in_time(connect::turn(&mut connection.postgres, self.way())).await?;
        let page = in_time(feed::pull(&mut turn, scope, theirs(from), PAGE, &[])).await?;
        in_time(turn.end()).await?;
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

    async fn take_lease(&self, person: Uuid) -> Result<Uuid, Failure> {
        let mut connection = self.connection(person).await?;
        let mut turn = in_time(connect::turn(&mut connection.postgres, self.way())).await?;
        let lease = in_time(lease::take(&mut turn)).await?;
        in_time(turn.end()).await?;
        self.give_back(person, connection).await;
        Ok(lease)
    }

    async fn known(&self, person: Uuid, actions: &[Uuid]) -> Result<Vec<Uuid>, Failure> {
        let mut connection = self.connection(person).await?;
        let mut turn = in_time(connect::turn(&mut connection.postgres, self.way())).await?;
        let known = in_time(feed::known(&mut turn, actions)).await?;
        in_time(turn.end()).await?;
        self.give_back(person, connection).await;
        Ok(known)
    }
}

fn pulled(page: feed::Page) -> Pulled {
    Pulled {
        changes: page.rows.into_iter().map(entry).collect(),
        next: ours(page.next),
        epoch: page.head.life(),
        is_consistent: page.consistent,
        timers_late: page.head.timers_late,
        clock: page.head.clock,
    }
}

fn entry(change: feed::Change) -> rebase::Entry {
    rebase::Entry {
        version: change.version,
        change: rebase::Change {
            tbl: change.tbl,
            op: match change.op {
                feed::Op::Upsert => rebase::Op::Put,
                feed::Op::Delete => rebase::Op::Delete,
                feed::Op::Leave => rebase::Op::Leave,
            },
            pk: change.pk,
            row: change.row,
        },
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

/// An order ends this PC's connections, so each new one asks.
async fn not_ordered(postgres: &mut PgConnection) -> Result<(), Failure> {
    match in_time(pc::wipe_order(postgres)).await? {
        Some(order) => Err(Failure::WipeOrdered(order.unsent)),
        None => Ok(()),
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
