//! PCs out of reach, on a real PostgreSQL: one that the clinic wants wiped obeys at its next contact, whatever stands in between, and says so;
//! one that is not heard of for a week locks until it is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::{fs, sync::Arc, time::Duration};

use clinic_support::{A, DB, admin, desk as login, journey, migrated, ticket};
use desk_app::{
    Desk,
    api::{
        Nothing,
        session::{Phase, StartState, Unlock},
        sync::SyncMode,
        task::TaskComplete,
    },
    error::{AppError, Code},
    ports::{Clock as _, Secrets as _},
};
use desk_clinic::pc::{self, PcLogin, Unsent};
use desk_clinic::settings::{self, Settings};
use desk_clinic::{ClinicError, staff};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, PIN, Pc, connect, stand, sync, unlock, until_agreed, until_mode};
use uuid::Uuid;

/// A code of the fixture's person `n`, with the way to PostgreSQL through `port`.
async fn code(pg: &PgCluster, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    ticket.code()
}

async fn order(pg: &PgCluster, unsent: Unsent) -> i32 {
    pc::order_wipe(&mut admin(pg).await, A, "PC-A", unsent).await.unwrap()
}

/// What `pc list` knows of the only login of PC-A.
async fn listed(pg: &PgCluster) -> PcLogin {
    let mut rows = pc::list(&mut admin(pg).await).await.unwrap();
    rows.retain(|row| row.device == "PC-A");
    rows.remove(0)
}

async fn until_wiped(desk: &Arc<Desk>) -> StartState {
    eventually("the first screen, saying why", LONG, async || {
        let state = stand(desk).await;
        (state.phase == Phase::FirstStart && state.blocked.as_deref() == Some("pc_wiped")).then_some(state)
    })
    .await
}

async fn until_confirmed(pg: &PgCluster) {
    eventually("the clinic hears of it", LONG, async || listed(pg).await.wiped_at).await;
}

/// Nothing of the clinic is left: no file, no secret that opens one, no word of who or where.
fn assert_clean(pc: &Pc) {
    assert!(!pc.folder.path().join("clinic").exists());
    assert!(pc.secrets.get("device").unwrap().is_none());
}

async fn done_mutations(pg: &PgCluster, task: Uuid) -> String {
    pg.psql(
        DB,
        &format!("select count(*) from desk.mutation where args ->> 'id' = '{task}' and status = 'ok'"),
    )
}

/// A PC with one action that the clinic has not seen, offline.
async fn with_unsent(pg: &PgCluster, pc: &Pc, net: &NetCut) -> (Arc<Desk>, Uuid) {
    let (_, task) = journey(pg, A, 1, 7);
    let desk = pc.connect(code(pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;
    desk.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    (desk, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_pc_is_wiped_at_once_and_says_so() {
    let pg = migrated().await;
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    assert!(listed(&pg).await.wipe_ordered_at.is_none());
    assert_eq!(order(&pg, Unsent::Destroyed).await, 1);
    until_wiped(&desk).await;
    assert_clean(&pc);
    until_confirmed(&pg).await;
    eventually("its login is forgotten", LONG, async || {
        pc.secrets.is_empty().then_some(())
    })
    .await;

    // It says so until it is connected anew, and then it is a PC like any other.
    desk.shut_down().await;
    drop(desk);
    let desk = pc.start().await;
    until_wiped(&desk).await;
    connect(&desk, code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    desk.shut_down().await;
    drop(desk);
    let desk = pc.start_and_unlock().await;
    until_agreed(&desk).await;
    assert!(desk.today(Nothing {}).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_pc_that_nobody_unlocks_is_wiped_and_sends_nothing() {
    let pg = migrated().await;
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let (desk, task) = with_unsent(&pg, &pc, &net).await;
    desk.shut_down().await;
    drop(desk);
    // The person had been ended before anybody thought of wiping: their login is let in again for this alone.
    staff::disable(&mut admin(&pg).await, A, "user7@example.test")
        .await
        .unwrap();
    order(&pg, Unsent::Destroyed).await;
    let desk = pc.start().await;
    assert_eq!(stand(&desk).await.phase, Phase::Locked);
    net.resume();
    until_wiped(&desk).await;
    assert_clean(&pc);
    until_confirmed(&pg).await;
    assert_eq!(done_mutations(&pg, task).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pc_in_good_hands_sends_what_waits_and_then_is_wiped() {
    let pg = migrated().await;
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let (desk, task) = with_unsent(&pg, &pc, &net).await;
    order(&pg, Unsent::SentFirst).await;
    net.resume();
    until_wiped(&desk).await;
    assert_clean(&pc);
    assert_eq!(done_mutations(&pg, task).await, "1");
    until_confirmed(&pg).await;
    assert!(
        listed(&pg).await.disabled_at.is_some(),
        "its access ended with the wipe"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_send_first_waits_for_the_pin_and_the_network_and_can_be_made_stricter() {
    let pg = migrated().await;
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let (desk, task) = with_unsent(&pg, &pc, &net).await;
    desk.shut_down().await;
    drop(desk);
    order(&pg, Unsent::SentFirst).await;
    net.resume();
    let desk = pc.start().await;
    eventually("the lock screen says what is ordered", LONG, async || {
        (stand(&desk).await.blocked.as_deref() == Some("wipe_ordered")).then_some(())
    })
    .await;
    assert_eq!(stand(&desk).await.phase, Phase::Locked);
    assert!(pc.folder.path().join("clinic/cache.db").exists());
    order(&pg, Unsent::Destroyed).await;
    until_wiped(&desk).await;
    assert_eq!(done_mutations(&pg, task).await, "0");
}

/// Wherever the program is killed after the wipe was decided, the next start finishes it; nothing can be unlocked in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_that_was_killed_anywhere_is_finished_at_the_next_start() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    desk.shut_down().await;
    drop(desk);
    net.cut();
    type Step = fn(&Pc);
    let steps: [Step; 4] = [
        |_| {},
        |pc| pc.secrets.forget("device").unwrap(),
        |pc| fs::remove_file(pc.folder.path().join("clinic/people.sealed")).unwrap(),
        |pc| fs::remove_file(pc.folder.path().join("clinic/cache.db")).unwrap(),
    ];
    for died_after in 0..steps.len() {
        let copy = pc.copy();
        fs::write(copy.folder.path().join("wiped"), []).unwrap();
        steps[..=died_after].iter().for_each(|step| step(&copy));
        let desk = copy.start().await;
        let state = until_wiped(&desk).await;
        assert!(state.people.is_empty() && state.clinic.is_none());
        assert_clean(&copy);
        let tried = desk
            .unlock(Unlock {
                person: Uuid::nil(),
                pin: PIN.into(),
            })
            .await;
        assert!(tried.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_pc_that_was_killed_before_it_could_say_so_says_so_later() {
    let pg = migrated().await;
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let desk = pc.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    order(&pg, Unsent::Destroyed).await;
    // The answer does not get through: the network goes as soon as the order was heard.
    eventually("the order is heard", LONG, async || {
        (stand(&desk).await.blocked.is_some()).then(|| net.cut())
    })
    .await;
    until_wiped(&desk).await;
    desk.shut_down().await;
    drop(desk);
    let mark = fs::read(pc.folder.path().join("wiped")).unwrap();
    for word in ["127.0.0.1", "desk_", "clinic", "นิก7"] {
        assert!(
            !mark.windows(word.len()).any(|bytes| bytes == word.as_bytes()),
            "{word}"
        );
    }
    let desk = pc.start().await;
    until_wiped(&desk).await;
    net.resume();
    until_confirmed(&pg).await;
}

/// The two functions tell and change the caller's own state and nobody else's.
#[tokio::test]
async fn a_login_hears_and_confirms_for_itself_alone() {
    let pg = migrated().await;
    let (mut marked, mut other) = (login(&pg, A, 7).await, login(&pg, A, 5).await);
    pg.psql(
        DB,
        &format!(
            "update desk.member set device = 'PC-A' where role_name = '{}'",
            marked.login
        ),
    );
    other.sql("select desk.confirm_wipe()").await.unwrap();
    order(&pg, Unsent::SentFirst).await;
    marked.conn = desk_clinic::connect::connect(&marked.options).await.unwrap();
    let word = "select coalesce(desk.my_wipe_order(), 'none')";
    assert_eq!(marked.sql(word).await.unwrap(), "after_sending");
    assert_eq!(other.sql(word).await.unwrap(), "none");
    order(&pg, Unsent::Destroyed).await;
    marked.conn = desk_clinic::connect::connect(&marked.options).await.unwrap();
    assert_eq!(marked.sql(word).await.unwrap(), "now");
    assert_eq!(
        marked.sql("select count(*)::text from public.customers").await.unwrap(),
        "0"
    );
    other.sql("select desk.confirm_wipe()").await.unwrap();
    assert!(listed(&pg).await.wiped_at.is_none(), "a colleague cannot say so");
    marked.sql("select desk.confirm_wipe()").await.unwrap();
    assert!(listed(&pg).await.wiped_at.is_some());
    assert!(desk_clinic::connect::connect(&marked.options).await.is_err());
    assert!(other.sql("select count(*)::text from public.customers").await.unwrap() != "0");
    let again = pc::order_wipe(&mut admin(&pg).await, A, "PC-A", Unsent::Destroyed).await;
    assert!(again.is_err(), "nothing is left to wipe");
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn dismiss(pg: &PgCluster, n: u32) {
    let user = format!("user{n}@example.test");
    staff::disable(&mut admin(pg).await, A, &user).await.unwrap();
}

/// Waits until the screen is locked and says this.
async fn until_locked(desk: &Arc<Desk>, why: &str) {
    eventually(format!("locked: {why}"), LONG, async || {
        let state = stand(desk).await;
        (state.phase == Phase::Locked && state.me.is_none() && state.blocked.as_deref() == Some(why)).then_some(())
    })
    .await;
}

async fn start_again(pc: &Pc, desk: Arc<Desk>) -> Arc<Desk> {
    desk.shut_down().await;
    drop(desk);
    pc.start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_login_here_has_ended_is_locked_out_while_colleagues_go_on_and_their_work_leaves_with_a_new_code() {
    let (pg, pc) = (migrated().await, Pc::default());
    let net = NetCut::to(pg.port());
    let (_, task) = journey(&pg, A, 1, 7);
    let desk = pc.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    let nok = stand(&desk).await.me.unwrap().id;
    connect(&desk, code(&pg, 1, net.port()).await, "PC-A").await;
    let dao = stand(&desk).await.me.unwrap().id;
    until_agreed(&desk).await;
    unlock(&desk, nok).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;
    desk.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    dismiss(&pg, 7).await;
    net.resume();
    eventually("locked, and it is said whose login has ended", LONG, async || {
        let state = stand(&desk).await;
        let ended: Vec<Uuid> = state
            .people
            .iter()
            .filter(|person| person.has_ended)
            .map(|person| person.id)
            .collect();
        (state.phase == Phase::Locked && ended == [nok]).then_some(())
    })
    .await;
    assert!(desk.today(Nothing {}).await.is_err());
    assert_eq!(tried(&desk, nok).await.unwrap_err().code, Code::LoginEnded);
    let desk = start_again(&pc, desk).await;
    assert_eq!(tried(&desk, nok).await.unwrap_err().code, Code::LoginEnded);

    unlock(&desk, dao).await;
    until_mode(&desk, SyncMode::Online).await;
    assert_eq!(tried(&desk, nok).await.unwrap_err().code, Code::LoginEnded);
    let state = sync(&desk).await;
    assert_eq!(state.problem, None, "a colleague has nothing to mend");
    assert!(state.waiting[0].needs_code, "and sees why something stays");
    connect(&desk, code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    assert!(stand(&desk).await.people.iter().all(|person| !person.has_ended));
    assert_eq!(done_mutations(&pg, task).await, "1");
    assert!(tried(&desk, nok).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_person_who_was_alone_is_locked_out_and_what_they_did_leaves_with_a_new_code_after_a_restart() {
    let (pg, pc) = (migrated().await, Pc::default());
    let net = NetCut::to(pg.port());
    let (desk, task) = with_unsent(&pg, &pc, &net).await;
    let nok = stand(&desk).await.me.unwrap().id;
    dismiss(&pg, 7).await;
    net.resume();
    until_locked(&desk, "access_ended").await;
    let desk = start_again(&pc, desk).await;
    until_locked(&desk, "access_ended").await;
    assert_eq!(tried(&desk, nok).await.unwrap_err().code, Code::AccessEnded);
    assert_eq!(sync(&desk).await.mode, SyncMode::Revoked);
    connect(&desk, code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    assert_eq!(done_mutations(&pg, task).await, "1");
    assert!(tried(&desk, nok).await.is_ok());
}

/// Nobody unlocks, so no session hears it; and a word of the clinic that was a slip needs a new code all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_dismissed_does_not_unlock_a_pc_that_has_heard_of_it_at_its_lock_screen() {
    let (pg, pc) = (migrated().await, Pc::default());
    let net = NetCut::to(pg.port());
    let (desk, task) = with_unsent(&pg, &pc, &net).await;
    let nok = stand(&desk).await.me.unwrap().id;
    let active = |is: bool| format!("update desk.staff set active = {is} where person_id = '{nok}'");
    pg.psql(DB, &active(false));
    let desk = start_again(&pc, desk).await;
    net.resume();
    until_locked(&desk, "access_ended").await;
    pg.psql(DB, &active(true));
    assert_eq!(tried(&desk, nok).await.unwrap_err().code, Code::AccessEnded);
    connect(&desk, code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    assert_eq!(done_mutations(&pg, task).await, "1");
}

/// The login of PC-A, and the end of its connections.
fn login_of(pg: &PgCluster) -> (String, String) {
    let role = pg.psql(DB, "select role_name from desk.member where device = 'PC-A'");
    let end = format!("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '{role}'");
    (role, end)
}

/// The server refuses PC-A until `mend`; then what was done meanwhile has to arrive, and nobody is asked for anything.
async fn refused_for_a_while(pg: &PgCluster, desk: &Arc<Desk>, task: Uuid, problem: &str, mend: impl FnOnce()) {
    eventually(format!("it is told: {problem}"), LONG, async || {
        let state = sync(desk).await;
        (state.mode == SyncMode::Offline && state.problem.as_deref() == Some(problem)).then_some(())
    })
    .await;
    desk.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    mend();
    until_agreed(desk).await;
    assert_eq!(done_mutations(pg, task).await, "1");
    let state = stand(desk).await;
    assert_eq!((state.phase, state.blocked), (Phase::Ready, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_that_are_missing_for_a_while_end_nobodys_access() {
    let (pg, pc) = (migrated().await, Pc::default());
    let (_, task) = journey(&pg, A, 1, 7);
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let (role, end) = login_of(&pg);
    let kept = pg.psql(
        DB,
        &format!("select rolpassword from pg_authid where rolname = '{role}'"),
    );
    pg.psql(DB, &format!("alter role {role} password null"));
    pg.psql(DB, &end);
    refused_for_a_while(&pg, &desk, task, "login_refused", || {
        pg.psql(DB, &format!("alter role {role} password '{kept}'"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_the_server_that_is_wrong_for_a_while_ends_nobodys_access() {
    let (pg, pc) = (migrated().await, Pc::default());
    let (_, task) = journey(&pg, A, 1, 7);
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let (role, end) = login_of(&pg);
    let file = pg.psql(DB, "show hba_file");
    let right = fs::read_to_string(&file).unwrap();
    let rules = |text: &str| {
        fs::write(&file, text).unwrap();
        pg.psql(DB, "select pg_reload_conf()");
    };
    rules(&format!("host all {role} all reject\n{right}"));
    // The server may read its rules a moment later.
    refused_for_a_while_ending(&pg, &desk, task, &end, || rules(&right)).await;
}

async fn refused_for_a_while_ending(pg: &PgCluster, desk: &Arc<Desk>, task: Uuid, end: &str, mend: impl FnOnce()) {
    eventually("the server refuses", LONG, async || {
        pg.psql(DB, end);
        (sync(desk).await.mode == SyncMode::Offline).then_some(())
    })
    .await;
    refused_for_a_while(pg, desk, task, "login_refused", mend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_missing_for_a_while_ends_nobodys_access() {
    let (pg, pc) = (migrated().await, Pc::default());
    let (_, task) = journey(&pg, A, 1, 7);
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let (_, end) = login_of(&pg);
    pg.psql(DB, "revoke usage on schema desk from desk_member");
    pg.psql(DB, &end);
    refused_for_a_while(&pg, &desk, task, "schema_mismatch", || {
        pg.psql(DB, "grant usage on schema desk to desk_member");
    })
    .await;
}

async fn tried(desk: &Arc<Desk>, person: Uuid) -> Result<StartState, AppError> {
    let pin = PIN.into();
    desk.unlock(Unlock { person, pin }).await
}

async fn until_it_opens(desk: &Arc<Desk>, person: Uuid) {
    eventually("contact opens it", LONG, async || tried(desk, person).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pc_without_contact_for_a_week_locks_and_contact_opens_it_and_sends_what_waited() {
    let pg = migrated().await;
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let (desk, task) = with_unsent(&pg, &pc, &net).await;
    let person = stand(&desk).await.me.unwrap().id;
    pc.clock.skip(6 * DAY);
    assert!(tried(&desk, person).await.is_ok(), "six days are not too long");

    // Whoever sits there is locked out, and learns since when.
    pc.clock.skip(DAY);
    let state = eventually("the time is over", LONG, async || {
        let state = stand(&desk).await;
        (state.phase == Phase::Locked).then_some(state)
    })
    .await;
    let since = state.stale_since.unwrap();
    let away = pc.clock.now().timestamp_millis() - since;
    assert!((0..=60_000).contains(&(away - 7 * 24 * 60 * 60 * 1000)), "{away} ms");
    let refused = tried(&desk, person).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.fields["since"].clone()),
        (Code::CacheStale, since.to_string())
    );

    // Neither a restart nor a clock set back changes that.
    desk.shut_down().await;
    drop(desk);
    pc.clock.set("2026-01-01T00:00:00Z");
    let desk = pc.start().await;
    assert_eq!(tried(&desk, person).await.unwrap_err().code, Code::CacheStale);
    assert!(pc.folder.path().join("clinic/cache.db").exists());

    net.resume();
    until_it_opens(&desk, person).await;
    assert!(stand(&desk).await.stale_since.is_none());
    until_agreed(&desk).await;
    assert_eq!(done_mutations(&pg, task).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clinic_says_how_many_days_without_contact_are_too_long() {
    let pg = migrated().await;
    let two_days = Settings {
        days_unseen: Some(2),
        ..Settings::default()
    };
    settings::set(&mut admin(&pg).await, A, &two_days).await.unwrap();
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let (desk, _) = with_unsent(&pg, &pc, &net).await;
    let person = stand(&desk).await.me.unwrap().id;
    pc.clock.skip(DAY);
    assert!(tried(&desk, person).await.is_ok(), "a day is not too long");
    pc.clock.skip(DAY);
    assert_eq!(tried(&desk, person).await.unwrap_err().code, Code::CacheStale);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_none_changes_nothing() {
    let pg = migrated().await;
    let mut conn = admin(&pg).await;
    let before = settings::settings(&mut conn, A).await.unwrap();
    let nowhere = Settings {
        timezone: Some("Asia/Nowhere".into()),
        days_unseen: Some(3),
        ..Settings::default()
    };
    let refused = settings::set(&mut conn, A, &nowhere).await.unwrap_err();
    assert!(matches!(refused, ClinicError::Refused { code, .. } if code == "timezone_unknown"));
    assert_eq!(settings::settings(&mut conn, A).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_forward_by_mistake_locks_an_open_pc_only_until_the_next_contact_and_loses_nothing() {
    let pg = migrated().await;
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let (desk, task) = with_unsent(&pg, &pc, &net).await;
    let person = stand(&desk).await.me.unwrap().id;
    pc.clock.skip(3_000 * DAY);
    assert_eq!(tried(&desk, person).await.unwrap_err().code, Code::CacheStale);
    assert!(desk.today(Nothing {}).await.is_err(), "nobody works on behind the lock");
    net.resume();
    // The open session sends before anybody unlocks.
    eventually("what waited has arrived", LONG, async || {
        (done_mutations(&pg, task).await == "1").then_some(())
    })
    .await;
    until_it_opens(&desk, person).await;
    until_agreed(&desk).await;
    // The clock is put right while the line is up: nothing happens.
    pc.clock.set(&chrono::Utc::now().to_rfc3339());
    assert!(tried(&desk, person).await.is_ok());
}
