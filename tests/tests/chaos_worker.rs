//! Two workers as real processes on one real PostgreSQL, killed with -9 at points that a seed chooses, while due times are armed without pause. Now and
//! then both are gone for a while, a connection of theirs is ended in the middle of what it fires, the whole server is killed, or the clock is set back.
//! In the end everything that was armed has been fired exactly once, and never two things at once on one journey.
//!
//! The short run is part of `make test`; `make chaos KILLS=1000 SEED=7` kills as often as wanted and prints the figures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;

use std::time::{Duration, Instant};

use clinic_support::{A, DB, admin, journey, migrated};
use desk_clinic::connect::Place;
use desk_clinic::worker::install;
use desk_tests::harness::pg::PgCluster;
use desk_tests::harness::process::{Launch, Running, pid_of};
use desk_tests::harness::wait::{secs, wait_until};
use desk_tests::simulate::chance::Chance;
use rustix::process::{Signal, kill_process};
use tempfile::TempDir;
use uuid::Uuid;

/// A kind of due time that writes down when it began and when it ended, changes its journey, and takes a few milliseconds, so that kills meet it.
const KIND: &str = "create schema test; create table test.effect (occasion text, journey_id uuid, began timestamptz, ended timestamptz);
    create function test.decide(t desk.timer) returns text language plpgsql as $$ declare began timestamptz := clock_timestamp(); begin
      insert into test.effect values (t.occasion, t.journey_id, began, null);
      perform pg_sleep(0.001 + random() * 0.006);
      update public.workflow_states w set metadata = jsonb_build_object('n', t.occasion) where w.id = t.journey_id;
      update test.effect e set ended = clock_timestamp() where e.occasion = t.occasion and e.ended is null;
      return 'did';
    end $$;
    insert into desk.timer_kind values ('test', 'test.decide(desk.timer)');";

const JOURNEYS: u32 = 6;

struct World {
    pg: PgCluster,
    address: String,
    journeys: Vec<Uuid>,
    workers: Vec<Running>,
    chance: Chance,
    folder: TempDir,
    armed: usize,
    figures: Figures,
}

#[derive(Debug, Default)]
struct Figures {
    kills: usize,
    outages: usize,
    ended_connections: usize,
    server_kills: usize,
    clock_changes: usize,
}

/// Whether the process has said that it wants to be told of SIGTERM.
fn hears_term(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (Signal::TERM.as_raw() - 1)) != 0)
}

/// What came of everything that was armed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    lost: i64,
    doubled: i64,
    strangers: i64,
    unended: i64,
    at_once_on_one_journey: i64,
}

impl World {
    fn start(seed: u64) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (pg, address) = runtime.block_on(async {
            let pg = migrated().await;
            pg.psql(DB, KIND);
            let made = install(&mut admin(&pg).await).await.unwrap();
            let place = Place {
                host: "127.0.0.1".into(),
                port: pg.port(),
                database: DB.into(),
            };
            let address = made.address(&place, None);
            (pg, address)
        });
        let journeys = (0..JOURNEYS).map(|n| journey(&pg, A, 1 + 2 * n, 7).0).collect();
        let mut world = Self {
            pg,
            address,
            journeys,
            workers: vec![],
            chance: Chance::new(seed),
            folder: TempDir::with_prefix("aura-desk-worker").unwrap(),
            armed: 0,
            figures: Figures::default(),
        };
        world.workers = (0..2).map(|n| world.employ(n)).collect();
        world
    }

    fn employ(&self, n: usize) -> Running {
        Launch::new(env!("CARGO_BIN_EXE_test-worker"), "cargo")
            .log(self.folder.path().join(format!("worker-{n}.log")))
            .args(["worker", "--name", &format!("worker-{n}")])
            .envs([("DATABASE_URL", &self.address)])
            .start()
    }

    /// A dozen due times or two, due within the next fifth of a second; most concern one of a few journeys.
    fn arm(&mut self) {
        let count = 12 + self.chance.below(12);
        let rows: Vec<String> = (0..count).map(|n| self.due_time(self.armed + n)).collect();
        self.pg.psql(DB, &format!("select desk.arm('{A}', 'test', o, now() + make_interval(secs => s), j::uuid) from (values {}) v (o, s, j)", rows.join(",")));
        self.armed += count;
    }

    fn due_time(&mut self, n: usize) -> String {
        let seconds = self.chance.below(200) as f64 / 1_000.0;
        let journey = self
            .chance
            .pick(&self.journeys)
            .copied()
            .filter(|_| !self.chance.percent(15));
        let journey = journey.map_or_else(|| "null".to_owned(), |id| format!("'{id}'"));
        format!("('{n:06}', {seconds}, {journey})")
    }

    fn kill(&mut self, n: usize) {
        self.workers[n].assert_running();
        kill_process(pid_of(self.workers[n].pid()), Signal::KILL).unwrap();
        wait_until("the worker is gone", secs(10), || self.workers[n].exited());
        self.figures.kills += 1;
    }

    /// A moment that nothing but chance chooses.
    fn let_run(&mut self, most: usize) {
        let end = Instant::now() + Duration::from_millis(self.chance.below(most) as u64);
        wait_until("the moment", secs(10), || (Instant::now() >= end).then_some(()));
    }

    fn round(&mut self, round: usize) {
        self.arm();
        self.let_run(160);
        match round % 50 {
            13 | 38 => self.end_connection(),
            20 => self.outage(),
            31 => self.set_clock_back(),
            44 => self.kill_server(),
            _ => {}
        }
        let n = self.chance.below(2);
        self.kill(n);
        self.workers[n] = self.employ(n);
    }

    /// Both are gone while things become due.
    fn outage(&mut self) {
        self.kill(0);
        self.kill(1);
        self.arm();
        let due = "select count(*) from desk.timer where kind = 'test' and state = 'waiting' and due_at > now()";
        wait_until("everything is due", secs(10), || {
            (self.pg.psql(DB, due) == "0").then_some(())
        });
        self.workers = (0..2).map(|n| self.employ(n)).collect();
        self.figures.outages += 1;
    }

    fn end_connection(&mut self) {
        self.pg.psql(DB, "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'desk_worker_%' and state = 'active' order by random() limit 1");
        self.figures.ended_connections += 1;
    }

    fn kill_server(&mut self) {
        self.pg.kill_hard();
        self.pg.start_again();
        self.figures.server_kills += 1;
    }

    /// To the database an hour's change of its clock and the opposite change of every instant it holds are the same thing.
    fn set_clock_back(&mut self) {
        let shift = |by: &str| {
            format!(
                "update desk.timer set due_at = due_at {by} interval '1 hour', done_at = done_at {by} interval '1 hour', created_at = created_at {by} interval '1 hour'"
            )
        };
        self.pg.psql(DB, &shift("+"));
        self.arm();
        self.let_run(160);
        self.pg.psql(DB, &shift("-"));
        self.figures.clock_changes += 1;
    }

    fn finish(&mut self) {
        let waiting = "select count(*) from desk.timer where kind = 'test' and state = 'waiting'";
        wait_until("everything is fired", secs(60), || {
            (self.pg.psql(DB, waiting) == "0").then_some(())
        });
        for worker in &mut self.workers {
            // One that was killed a moment ago has hardly begun: nobody can be told before they listen.
            wait_until("the worker hears", secs(30), || hears_term(worker.pid()).then_some(()));
            let status = worker.stop(Signal::TERM, secs(10));
            assert!(
                status.success(),
                "told to stop, it ends in order: {status}\n{}",
                worker.log_tail()
            );
        }
    }

    fn verdict(&self) -> Verdict {
        let count = |sql: &str| self.pg.psql(DB, sql).parse::<i64>().unwrap();
        let once = "select occasion, count(*) as n from test.effect group by occasion";
        let overlap = "select count(*) from test.effect a join test.effect b on a.journey_id = b.journey_id and a.ctid <> b.ctid and a.began < b.ended and b.began < a.ended";
        Verdict {
            lost: i64::try_from(self.armed).unwrap()
                - count(&format!(
                    "select count(*) from ({once}) x join desk.timer t using (occasion) where t.state = 'done'"
                )),
            doubled: count(&format!("select count(*) from ({once}) x where n > 1")),
            strangers: count(
                "select count(*) from test.effect e where not exists (select 1 from desk.timer t where t.occasion = e.occasion)",
            ),
            unended: count("select count(*) from test.effect where ended is null"),
            at_once_on_one_journey: count(overlap),
        }
    }

    fn play(&mut self, kills: usize) {
        let mut round = 0;
        while self.figures.kills < kills {
            self.round(round);
            round += 1;
        }
        self.finish();
    }
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_is_killed_everything_due_is_fired_exactly_once() {
    let mut world = World::start(4);
    world.play(36);
    assert_eq!(world.verdict(), Verdict::default());
    let seen = &world.figures;
    assert!(
        seen.outages > 0 && seen.clock_changes > 0 && seen.ended_connections > 0,
        "{seen:?}"
    );
}

#[test]
#[ignore = "as long as KILLS says: make chaos"]
fn whatever_is_killed_however_often() {
    let (kills, seed) = (number("KILLS").unwrap_or(200), number("SEED").unwrap_or(1));
    let began = Instant::now();
    let mut world = World::start(seed as u64);
    world.play(kills);
    println!(
        "seed {seed}: {} armed, {:?}, {:?} in {:?}",
        world.armed,
        world.figures,
        world.verdict(),
        began.elapsed()
    );
    assert_eq!(world.verdict(), Verdict::default());
}

/// A check that finds nothing has to be able to find something.
#[test]
fn what_is_lost_doubled_made_up_or_done_at_once_is_found() {
    let mut world = World::start(5);
    world.arm();
    world.finish();
    assert_eq!(world.verdict(), Verdict::default());
    let journey = world.journeys[0];
    world.pg.psql(
        DB,
        "insert into test.effect select occasion, null, began, ended from test.effect where occasion = '000000'",
    );
    world.pg.psql(DB, "delete from test.effect where occasion = '000001'");
    world.pg.psql(DB, &format!("insert into test.effect values ('made up', '{journey}', now(), now() + interval '1 second'), ('made up too', '{journey}', now(), null)"));
    let overlap = "insert into test.effect select 'at once', journey_id, began, ended from test.effect where occasion = 'made up'";
    world.pg.psql(DB, overlap);
    let found = Verdict {
        lost: 1,
        doubled: 1,
        strangers: 3,
        unended: 1,
        at_once_on_one_journey: 2,
    };
    assert_eq!(world.verdict(), found);
}
