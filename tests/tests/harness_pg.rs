//! The harness's PostgreSQL starts, refuses whom it should, stops, crashes and comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

use desk_tests::harness::netcut::NetCut;
use desk_tests::harness::pg::PgCluster;
use desk_tests::harness::wait::{eventually, secs};
use sqlx::{Connection as _, PgConnection};
use std::time::{Duration, Instant};

const LOGIN: &str = "CREATE ROLE mali LOGIN PASSWORD 'secret'";

#[test]
fn the_superuser_comes_in_by_the_socket() {
    let pg = PgCluster::start();
    pg.create_database("clinic", None);
    assert_eq!(pg.psql("clinic", "SELECT current_user, 1 + 1"), "postgres|2");
    assert!(
        pg.try_psql("clinic", "SELECT 1 / 0")
            .unwrap_err()
            .contains("division by zero")
    );
}

#[tokio::test]
async fn others_come_in_by_tcp_with_their_password_only() {
    let pg = PgCluster::start();
    pg.psql("postgres", LOGIN);
    let mut mali = PgConnection::connect(&pg.url("mali", "secret", "postgres"))
        .await
        .unwrap();
    let who: String = sqlx::query_scalar("SELECT session_user::text")
        .fetch_one(&mut mali)
        .await
        .unwrap();
    assert_eq!(who, "mali");
    let code = async |url: String| match PgConnection::connect(&url).await.unwrap_err() {
        sqlx::Error::Database(refusal) => refusal.code().unwrap().into_owned(),
        other => panic!("{other}"),
    };
    assert_eq!(code(pg.url("mali", "wrong", "postgres")).await, "28P01");
    assert_eq!(code(pg.url("postgres", "secret", "postgres")).await, "28000");
}

#[tokio::test]
async fn the_superuser_url_is_one_that_sqlx_takes() {
    let pg = PgCluster::start();
    let mut superuser = PgConnection::connect(&pg.create_database("clinic", None))
        .await
        .unwrap();
    let is_super: bool = sqlx::query_scalar("SELECT usesuper FROM pg_user WHERE usename = current_user")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    assert!(is_super);
}

#[test]
fn a_committed_row_survives_stop_and_crash() {
    let mut pg = PgCluster::start();
    let port = pg.port();
    pg.psql("postgres", "CREATE TABLE t (n int)");
    pg.psql("postgres", "INSERT INTO t VALUES (1)");
    pg.restart();
    pg.psql("postgres", "INSERT INTO t VALUES (2)");
    pg.kill();
    assert!(pg.try_psql("postgres", "SELECT 1").is_err());
    pg.start_again();
    assert_eq!(pg.psql("postgres", "SELECT count(*) FROM t"), "2");
    assert_eq!(pg.port(), port);
}

#[test]
fn a_database_is_copied_and_dumped() {
    let pg = PgCluster::start();
    pg.create_database("one", None);
    pg.psql("one", "CREATE TABLE journey (stage text NOT NULL)");
    pg.create_database("two", Some("one"));
    assert_eq!(
        pg.pg_dump("one", &["--schema-only"]),
        pg.pg_dump("two", &["--schema-only"])
    );
    assert!(pg.pg_dump("two", &["--schema-only"]).contains("stage text NOT NULL"));
    pg.drop_database("two");
    assert!(pg.try_psql("two", "SELECT 1").is_err());
}

#[test]
fn two_clusters_run_side_by_side() {
    let [one, two] = [PgCluster::start(), PgCluster::start()];
    one.create_database("only_here", None);
    assert!(two.try_psql("only_here", "SELECT 1").is_err());
}

async fn ask(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("SELECT 1").fetch_one(connection).await
}

#[tokio::test]
async fn a_cut_path_closes_and_refuses_and_is_mended() {
    let pg = PgCluster::start();
    pg.psql("postgres", LOGIN);
    let net = NetCut::to(pg.port());
    let url = net.through(&pg.url("mali", "secret", "postgres"), pg.port());
    let mut desk = PgConnection::connect(&url).await.unwrap();
    assert_eq!((ask(&mut desk).await.unwrap(), net.connections()), (1, 1));
    net.cut();
    assert!(matches!(ask(&mut desk).await, Err(sqlx::Error::Io(_))));
    assert!(matches!(PgConnection::connect(&url).await, Err(sqlx::Error::Io(_))));
    net.resume();
    assert_eq!(ask(&mut PgConnection::connect(&url).await.unwrap()).await.unwrap(), 1);
    assert_eq!(net.accepted(), 2);
}

#[tokio::test]
async fn a_silent_path_keeps_connections_and_delivers_later() {
    let pg = PgCluster::start();
    pg.psql("postgres", LOGIN);
    let net = NetCut::to(pg.port());
    let url = net.through(&pg.url("mali", "secret", "postgres"), pg.port());
    let mut desk = PgConnection::connect(&url).await.unwrap();
    net.silence();
    let mut question = Box::pin(ask(&mut desk));
    assert!(
        tokio::time::timeout(Duration::from_millis(300), &mut question)
            .await
            .is_err()
    );
    assert!(
        tokio::time::timeout(Duration::from_millis(300), PgConnection::connect(&url))
            .await
            .is_err()
    );
    net.resume();
    assert_eq!(question.await.unwrap(), 1);
}

#[tokio::test]
async fn a_half_open_path_lets_the_server_forget_and_the_desk_hang() {
    let pg = PgCluster::start();
    pg.psql("postgres", LOGIN);
    let net = NetCut::to(pg.port());
    let url = net.through(&pg.url("mali", "secret", "postgres"), pg.port());
    let mut desk = PgConnection::connect(&url).await.unwrap();
    net.half_open();
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'mali'";
    eventually("the server lets go", secs(5), async || {
        (pg.psql("postgres", backends) == "0").then_some(())
    })
    .await;
    assert_eq!(net.connections(), 1);
    let mut question = Box::pin(ask(&mut desk));
    assert!(
        tokio::time::timeout(Duration::from_millis(300), &mut question)
            .await
            .is_err()
    );
    net.resume();
    assert!(question.await.is_err());
}

#[tokio::test]
async fn a_slow_path_delays_each_way() {
    let pg = PgCluster::start();
    pg.psql("postgres", LOGIN);
    let net = NetCut::to(pg.port());
    let mut desk = PgConnection::connect(&net.through(&pg.url("mali", "secret", "postgres"), pg.port()))
        .await
        .unwrap();
    net.delay(Duration::from_millis(100));
    let start = Instant::now();
    ask(&mut desk).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
}
