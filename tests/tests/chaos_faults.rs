//! One fault at a time, on a real desk process and a real PostgreSQL: passing trouble inside the database, a full disk on either side, and a
//! fail-over to a standby that lost the tail. What was confirmed to a person happens once, whatever it takes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod chaos_support;
mod clinic_support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use chaos_support::desk::{Answer, Desk};
use clinic_support::{A, DB, admin, journey, migrated, ticket, uid};
use desk_app::api::Saved;
use desk_app::api::customer::{CustomerCreate, CustomerSearch, CustomersFound, PointsAward};
use desk_app::api::sync::SyncMode;
use desk_app::api::task::{TaskComplete, TaskNote};
use desk_app::error::Code;
use desk_tests::harness::pg::PgCluster;
use desk_tests::harness::wait::{secs, wait_until};
use rstest::rstest;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

struct Clinic {
    runtime: Runtime,
    pg: PgCluster,
}

impl Clinic {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let pg = runtime.block_on(migrated());
        Self { runtime, pg }
    }

    /// Connects this PC as a person of the fixture; returns the login's role.
    fn enrol(&self, desk: &Desk, person: u32) -> String {
        let mut ticket = self.runtime.block_on(ticket(&self.pg, A, person));
        ticket.port = desk.net.port();
        desk.connect(ticket.code());
        desk.until_agreed();
        ticket.login
    }

    fn desk(&self, person: u32) -> (Desk, String) {
        let desk = Desk::new(&format!("PC-{person}"), self.pg.port());
        let login = self.enrol(&desk, person);
        (desk, login)
    }

    /// Another session of the database in the middle of a transaction.
    fn in_transaction(&self, sql: &str) -> sqlx::PgConnection {
        let mut other = self.runtime.block_on(admin(&self.pg));
        self.run(&mut other, "begin");
        self.run(&mut other, sql);
        other
    }

    fn run(&self, connection: &mut sqlx::PgConnection, sql: &str) {
        let run = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection);
        self.runtime.block_on(run).unwrap();
    }

    fn until_logged(&self, text: &str) {
        wait_until(format!("the server says {text:?}"), secs(60), || {
            self.pg.log().contains(text).then_some(())
        });
    }
}

fn count(pg: &PgCluster, from: &str) -> String {
    pg.psql(DB, &format!("select count(*) from {from}"))
}

/// How often this text stands in a task's notes.
fn noted(pg: &PgCluster, task: Uuid, text: &str) -> usize {
    pg.psql(DB, &format!("select notes from public.task_queue where id = '{task}'"))
        .matches(text)
        .count()
}

fn note(desk: &Desk, id: Uuid, text: &str) -> Answer<Saved> {
    desk.ask("task_note", &TaskNote { id, text: text.into() })
}

fn walk_in(name: &str) -> CustomerCreate {
    CustomerCreate {
        full_name: name.into(),
        nickname: None,
        phone: None,
        email: None,
        birth_date: None,
        gender: None,
        notes: None,
        lead: None,
    }
}

fn finds(desk: &Desk, text: &str) -> bool {
    let found: CustomersFound = desk
        .ask("customer_search", &CustomerSearch { text: text.into() })
        .said();
    found.hits.iter().any(|hit| hit.full_name == text)
}

/// Nothing was refused, and the desk is content.
fn assert_content(desk: &Desk) {
    let state = desk.sync();
    assert!(state.attention.is_empty(), "{:?}", state.attention);
    assert_eq!((state.mode, state.problem), (SyncMode::Online, None));
}

#[rstest]
#[case::lock_timeout("lock_timeout", "lock timeout")]
#[case::statement_timeout("statement_timeout", "statement timeout")]
fn an_action_that_waits_too_long_in_the_database_is_sent_again_and_happens_once(
    #[case] limit: &str,
    #[case] said: &str,
) {
    let clinic = Clinic::start();
    let (_, task) = journey(&clinic.pg, A, 1, 7);
    let (desk, login) = clinic.desk(7);
    clinic.pg.psql(DB, &format!("alter role {login} set {limit} = '300ms'"));
    clinic.pg.psql(
        DB,
        &format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{login}'"),
    );
    let mut other = clinic.in_transaction(&format!(
        "select 1 from public.task_queue where id = '{task}' for update"
    ));

    let complete = TaskComplete {
        id: task,
        note: Some("มาแน่".into()),
    };
    desk.ask::<Saved>("task_complete", &complete).said();
    clinic.until_logged(said);
    assert_eq!(desk.sync().waiting.len(), 1);
    clinic.run(&mut other, "rollback");
    desk.until_agreed();
    assert_eq!(noted(&clinic.pg, task, "มาแน่"), 1);
    assert_eq!(count(&clinic.pg, "desk.mutation"), "1");
    assert_content(&desk);
}

#[rstest]
#[case::serialization_failure("40001")]
#[case::deadlock("40P01")]
#[case::lock_not_available("55P03")]
#[case::disk_full("53100")]
#[case::out_of_memory("53200")]
#[case::shutdown("57P01")]
fn a_passing_trouble_in_the_middle_of_a_batch_undoes_it_and_it_is_sent_again(#[case] code: &str) {
    let clinic = Clinic::start();
    let (_, task) = journey(&clinic.pg, A, 1, 7);
    let (desk, _) = clinic.desk(7);
    desk.net.cut();
    for n in 0..5 {
        note(&desk, task, &format!("ข้อ{n}")).said();
    }
    // The fourth write fails, and so do the first writes of the next two tries: a sequence counts on, whatever is rolled back.
    clinic.pg.psql(DB, &format!("create sequence public.trouble; grant usage on sequence public.trouble to public; create function public.trouble() returns trigger language plpgsql as $$ begin if nextval('public.trouble') between 4 and 6 then raise exception 'trouble' using errcode = '{code}'; end if; return new; end $$; create trigger trouble before update on public.task_queue for each row execute function public.trouble()"));
    desk.net.resume();
    desk.until_agreed();
    assert!(
        clinic
            .pg
            .psql(DB, "select last_value from public.trouble")
            .parse::<u32>()
            .unwrap()
            > 6
    );
    for n in 0..5 {
        assert_eq!(noted(&clinic.pg, task, &format!("ข้อ{n}")), 1);
    }
    assert_content(&desk);
}

#[test]
fn a_real_deadlock_with_the_web_system_delays_the_work_and_no_more() {
    let clinic = Clinic::start();
    let (_, first) = journey(&clinic.pg, A, 1, 7);
    let (_, second) = journey(&clinic.pg, A, 3, 7);
    let (desk, _) = clinic.desk(7);
    desk.net.cut();
    note(&desk, first, "หนึ่ง").said();
    note(&desk, second, "สอง").said();
    let mut web = clinic.in_transaction(&format!(
        "set local deadlock_timeout = '30s'; select 1 from public.task_queue where id = '{second}' for update"
    ));
    desk.net.resume();
    wait_until("the desk waits for the web system", secs(30), || {
        (clinic.pg.psql(
            "postgres",
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename like 'desk\\_%'",
        ) == "1")
            .then_some(())
    });
    clinic.run(
        &mut web,
        &format!("select 1 from public.task_queue where id = '{first}' for update"),
    );
    clinic.until_logged("deadlock detected");
    clinic.run(&mut web, "commit");
    desk.until_agreed();
    assert_eq!(
        (noted(&clinic.pg, first, "หนึ่ง"), noted(&clinic.pg, second, "สอง")),
        (1, 1)
    );
    assert_content(&desk);
}

#[test]
fn a_pc_that_lost_power_does_not_hold_its_connections_until_none_is_left() {
    let clinic = Clinic::start();
    let mut desk = clinic.runtime.block_on(clinic_support::desk(&clinic.pg, A, 7));
    let mut shown = |name: &str| clinic.runtime.block_on(desk.sql(&format!("show {name}"))).unwrap();
    // 60 + 3 × 10 seconds after the last word the server gives up; without this it waits for two hours, and a login may have eight.
    assert_eq!(
        ["idle", "interval", "count"].map(|what| shown(&format!("tcp_keepalives_{what}"))),
        ["60", "10", "3"]
    );
    assert_eq!(shown("tcp_user_timeout"), "90000");
}

/// A small disk, which only root can make.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn new(megabytes: u32) -> Option<Self> {
        let folder = TempDir::with_prefix("aura-desk-disk").unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                println!("skipped: a small disk is a mount, and this user may not mount");
                None
            }
        }
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Somebody else's file takes what is left.
    fn fill(&self) {
        let mut file = fs::File::create(self.filler()).unwrap();
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
fn on_a_full_disk_the_desk_says_so_keeps_what_it_confirmed_and_goes_on_when_there_is_space() {
    let Some(disk) = SmallDisk::new(48) else { return };
    let clinic = Clinic::start();
    let (_, task) = journey(&clinic.pg, A, 1, 7);
    let desk = Desk::in_folder("PC-7", clinic.pg.port(), TempDir::new_in(disk.path()).unwrap());
    clinic.enrol(&desk, 7);
    desk.net.cut();
    desk.until_mode(SyncMode::Offline);

    disk.fill();
    let (mut confirmed, mut refused) = (vec![], vec![]);
    for n in 0..400 {
        let text = format!("z{n:03}z {}", "ก".repeat(400));
        match note(&desk, task, &text) {
            Answer::Said(_) => confirmed.push(n),
            answer => {
                assert_eq!(answer.refused(), Code::DiskFull, "{}", desk.log_tail());
                refused.push(n);
            }
        }
    }
    assert!(refused.len() > 1, "the disk was never full");
    // What is there can still be read, and the clinic's news do no harm.
    assert_eq!(desk.sync().waiting.len(), confirmed.len());
    assert!(finds(&desk, "ลูกค้า สมมุติ1"));
    desk.net.resume();
    clinic
        .pg
        .psql(DB, "update public.customers set nickname = repeat('x', 90)");

    desk.kill();
    desk.net.cut();
    // Started on the full disk it may say so, but it takes nothing for damaged.
    desk.start();
    assert_eq!(desk.stand().said().people.len(), 1);
    disk.free();
    desk.revive();
    desk.net.resume();
    note(&desk, task, "พอแล้ว").said();
    desk.until_agreed();
    let notes = clinic
        .pg
        .psql(DB, &format!("select notes from public.task_queue where id = '{task}'"));
    for n in &confirmed {
        assert_eq!(notes.matches(&format!("z{n:03}z")).count(), 1);
    }
    for n in &refused {
        assert_eq!(notes.matches(&format!("z{n:03}z")).count(), 0);
    }
    assert_eq!(notes.matches("พอแล้ว").count(), 1);
    let damaged = fs::read_dir(desk.folder().join("data/clinic"))
        .unwrap()
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().starts_with("damaged"))
        .count();
    assert_eq!(damaged, 0);
    assert_content(&desk);
}

#[test]
fn a_full_disk_of_the_server_delays_the_work_and_no_more() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let clinic = Clinic::start();
    let (_, task) = journey(&clinic.pg, A, 1, 7);
    let space = disk.path().join("space");
    fs::create_dir(&space).unwrap();
    clinic.pg.give_folder(disk.path());
    clinic.pg.give_folder(&space);
    clinic
        .pg
        .psql(DB, &format!("create tablespace small location '{}'", space.display()));
    clinic.pg.psql(DB, "alter table public.task_queue set tablespace small");
    let (desk, _) = clinic.desk(7);
    disk.fill();
    for n in 0..30 {
        // Random text: PostgreSQL packs what repeats itself.
        let text: String = (0..25).map(|_| Uuid::new_v4().to_string()).collect();
        note(&desk, task, &format!("z{n:03}z {text}")).said();
    }
    clinic.until_logged("No space left on device");
    assert!(!desk.sync().waiting.is_empty() && desk.sync().attention.is_empty());
    disk.free();
    desk.until_agreed();
    for n in 0..30 {
        assert_eq!(noted(&clinic.pg, task, &format!("z{n:03}z")), 1);
    }
    assert_content(&desk);
}

/// Two desks of one clinic, and a standby that stopped listening before the primary died.
struct Failover {
    a: Desk,
    b: Desk,
    standby: PgCluster,
    task: Uuid,
    /// An award that only the dead primary had.
    entry: Uuid,
}

impl Failover {
    fn desks(&self) -> [&Desk; 2] {
        [&self.a, &self.b]
    }

    fn prepare() -> Self {
        let clinic = Clinic::start();
        let (_, task) = journey(&clinic.pg, A, 1, 7);
        let ((a, _), (b, _)) = (clinic.desk(7), clinic.desk(5));
        let Clinic { pg: mut primary, .. } = clinic;
        let mut standby = primary.standby();
        a.ask::<Saved>("customer_create", &walk_in("Before Failover")).said();
        a.until_agreed();
        wait_until("the standby has it", secs(30), || {
            (count(&standby, "public.customers where full_name = 'Before Failover'") == "1").then_some(())
        });
        // The line between the two servers breaks; the primary goes on alone, confirms work, and dies.
        standby.stop();
        let entry = lose_the_tail(&primary, &a);
        b.until_caught_up();
        wait_until("the colleague sees it", secs(30), || {
            finds(&b, "Lost Tail").then_some(())
        });
        primary.kill_hard();
        standby.start_again();
        Self {
            a,
            b,
            standby,
            task,
            entry,
        }
    }
}

/// Work that only the primary has: a walk-in with points by the desk, and a nickname by the web system.
fn lose_the_tail(primary: &PgCluster, desk: &Desk) -> Uuid {
    let tail: Saved = desk.ask("customer_create", &walk_in("Lost Tail")).said();
    let entry_id = Uuid::now_v7();
    let award = PointsAward {
        entry_id,
        customer_id: tail.id,
        satang: 199_900,
        note: None,
    };
    desk.ask::<Saved>("points_award", &award).said();
    let customer = uid(primary, "customer", 1);
    primary.psql(
        DB,
        &format!("update public.customers set nickname = 'เว็บ' where id = '{customer}'"),
    );
    desk.until_agreed();
    entry_id
}

#[test]
fn after_a_failover_that_lost_the_tail_the_desks_bring_it_back_and_a_mere_standby_is_not_believed() {
    let world = Failover::prepare();
    let Failover { a, b, standby, .. } = &world;
    // The name leads to the standby before anyone has promoted it.
    world.desks().iter().for_each(|desk| desk.net.lead_to(standby.port()));
    let before = world.desks().map(|desk| desk.net.accepted());
    wait_until("both have asked the standby more than once", secs(60), || {
        let asked = world
            .desks()
            .iter()
            .zip(before)
            .all(|(desk, before)| desk.net.accepted() > before + 1);
        asked.then_some(())
    });
    for desk in world.desks() {
        assert_eq!(desk.sync().mode, SyncMode::Offline);
        assert!(
            finds(desk, "Lost Tail"),
            "rows of a standby were taken for the clinic's"
        );
    }
    note(b, world.task, "ระหว่างรอ").said();
    assert_eq!(b.sync().waiting.len(), 1);

    let began = Instant::now();
    standby.promote();
    world.desks().iter().for_each(|desk| desk.until_agreed());
    println!("both desks agree {:.1?} after the promotion", began.elapsed());
    world.desks().iter().for_each(|desk| desk.until_caught_up());
    for name in ["Before Failover", "Lost Tail"] {
        assert_eq!(
            count(standby, &format!("public.customers where full_name = '{name}'")),
            "1"
        );
        assert!(finds(a, name) && finds(b, name));
    }
    assert_eq!(
        count(
            standby,
            &format!("public.point_transactions where id = '{}'", world.entry)
        ),
        "1"
    );
    assert_eq!(noted(standby, world.task, "ระหว่างรอ"), 1);
    let customers = count(standby, &format!("public.customers where clinic_id = '{A}'"));
    for desk in world.desks() {
        let found: CustomersFound = desk
            .ask(
                "customer_search",
                &CustomerSearch {
                    text: "เว็บ".into()
                },
            )
            .said();
        let of_the_dead = (found.hits.len(), found.total.to_string());
        assert_eq!(of_the_dead, (0, customers.clone()), "what only the dead primary had");
        assert_content(desk);
    }
}
