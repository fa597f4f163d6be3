//! What is due is fired once, by whoever comes first, whatever else goes on; and nobody but a worker fires anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test ends where it is surprised

mod clinic_support;

use std::time::Duration;

use clinic_support::{A, B, DB, admin, desk, journey, migrated};
use desk_clinic::doctor::examine;
use desk_clinic::worker::{self, beat, fire_next, install, standing};
use desk_tests::harness::pg::PgCluster;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

/// A kind of due time whose decider writes down what it did, fails or waits as its facts say.
const KIND: &str = "create schema test; create table test.effect (occasion text, depth integer, at timestamptz default clock_timestamp());
    create table test.parent (id integer primary key); create table test.child (id integer references test.parent deferrable initially deferred);
    create function test.decide(t desk.timer) returns text language plpgsql as $$ begin
      insert into test.effect (occasion, depth) values (t.occasion, t.depth);
      if t.facts ? 'arms' then perform desk.arm(t.clinic_id, 'test', t.facts ->> 'arms', now(), t.journey_id); end if;
      if t.facts ? 'orphan' then insert into test.child values (1); end if;
      if t.facts ? 'state' then raise exception 'as told' using errcode = t.facts ->> 'state'; end if;
      return 'did';
    end $$;
    insert into desk.timer_kind values ('test', 'test.decide(desk.timer)');";

async fn clinic() -> (PgCluster, PgConnection) {
    let pg = migrated().await;
    pg.psql(DB, KIND);
    let made = install(&mut admin(&pg).await).await.unwrap();
    let options = worker::options(&made.address(&place(&pg), None)).unwrap();
    let conn = PgConnection::connect_with(&options).await.unwrap();
    (pg, conn)
}

fn place(pg: &PgCluster) -> desk_clinic::connect::Place {
    desk_clinic::connect::Place {
        host: "127.0.0.1".into(),
        port: pg.port(),
        database: DB.into(),
    }
}

fn arm(pg: &PgCluster, occasion: &str, journey: Option<Uuid>, facts: &str) {
    let journey = journey.map_or_else(|| "null".to_owned(), |id| format!("'{id}'"));
    pg.psql(
        DB,
        &format!("select desk.arm('{A}', 'test', '{occasion}', now(), {journey}, '{facts}')"),
    );
}

fn effects(pg: &PgCluster) -> String {
    pg.psql(
        DB,
        "select coalesce(string_agg(occasion, ',' order by at), '') from test.effect",
    )
}

fn state(pg: &PgCluster, occasion: &str) -> String {
    pg.psql(
        DB,
        &format!(
            "select concat_ws(' ', state, outcome, attempts, last_error) from desk.timer where occasion = '{occasion}'"
        ),
    )
}

async fn fire_all(conn: &mut PgConnection) -> usize {
    let mut fired = 0;
    while fire_next(conn).await.unwrap() {
        fired += 1;
    }
    fired
}

#[tokio::test]
async fn what_is_due_is_fired_once_in_its_order_and_what_is_not_due_waits() {
    let (pg, mut conn) = clinic().await;
    for (occasion, due) in [("second", "-1"), ("first", "-2"), ("later", "600")] {
        pg.psql(
            DB,
            &format!("select desk.arm('{A}', 'test', '{occasion}', now() + interval '{due} seconds')"),
        );
    }
    assert_eq!(fire_all(&mut conn).await, 2);
    assert_eq!(effects(&pg), "first,second");
    arm(&pg, "first", None, "{}");
    assert_eq!(fire_all(&mut conn).await, 0, "what has fired stays fired");
    assert_eq!(state(&pg, "later"), "waiting 0");
}

#[tokio::test]
async fn a_journey_that_somebody_holds_keeps_nothing_else_waiting() {
    let (pg, mut conn) = clinic().await;
    let ((held, _), (free, _)) = (journey(&pg, A, 1, 7), journey(&pg, A, 3, 7));
    arm(&pg, "held", Some(held), "{}");
    arm(&pg, "free", Some(free), "{}");
    let mut person = admin(&pg).await;
    let mut move_it = person.begin().await.unwrap();
    let lock = format!("select 1 from public.workflow_states where id = '{held}' for update");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut *move_it).await.unwrap();
    assert_eq!(fire_all(&mut conn).await, 1);
    assert_eq!(effects(&pg), "free");
    // Its due time is not held either: the person who holds the journey settles it otherwise.
    let settle = format!("select desk.disarm('{A}', 'test', 'held')");
    sqlx::raw_sql(AssertSqlSafe(settle))
        .execute(&mut *move_it)
        .await
        .unwrap();
    move_it.commit().await.unwrap();
    assert_eq!(fire_all(&mut conn).await, 0);
    assert_eq!(state(&pg, "held"), "dropped 0");
}

#[tokio::test]
async fn what_fails_leaves_nothing_behind_is_tried_later_and_later_and_is_given_up_aloud() {
    let (pg, mut conn) = clinic().await;
    arm(&pg, "broken", None, r#"{"state": "22012"}"#);
    arm(&pg, "whole", None, "{}");
    assert_eq!(fire_all(&mut conn).await, 2);
    assert_eq!(effects(&pg), "whole", "half an effect is none, and the others go on");
    assert_eq!(state(&pg, "broken"), "waiting 1 22012");
    let mut pauses = vec![];
    for _ in 0..7 {
        pauses.push(
            pg.psql(
                DB,
                "select round(extract(epoch from due_at - now())) from desk.timer where occasion = 'broken'",
            )
            .parse::<i64>()
            .unwrap(),
        );
        pg.psql(DB, "update desk.timer set due_at = now() where occasion = 'broken'");
        assert_eq!(fire_all(&mut conn).await, 1);
    }
    assert!(pauses.windows(2).all(|pair| pair[1] > pair[0]), "{pauses:?}");
    assert_eq!(state(&pg, "broken"), "failed 8 22012");
    let told = pg.psql(DB, &format!("select count(*), count(distinct s.role) from public.notifications n join desk.staff s on s.person_id = n.user_id and s.clinic_id = n.clinic_id where n.type = 'automation_failed' and n.clinic_id = '{A}' and s.role in ('owner', 'manager')"));
    assert_eq!(told, "2|2", "owner and manager, once each");
    assert_eq!(
        pg.psql(
            DB,
            "select count(*) from public.notifications where type = 'automation_failed'"
        ),
        "2"
    );
}

#[tokio::test]
async fn what_would_only_fail_at_the_commit_is_counted_too_and_blocks_nobody() {
    let (pg, mut conn) = clinic().await;
    arm(&pg, "orphan", None, r#"{"orphan": true}"#);
    arm(&pg, "whole", None, "{}");
    assert_eq!(fire_all(&mut conn).await, 2);
    assert_eq!(
        (effects(&pg).as_str(), state(&pg, "orphan").as_str()),
        ("whole", "waiting 1 23503")
    );
}

#[tokio::test]
async fn a_passing_trouble_costs_no_try_until_it_has_passed_twenty_times() {
    let (pg, mut conn) = clinic().await;
    arm(&pg, "deadlock", None, r#"{"state": "40P01"}"#);
    for n in 1..=19 {
        assert_eq!(fire_all(&mut conn).await, 1);
        assert_eq!(state(&pg, "deadlock"), "waiting 0 40P01", "{n}");
        pg.psql(DB, "update desk.timer set due_at = now()");
    }
    fire_all(&mut conn).await;
    assert_eq!(state(&pg, "deadlock"), "waiting 1 40P01");
}

#[tokio::test]
async fn what_is_armed_by_what_was_fired_is_one_step_deeper_on_the_same_journey_only() {
    let (pg, mut conn) = clinic().await;
    let (journey, _) = journey(&pg, A, 1, 7);
    arm(&pg, "one", Some(journey), r#"{"arms": "two"}"#);
    arm(&pg, "sweep", None, r#"{"arms": "next sweep"}"#);
    assert_eq!(fire_all(&mut conn).await, 4);
    let depths = pg.psql(
        DB,
        "select string_agg(occasion || ' ' || depth, ', ' order by occasion) from test.effect",
    );
    assert_eq!(depths, "next sweep 0, one 0, sweep 0, two 1");
}

#[tokio::test]
async fn a_worker_may_fire_and_say_that_it_is_there_and_nothing_else() {
    let (pg, mut conn) = clinic().await;
    let mut owner = admin(&pg).await;
    let functions: Vec<String> = sqlx::query_scalar(
        "select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'desk'::regnamespace",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(functions.len() > 60);
    let mut may = vec![];
    for function in functions {
        let ask = sqlx::query_scalar("select has_function_privilege($1, 'execute')").bind(&function);
        if ask.fetch_one(&mut conn).await.unwrap() {
            may.push(function);
        }
    }
    may.sort();
    assert_eq!(
        may,
        [
            "desk.fire_next()",
            "desk.next_referral()",
            "desk.settle_referral(uuid,uuid,text,text[],boolean)",
            "desk.worker_beat(uuid,text,bigint,boolean)"
        ]
    );
    let open = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('desk', 'public') and c.relkind in ('r', 'S', 'v') \
      and (has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger') or has_any_column_privilege(c.oid, 'select, insert, update'))";
    assert_eq!(
        sqlx::query_scalar::<_, i64>(open).fetch_one(&mut conn).await.unwrap(),
        0,
        "no table, no column"
    );
    assert!(sqlx::raw_sql("set role desk_member").execute(&mut conn).await.is_err());
}

#[tokio::test]
async fn a_desk_fires_nothing_and_hears_of_its_own_clinics_lateness_alone() {
    let (pg, mut conn) = clinic().await;
    let (mut may, mut ben) = (desk(&pg, A, 7).await, desk(&pg, B, 8).await);
    assert!(
        may.sql("select desk.fire_next()")
            .await
            .unwrap_err()
            .starts_with("42501")
    );
    assert_eq!(may.sql("select desk.timers_late()::text").await.unwrap(), "0");
    pg.psql(
        DB,
        &format!("select desk.arm('{A}', 'test', 'late', now() - interval '90 seconds')"),
    );
    let late: i64 = may
        .sql("select desk.timers_late()::text")
        .await
        .unwrap()
        .parse()
        .unwrap();
    assert!((90..100).contains(&late), "{late}");
    assert_eq!(ben.sql("select desk.timers_late()::text").await.unwrap(), "0");
    fire_all(&mut conn).await;
    assert_eq!(
        may.sql("select desk.timers_late()::text").await.unwrap(),
        "0",
        "caught up"
    );
}

#[tokio::test]
async fn a_worker_hears_how_long_it_may_sleep_and_is_seen_with_how_late_it_is() {
    let (pg, mut conn) = clinic().await;
    let id = Uuid::new_v4();
    let heard = beat(&mut conn, id, "beside 'the' \\ server", 0, false).await.unwrap();
    let night = Duration::from_secs(24 * 3_600);
    assert!(
        heard.next_in.is_some_and(|next| next <= night) && heard.late.is_zero(),
        "points end at midnight, tiers are looked at, and small thanks are given"
    );
    pg.psql(
        DB,
        &format!("select desk.arm('{A}', 'test', 'soon', now() + interval '40 seconds')"),
    );
    let heard = beat(&mut conn, id, "beside 'the' \\ server", 0, false).await.unwrap();
    assert!(heard.next_in.unwrap() > Duration::from_secs(30) && heard.next_in.unwrap() <= Duration::from_secs(40));
    pg.psql(
        DB,
        "update desk.timer set due_at = now() - interval '70 seconds' where kind = 'test'",
    );
    let heard = beat(&mut conn, id, "beside 'the' \\ server", 5, false).await.unwrap();
    assert!(heard.next_in == Some(Duration::ZERO) && heard.late >= Duration::from_secs(70));
    let clinics: i64 = pg.psql(DB, "select count(*) from desk.clinic").parse().unwrap();
    let stands = standing(&mut admin(&pg).await).await.unwrap();
    assert_eq!(
        (stands.workers[0].name.as_str(), stands.workers[0].fired, stands.waiting),
        ("beside 'the' \\ server", 5, 1 + 3 * clinics)
    );
    assert!(stands.workers[0].late_since.is_some() && !stands.is_well());
    fire_all(&mut conn).await;
    beat(&mut conn, id, "beside 'the' \\ server", 6, true).await.unwrap();
    let stands = standing(&mut admin(&pg).await).await.unwrap();
    assert!(stands.workers[0].late_since.is_none() && !stands.workers[0].is_alive);
    assert!(!stands.is_well(), "nobody is there for the next night");
}

#[tokio::test]
async fn a_login_of_a_worker_ends_when_it_is_removed() {
    let (pg, mut conn) = clinic().await;
    let login: String = sqlx::query_scalar("select session_user::text")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    worker::remove(&mut admin(&pg).await, &login).await.unwrap();
    assert!(fire_next(&mut conn).await.is_err());
    let again = worker::remove(&mut admin(&pg).await, &login).await;
    assert!(matches!(again, Err(desk_clinic::ClinicError::Refused { code, .. }) if code == "worker_not_found"));
}

#[tokio::test]
async fn the_doctor_says_when_due_times_wait_for_nobody() {
    let (pg, mut conn) = clinic().await;
    let mut owner = admin(&pg).await;
    let codes = async |owner: &mut PgConnection| -> Vec<String> {
        let found = examine(owner).await.unwrap();
        let timers = ["timers_late", "no_worker", "timer_given_up"];
        found
            .into_iter()
            .map(|finding| finding.code)
            .filter(|code| timers.contains(&code.as_str()))
            .collect()
    };
    assert!(codes(&mut owner).await.is_empty());
    pg.psql(
        DB,
        &format!(
            "select desk.arm('{A}', 'test', 'late', now() - interval '90 seconds', null, '{{\"state\": \"22012\"}}')"
        ),
    );
    assert_eq!(codes(&mut owner).await, ["timers_late", "no_worker"]);
    beat(&mut conn, Uuid::new_v4(), "w", 0, false).await.unwrap();
    assert_eq!(codes(&mut owner).await, ["timers_late"]);
    pg.psql(DB, "update desk.timer set attempts = 7");
    fire_all(&mut conn).await;
    assert_eq!(codes(&mut owner).await, ["timer_given_up"]);
}
