//! The program that fires due times: its login, what it asks the database, and how it stands. What is to be done at a due time, and whether it
//! is still to be done, is decided in the database; a worker only says *now*, and may die at any point of that.

use std::time::Duration;

use chrono::{DateTime, Utc};
use desk_core::day;
use desk_core::referral::{self, Facts, Verdict};
use serde::Serialize;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, FromRow, Row as _, raw_sql};
use uuid::Uuid;

use crate::connect::{Place, is_this_machine};
use crate::{ClinicError, Result, scram};

/// From here on the desks show that due times wait.
pub const LATE: Duration = Duration::from_secs(60);

/// A login that was made for workers, and its password, which nothing else keeps.
pub struct NewLogin {
    /// The role.
    pub login: String,
    password: String,
}

impl NewLogin {
    /// The whole way in as a `postgres://` address; `ca` is the path of a certificate authority to trust.
    pub fn address(&self, to: &Place, ca: Option<&str>) -> String {
        let Self { login, password } = self;
        let Place { host, port, database } = to;
        if host.starts_with('/') {
            return format!("postgres:///{database}?host={host}&port={port}&user={login}&password={password}");
        }
        let trust = ca.map(|path| format!("&sslrootcert={path}")).unwrap_or_default();
        let mode = if is_this_machine(host) { "prefer" } else { "verify-full" };
        format!("postgres://{login}:{password}@{host}:{port}/{database}?sslmode={mode}{trust}")
    }
}

/// Makes a login that may fire due times and nothing else (an administrator's connection). Earlier ones stay.
///
/// # Errors
/// `TooOld` before the migration that knows workers.
pub async fn install(conn: &mut PgConnection) -> Result<NewLogin> {
    let (password, id) = (scram::new_secret()?, Uuid::new_v4().simple().to_string());
    let login = format!("desk_worker_{}", id.get(..12).unwrap_or(&id));
    let mut tx = conn.begin().await?;
    sqlx::query("select desk.add_worker($1::name, $2)")
        .bind(&login)
        .bind(scram::verifier(&password)?)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(NewLogin { login, password })
}

/// Ends a worker's login, now.
///
/// # Errors
/// `Refused` with `worker_not_found`.
pub async fn remove(conn: &mut PgConnection, login: &str) -> Result<()> {
    let mut tx = conn.begin().await?;
    sqlx::query("select desk.remove_worker($1::name)")
        .bind(login)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// One worker by its own last word.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct Worker {
    /// Of the machine, unless it was given another.
    pub name: String,
    /// Since when it runs or ran.
    pub started_at: DateTime<Utc>,
    /// When it was heard last.
    pub beat_at: DateTime<Utc>,
    /// When it ended in order.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Due times that it fired.
    pub fired: i64,
    /// Since when something was due for more than a minute, by what it saw.
    pub late_since: Option<DateTime<Utc>>,
    /// It was heard within the last minute and has not said that it ends.
    pub is_alive: bool,
}

/// How due times stand in the whole database.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Workers of the last 30 days, those that were heard last first.
    pub workers: Vec<Worker>,
    /// The logins made for them.
    pub logins: Vec<String>,
    /// Due times that wait, due or not yet.
    pub waiting: i64,
    /// Due times that were given up after eight tries.
    pub failed: i64,
    /// How long the longest due has been waiting, in seconds.
    pub late_seconds: f64,
}

impl Standing {
    /// Whether somebody ought to look: something is late, or waits and nobody is there to fire it.
    pub fn is_well(&self) -> bool {
        let is_fired = self.waiting == 0 || self.workers.iter().any(|worker| worker.is_alive);
        self.late_seconds <= LATE.as_secs_f64() && is_fired
    }
}

const WORKERS: &str = "select name, started_at, beat_at, stopped_at, fired, late_since, stopped_at is null and beat_at > now() - interval '1 minute' as is_alive from desk.worker order by beat_at desc";

/// How due times stand (an administrator's connection).
///
/// # Errors
/// `TooOld` before the migration that knows workers.
pub async fn standing(conn: &mut PgConnection) -> Result<Standing> {
    let counts = "select count(*) filter (where state = 'waiting'), count(*) filter (where state = 'failed'), desk.longest_late() from desk.timer";
    let (waiting, failed, late_seconds) = sqlx::query_as(counts).fetch_one(&mut *conn).await?;
    let logins = "select role_name::text from desk.worker_login order by created_at";
    Ok(Standing {
        workers: sqlx::query_as(WORKERS).fetch_all(&mut *conn).await?,
        logins: sqlx::query_scalar(logins).fetch_all(&mut *conn).await?,
        waiting,
        failed,
        late_seconds,
    })
}

/// How a worker reaches its database: verified TLS unless that is this very machine, whatever the address says.
///
/// # Errors
/// `Answer` for something that is no URL.
pub fn options(address: &str) -> Result<PgConnectOptions> {
    let options: PgConnectOptions = address
        .parse()
        .map_err(|_| ClinicError::Answer("the address is no postgres:// URL"))?;
    let is_near = options.get_socket().is_some() || is_this_machine(options.get_host());
    let options = if is_near {
        options
    } else {
        options.ssl_mode(sqlx::postgres::PgSslMode::VerifyFull)
    };
    Ok(options.application_name("desk-worker").disable_statement_logging())
}

/// Fires the next due time. `false`: none can be fired now. Each call is a transaction of its own, with nothing prepared under a name.
///
/// # Errors
/// `Unreachable`; whether it was fired is then unknown here, and does not matter: the database knows.
pub async fn fire_next(conn: &mut PgConnection) -> Result<bool> {
    let row = raw_sql("select desk.fire_next() is not null").fetch_one(conn).await?;
    Ok(row.try_get(0)?)
}

/// Judges the referral that has waited longest for it, by the one rule. `false`: none waits. What is known of it is read, and what comes of it written, under one
/// lock in one transaction.
///
/// # Errors
/// `Unreachable`; then it still waits.
pub async fn judge_referral(conn: &mut PgConnection) -> Result<bool> {
    let mut tx = conn.begin().await?;
    let row = raw_sql("select clinic, referral, facts::text as facts, judged_at, zone from desk.next_referral()")
        .fetch_one(&mut *tx)
        .await?;
    let Some(id) = row.try_get::<Option<Uuid>, _>("referral")? else {
        return Ok(false);
    };
    let (clinic, at): (Uuid, DateTime<Utc>) = (row.try_get("clinic")?, row.try_get("judged_at")?);
    let (facts, zone): (String, String) = (row.try_get("facts")?, row.try_get("zone")?);
    let zone = day::zone(&zone).unwrap_or(day::USUAL_ZONE);
    let verdict = serde_json::from_str::<Facts>(&facts)
        .map_or_else(|_| referral::unreadable(), |facts| referral::decide(&facts, at, zone));
    raw_sql(AssertSqlSafe(settling(clinic, id, &verdict)?))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// In one message with nothing prepared; every part is an id or a word of our own.
fn settling(clinic: Uuid, id: Uuid, verdict: &Verdict) -> Result<String> {
    let word = |json: serde_json::Result<serde_json::Value>| {
        let word = json.ok().and_then(|json| json.as_str().map(str::to_owned));
        word.ok_or(ClinicError::Answer("verdict"))
    };
    let decision = word(serde_json::to_value(verdict.decision))?;
    let reasons: Vec<String> = verdict
        .reasons
        .iter()
        .map(|reason| word(serde_json::to_value(reason)))
        .collect::<Result<_>>()?;
    Ok(format!(
        "select desk.settle_referral('{clinic}', '{id}', '{decision}', '{{{}}}', {})",
        reasons.join(","),
        verdict.needs_a_person()
    ))
}

/// What a worker is told when it says that it is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// How long until the next due time; nothing where none waits, zero where one is due that cannot be fired now.
    pub next_in: Option<Duration>,
    /// How long the longest due has been waiting.
    pub late: Duration,
    /// Where calls come, see [`crate::wake`].
    pub channel: Uuid,
}

/// Says that the worker is there, or that it leaves.
///
/// # Errors
/// `Unreachable`, `AuthRefused`; `TooOld` before the migration that knows workers.
pub async fn beat(conn: &mut PgConnection, id: Uuid, name: &str, fired: i64, is_leaving: bool) -> Result<Heard> {
    // One message without anything prepared, as a pooler wants it; so the name goes into the text, as a quoted word.
    let name = name.replace('\'', "''");
    let text = format!(
        "select * from desk.worker_beat('{id}', E'{}', {fired}, {is_leaving})",
        name.replace('\\', "\\\\")
    );
    let row = raw_sql(AssertSqlSafe(text)).fetch_one(conn).await?;
    heard(&row)
}

fn heard(row: &PgRow) -> Result<Heard> {
    let seconds = |number: f64| Duration::try_from_secs_f64(number.max(0.0)).unwrap_or(Duration::MAX);
    let next_in: Option<f64> = row.try_get("next_in")?;
    Ok(Heard {
        next_in: next_in.map(seconds),
        late: seconds(row.try_get("late")?),
        channel: row.try_get("channel")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(host: &str) -> Place {
        Place {
            host: host.into(),
            port: 5432,
            database: "clinic".into(),
        }
    }

    fn login() -> NewLogin {
        NewLogin {
            login: "desk_worker_0123456789ab".into(),
            password: "p-_1".into(),
        }
    }

    #[test]
    fn the_address_leads_back_to_the_same_place_with_verified_tls_over_a_network() {
        for (host, mode) in [("db.clinic.example", "VerifyFull"), ("127.0.0.1", "Prefer")] {
            let options = options(&login().address(&place(host), None)).unwrap();
            assert_eq!(options.get_host(), host);
            assert_eq!(options.get_username(), "desk_worker_0123456789ab");
            assert_eq!(options.get_database(), Some("clinic"));
            assert_eq!(format!("{:?}", options.get_ssl_mode()), mode);
        }
        let options = options(&login().address(&place("/run/postgresql"), None)).unwrap();
        assert_eq!(options.get_socket(), Some(&"/run/postgresql".into()));
    }

    #[test]
    fn an_address_that_asks_for_less_over_a_network_gets_verified_tls_all_the_same() {
        let options = options("postgres://w:p@10.0.0.5/clinic?sslmode=disable").unwrap();
        assert_eq!(format!("{:?}", options.get_ssl_mode()), "VerifyFull");
    }

    #[test]
    fn what_is_late_or_waits_for_nobody_is_not_well() {
        let mut standing = Standing {
            workers: vec![],
            logins: vec![],
            waiting: 0,
            failed: 0,
            late_seconds: 0.0,
        };
        assert!(standing.is_well(), "nothing to do, nobody needed");
        standing.waiting = 1;
        assert!(!standing.is_well(), "nobody will fire it");
        standing.workers.push(Worker {
            name: "w".into(),
            started_at: Utc::now(),
            beat_at: Utc::now(),
            stopped_at: None,
            fired: 0,
            late_since: None,
            is_alive: true,
        });
        assert!(standing.is_well());
        standing.late_seconds = 61.0;
        assert!(!standing.is_well());
    }
}
