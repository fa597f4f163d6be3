//! The line between one PC and the clinic: [`desk_sync::Clinic`] over the model. A request is on its way until the scheduler looks again,
//! and so is its answer; in both moments it can be lost, come late or be cut off.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use desk_cache::{
    load::Loader,
    outbox::{Outcome, Waiting},
    rebase::{Position, Stream},
};
use desk_core::synced::{SYNCED, Value};
use desk_sync::{
    Clinic, Failure,
    clinic::{Pulled, Tell, only_primary, same_life},
};
use uuid::Uuid;

use super::{
    planted::Bug,
    row::{Row, Scope, noun},
    server::{Keys, Login},
    world::{Fate, Shared, World, hold},
};

/// One PC's line.
#[derive(Clone)]
pub struct Line {
    /// The other end.
    pub world: Shared,
    /// Which PC.
    pub pc: usize,
}

/// The keys of a page, and who told them.
struct Asked {
    keys: Keys,
    life: String,
    of_standby: bool,
}

/// Waits until the scheduler looks again.
pub(super) async fn pause() {
    struct Pause(bool);
    impl Future for Pause {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.0, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }
    }
    Pause(false).await;
}

impl Line {
    /// The request is on its way. Answers the start of the server that it reached, and what is to happen to it there.
    async fn depart(&self) -> Result<(u32, Fate), Failure> {
        pause().await;
        let mut world = hold(&self.world);
        let boot = world.boot;
        let wire = &mut world.wires[self.pc];
        let fate = match wire.fate {
            Fate::AnswerLost => Fate::Arrives,
            _ => std::mem::take(&mut wire.fate),
        };
        match fate {
            _ if wire.is_down => Err(Failure::Unreachable),
            Fate::RequestLost => Err(Failure::Unreachable),
            fate => Ok((boot, fate)),
        }
    }

    /// The answer is on its way back, over a connection that ends with the server's process.
    async fn arrive(&self, boot: u32) -> Result<(), Failure> {
        pause().await;
        let mut world = hold(&self.world);
        let has_ended = world.boot != boot;
        let wire = &mut world.wires[self.pc];
        let is_lost = wire.fate == Fate::AnswerLost;
        if is_lost {
            wire.fate = Fate::Arrives;
        }
        if has_ended || is_lost || wire.is_down {
            Err(Failure::Unreachable)
        } else {
            Ok(())
        }
    }

    /// The login of a person here, over a connection to the primary.
    fn login(&self, world: &World, person: Uuid) -> Result<Login, Failure> {
        let login = *world.wires[self.pc].logins.get(&person).ok_or(Failure::AccessEnded)?;
        let (server, is_standby) = world.answering();
        server.person(login)?;
        only_primary(&server.head(is_standby))?;
        Ok(login)
    }

    /// As [`Self::login`], in the life that the PC knows.
    fn login_in(&self, world: &World, person: Uuid, epoch: &str) -> Result<Login, Failure> {
        let login = self.login(world, person)?;
        if world.bug != Some(Bug::LifeIgnored) {
            let (server, is_standby) = world.answering();
            same_life(&server.head(is_standby).life(), epoch)?;
        }
        Ok(login)
    }

    fn pushed(
        &self,
        person: Uuid,
        client: Uuid,
        epoch: &str,
        batch: &[Waiting],
        fate: Fate,
    ) -> Result<Vec<Outcome>, Failure> {
        let mut held = hold(&self.world);
        let world = &mut *held;
        let login = self.login_in(world, person, epoch)?;
        if fate == Fate::RequestLate {
            world.stray(login, client, batch);
            return Err(Failure::Unreachable);
        }
        if world.standby_answers {
            return Err(Failure::Other("read only".into()));
        }
        let times = if fate == Fate::Twice { 2 } else { 1 };
        let mut answer = Ok(vec![]);
        for _ in 0..times {
            answer = world.server.push(login, client, batch, world.now, &mut world.chance);
        }
        let answer = answer.map_err(Failure::from);
        let said = answer
            .as_ref()
            .map_or_else(|failure| failure.to_string(), |_| "done".into());
        let first = batch.first().map(|action| action.id);
        world.repeats(self.pc, format!("push {person} {} {first:?} {said}", batch.len()));
        answer
    }

    /// The first statement of a pull: which rows changed, and who says so.
    fn keys(&self, person: Uuid, scope: &str, from: Position, epoch: &str) -> Result<Asked, Failure> {
        let world = hold(&self.world);
        let login = self.login(&world, person)?;
        let (server, is_standby) = world.answering();
        let reader = server.person(login)?;
        let head = server.head(is_standby);
        let scope_read = if scope == "clinic" {
            Scope::Clinic
        } else {
            Scope::Person(person)
        };
        let keys = server.keys(reader, scope_read, from, world.page);
        server.check(&head, from, epoch)?;
        Ok(Asked {
            keys,
            life: head.life(),
            of_standby: world.standby_answers,
        })
    }

    /// The second: these rows as they are by now, over the same connection.
    fn rows(&self, person: Uuid, scope: &str, from: Position, asked: Asked) -> Result<Pulled, Failure> {
        let Asked { keys, life, of_standby } = asked;
        let mut held = hold(&self.world);
        let world = &mut *held;
        let login = *world.wires[self.pc].logins.get(&person).ok_or(Failure::AccessEnded)?;
        let server = if of_standby { &world.standby } else { &world.server };
        let reader = server.person(login)?;
        let (next, is_last, read) = (keys.next, keys.is_last, [keys.version, server.version]);
        let (changes, is_consistent) = server.rows_of(reader, keys);
        if is_last && !is_consistent {
            world.tore(self.pc, &life, scope, read);
        }
        let pulled = Pulled {
            changes,
            next,
            epoch: life,
            is_consistent,
            timers_late: 0,
            clock: 0,
        };
        let pulled = distorted(world.bug, pulled);
        let asked = World::asked(person, scope, from);
        // A place that does not move although there is said to be more.
        if !pulled.is_consistent {
            world.halfway = pulled.next.version;
            world.repeats(self.pc, format!("pull {asked}"));
        }
        if world.bug == Some(Bug::LateAnswer) && scope == "clinic" {
            let late = world.wires[self.pc].late.replace(pulled.clone());
            return Ok(late.filter(|_| world.chance.percent(20)).unwrap_or(pulled));
        }
        Ok(pulled)
    }
}

fn distorted(bug: Option<Bug>, mut pulled: Pulled) -> Pulled {
    match bug {
        Some(Bug::ConsistentOnFullPage) => pulled.is_consistent = true,
        Some(Bug::EmptyPageForever) if pulled.changes.is_empty() => pulled.is_consistent = false,
        _ => {}
    }
    pulled
}

impl Clinic for Line {
    async fn reach(&self, person: Uuid, epoch: &str) -> Result<(), Failure> {
        let (boot, _) = self.depart().await?;
        self.login_in(&hold(&self.world), person, epoch)?;
        self.arrive(boot).await
    }

    async fn push(
        &self,
        person: Uuid,
        client: Uuid,
        epoch: &str,
        actions: &[Waiting],
    ) -> Result<Vec<Outcome>, Failure> {
        let (boot, fate) = self.depart().await?;
        let answer = self.pushed(person, client, epoch, actions, fate);
        self.arrive(boot).await?;
        answer
    }

    async fn pull(&self, person: Uuid, scope: &str, from: Position, epoch: &str) -> Result<Pulled, Failure> {
        let (boot, _) = self.depart().await?;
        let asked = self.keys(person, scope, from, epoch);
        if asked.as_ref().is_ok_and(|asked| asked.keys.want_rows()) {
            // The clinic may go on before the rows are asked for.
            self.arrive(boot).await?;
            hold(&self.world).go_on();
        }
        let answer = asked.and_then(|asked| self.rows(person, scope, from, asked));
        self.arrive(boot).await?;
        answer
    }

    async fn load_person(&self, person: Uuid, now: i64) -> Result<(Vec<Vec<Value>>, Stream), Failure> {
        let (boot, _) = self.depart().await?;
        let (rows, stream) = self.snapshot(person, now)?;
        self.arrive(boot).await?;
        let number = noun("notification").number;
        let rows = rows
            .iter()
            .filter(|row| row.tbl == number)
            .map(|row| row.values.clone());
        Ok((rows.collect(), stream))
    }

    async fn fill(&self, person: Uuid, loader: &Loader, now: i64, tell: &Tell<'_>) -> Result<Stream, Failure> {
        let (boot, _) = self.depart().await?;
        let (rows, stream) = self.snapshot(person, now)?;
        for table in SYNCED {
            // The copies of a snapshot take their time.
            if matches!(table.number, 1 | 4 | 9) {
                self.arrive(boot).await?;
            }
            let mut into = loader.rows(table)?;
            for row in rows.iter().filter(|row| row.tbl == table.number) {
                into.add_values(&self.copied(row))?;
            }
            tell(table.name, 0, 0);
        }
        self.arrive(boot).await?;
        let world = hold(&self.world);
        if world.bug == Some(Bug::HeadAfterCopies) {
            return Ok(stream_at(&world, now));
        }
        Ok(stream)
    }

    async fn take_lease(&self, person: Uuid) -> Result<Uuid, Failure> {
        let (boot, _) = self.depart().await?;
        let lease = {
            let mut world = hold(&self.world);
            self.login(&world, person)?;
            let (device, now) = (format!("PC {}", self.pc), world.now);
            world.server.take_lease(&device, now)
        };
        self.arrive(boot).await?;
        Ok(lease)
    }

    async fn known(&self, person: Uuid, actions: &[Uuid]) -> Result<Vec<Uuid>, Failure> {
        let (boot, _) = self.depart().await?;
        let known = {
            let world = hold(&self.world);
            self.login(&world, person)?;
            world.server.known(actions)
        };
        self.arrive(boot).await?;
        Ok(known)
    }
}

impl Line {
    /// What a person may see, at one moment.
    fn snapshot(&self, person: Uuid, now: i64) -> Result<(Vec<Arc<Row>>, Stream), Failure> {
        let world = hold(&self.world);
        let login = self.login(&world, person)?;
        let (server, _) = world.answering();
        let rows = match world.bug {
            Some(Bug::ScopeLeak) => server.rows.values().cloned().collect(),
            _ => server.visible(server.person(login)?),
        };
        Ok((rows, stream_at(&world, now)))
    }

    fn copied(&self, row: &Row) -> Vec<Value> {
        let is_planted = hold(&self.world).bug == Some(Bug::EmptyTextIsNothing);
        let copied = |value: &Value| match value {
            Value::Text(text) if is_planted && text.is_empty() => Value::Null,
            other => other.clone(),
        };
        row.values.iter().map(copied).collect()
    }
}

fn stream_at(world: &World, now: i64) -> Stream {
    let (server, is_standby) = world.answering();
    let head = server.head(is_standby);
    Stream {
        position: Position::end_of(head.version),
        epoch: head.life(),
        synced_at: now,
    }
}
