//! Reads the change feed, under the connected login's row level security.

use std::sync::LazyLock;

use desk_core::synced::{Kind, Table, Value, table};
use serde::Deserialize;
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use crate::connect::keeps_statements;
use crate::rows::{self, Rows};
use crate::{ClinicError, Result};

/// The scope that everyone of a clinic reads.
pub const CLINIC: &str = "clinic";

/// The scope of one person's notifications.
pub fn person_scope(person: Uuid) -> String {
    format!("person:{person}")
}

/// Where the clinic's clock stands, and which history it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The clinic.
    pub clinic_id: Uuid,
    /// Version of the last commit.
    pub version: i64,
    /// Tombstones up to this version are forgotten: a position below must load anew.
    pub trimmed_to: i64,
    /// Changes when history was broken on purpose.
    pub epoch: Uuid,
    /// Part of the NOTIFY channel's name.
    pub channel: Uuid,
    /// The cluster's identity, where the provider shows it.
    pub sysid: Option<String>,
    /// The cluster's timeline, where shown; changes at a failover.
    pub timeline: Option<String>,
    /// A standby: never sync with it.
    pub in_recovery: bool,
    /// The clock's table as PostgreSQL numbers it: a dump that was restored has another one.
    pub clock_oid: i64,
    /// How many seconds the clinic's longest due time has been waiting to be fired; 0 when all is on time. No part of the database's life.
    pub timers_late: i64,
    /// What the database's clock said when it answered, in microseconds since 1970. No part of its life either.
    pub clock: i64,
}

impl Head {
    /// The life of the database in one word: its feed's epoch, its cluster, its timeline and its clock's table. A restore, a failover or a
    /// reset begins another one, in which versions that a desk has seen may mean something else. Providers may hide cluster and timeline.
    pub fn life(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!(
            "{}/{}/{}/{}",
            self.epoch,
            part(&self.sysid),
            part(&self.timeline),
            self.clock_oid
        )
    }
}

/// How far a stream has been read: after this version, table and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Version.
    pub version: i64,
    /// Table number.
    pub tbl: i16,
    /// Key.
    pub pk: Uuid,
}

impl Position {
    /// Before everything.
    pub const START: Self = Self {
        version: 0,
        tbl: 0,
        pk: Uuid::nil(),
    };

    /// After everything of a version.
    pub fn end_of(version: i64) -> Self {
        Self {
            version,
            tbl: i16::MAX,
            pk: Uuid::max(),
        }
    }
}

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// It is now as given.
    Upsert,
    /// It is gone.
    Delete,
    /// It left this scope; it may be in another.
    Leave,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Version of the clinic's clock in which it happened.
    pub version: i64,
    /// Table number.
    pub tbl: i16,
    /// What happened.
    pub op: Op,
    /// Key.
    pub pk: Uuid,
    /// The row as it is now, in the order of [`desk_core::synced`]; present exactly for [`Op::Upsert`].
    pub row: Option<Vec<Value>>,
}

/// The remembered outcome of an action asked about.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Ack {
    /// The action's id.
    pub id: Uuid,
    /// `ok` or `rejected`.
    pub status: String,
    /// Why not.
    pub code: Option<String>,
    /// What a person needs to decide.
    pub detail: Option<Json>,
}

/// One page of a stream.
#[derive(Clone, Debug)]
pub struct Page {
    /// Changes in order of (version, table, key).
    pub rows: Vec<Change>,
    /// Where to go on.
    pub next: Position,
    /// Whether the stream is now read to the head: only then is the local state a state the clinic had.
    pub consistent: bool,
    /// The clock in the same snapshot.
    pub head: Head,
    /// Outcomes of the pending actions asked about; to be applied at consistent points only.
    pub acks: Vec<Ack>,
}

const HEAD: &str = "select k.clinic_id, k.version, k.trimmed_to, k.epoch, k.channel, w.sysid, w.timeline, w.in_recovery, 'desk.clock'::regclass::oid::bigint as clock_oid, desk.timers_late()::bigint as timers_late, (extract(epoch from clock_timestamp()) * 1000000)::bigint as clock from desk.clock k, desk.whereabouts() w";

/// At most a page of one transaction `t`, after our place if that lies within it. With an order and a limit of its own, so that the planner
/// follows the index `feed_order` instead of reading the whole feed, whatever it believes about the size of a transaction.
const OF_ONE_TRANSACTION: &str = "select f.tbl, f.pk, f.op from desk.feed f where f.clinic_id = t.clinic_id and f.txn = t.txn and f.scope = $1 \
     and (f.tbl, f.pk) > (case when t.version = $2 then $3 else '-1'::smallint end, case when t.version = $2 then $4 else '00000000-0000-0000-0000-000000000000'::uuid end) \
   order by f.tbl, f.pk limit $5";

/// The keys of a page, and what became of the actions asked about.
static KEYS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "with k as materialized ({HEAD}), \
         page as materialized (select t.version, f.tbl, f.op, f.pk from k join desk.txn t on t.clinic_id = k.clinic_id \
           cross join lateral ({OF_ONE_TRANSACTION}) f where t.version >= $2 order by t.version, f.tbl, f.pk limit $5) \
         select k.*, \
           (select coalesce(jsonb_agg(jsonb_build_array(p.version, p.tbl, p.op::text, p.pk) order by p.version, p.tbl, p.pk), '[]') from page p) as keys, \
           (select coalesce(jsonb_agg(jsonb_build_array(m.id, m.status, m.code, m.detail)), '[]') from desk.mutation m where m.clinic_id = k.clinic_id and m.id = any($6)) as acks \
         from k"
    )
});

/// Reads the clock alone: the cheap question whether there is anything to pull. One message there and one back, without anything prepared, so
/// it can be asked on any connection.
///
/// # Errors
/// `Refused("not_enrolled")` when this login sees no clinic (not enrolled yet, disabled, or the person left).
pub async fn head(conn: &mut PgConnection) -> Result<Head> {
    let row = sqlx::raw_sql(HEAD).fetch_optional(conn).await?;
    head_of(&row.ok_or_else(|| ClinicError::refused("not_enrolled"))?)
}

/// Reads one page of a stream after `after`, and the outcomes of `pending` actions: first which rows changed, then those rows, of the tables concerned alone.
/// One statement for both had to be prepared for every table there is, which cost each connection of the server 13 MB. Where the clinic went on between the two,
/// rows may be newer than the page says; it is then not consistent, and the next page tells the rest, as with any page before the last.
///
/// # Errors
/// As [`head`], and `Unreachable`.
pub async fn pull(conn: &mut PgConnection, scope: &str, after: Position, limit: i64, pending: &[Uuid]) -> Result<Page> {
    let keys = sqlx::query(AssertSqlSafe(KEYS.as_str()))
        .bind(scope)
        .bind(after.version)
        .bind(after.tbl)
        .bind(after.pk)
        .bind(limit)
        .bind(pending)
        .persistent(keeps_statements(conn))
        .fetch_optional(&mut *conn)
        .await?
        .ok_or_else(|| ClinicError::refused("not_enrolled"))?;
    let (head, events) = (head_of(&keys)?, events_of(&keys)?);
    let there = events.iter().filter(|event| event.op == "U");
    let found = rows::read(conn, &head, there.map(|event| (event.tbl, event.pk))).await?;
    page_of(head, events, found, limit, acks_of(&keys)?)
}

/// Which of these actions are done here. One that was refused is not: who believes it done must hear of it.
///
/// # Errors
/// `Unreachable`.
pub async fn known(conn: &mut PgConnection, actions: &[Uuid]) -> Result<Vec<Uuid>> {
    let text = "select m.id from desk.mutation m where m.clinic_id = (select k.clinic_id from desk.clock k) and m.id = any($1) and m.status = 'ok'";
    let query = sqlx::query_scalar(text).persistent(keeps_statements(conn));
    Ok(query.bind(actions).fetch_all(conn).await?)
}

/// Whether a stream is read to its end by a page: it left nothing out, and the clinic did not go on between its keys and its rows, which come in statements of
/// their own. Else a row may be newer than the page says, and what goes with it is not here yet.
pub fn ends(is_last: bool, keys: i64, rows: i64) -> bool {
    is_last && keys == rows
}

fn head_of(row: &PgRow) -> Result<Head> {
    Ok(Head {
        clinic_id: row.try_get("clinic_id")?,
        version: row.try_get("version")?,
        trimmed_to: row.try_get("trimmed_to")?,
        epoch: row.try_get("epoch")?,
        channel: row.try_get("channel")?,
        sysid: row.try_get("sysid")?,
        timeline: row.try_get("timeline")?,
        in_recovery: row.try_get("in_recovery")?,
        clock_oid: row.try_get("clock_oid")?,
        timers_late: row.try_get("timers_late")?,
        clock: row.try_get("clock")?,
    })
}

/// A line of the feed.
#[derive(Deserialize)]
struct Event {
    version: i64,
    tbl: i16,
    op: String,
    pk: Uuid,
}

fn events_of(keys: &PgRow) -> Result<Vec<Event>> {
    serde_json::from_value(keys.try_get("keys")?).map_err(|_| ClinicError::Answer("keys"))
}

fn acks_of(keys: &PgRow) -> Result<Vec<Ack>> {
    serde_json::from_value(keys.try_get("acks")?).map_err(|_| ClinicError::Answer("acks"))
}

fn page_of(head: Head, events: Vec<Event>, mut found: Rows, limit: i64, acks: Vec<Ack>) -> Result<Page> {
    let is_last = i64::try_from(events.len()).unwrap_or(i64::MAX) < limit;
    let next = match events.last() {
        Some(event) if !is_last => Position {
            version: event.version,
            tbl: event.tbl,
            pk: event.pk,
        },
        _ => Position::end_of(head.version),
    };
    let rows = events
        .into_iter()
        .filter_map(|event| change(event, &mut found).transpose())
        .collect::<Result<_>>()?;
    Ok(Page {
        rows,
        next,
        consistent: ends(is_last, head.version, found.version),
        head,
        acks,
    })
}

/// A table that this version does not know yet is passed over; it will be loaded when it is known.
fn change(event: Event, found: &mut Rows) -> Result<Option<Change>> {
    let Event { version, tbl, op, pk } = event;
    let Some(noun) = table(tbl) else { return Ok(None) };
    let (op, row) = match (op.as_str(), found.take(tbl, pk)) {
        ("U", Some(row)) => (Op::Upsert, Some(values(noun, row)?)),
        ("D", _) => (Op::Delete, None),
        _ => (Op::Leave, None),
    };
    Ok(Some(Change {
        version,
        tbl,
        op,
        pk,
        row,
    }))
}

fn values(noun: &Table, row: Vec<Json>) -> Result<Vec<Value>> {
    if row.len() != noun.columns.len() {
        return Err(ClinicError::Answer("a row of another width"));
    }
    noun.columns
        .iter()
        .zip(row)
        .map(|(column, field)| value(column.kind, field))
        .collect()
}

fn value(kind: Kind, field: Json) -> Result<Value> {
    let read = match (kind, field) {
        (_, Json::Null) => Some(Value::Null),
        (Kind::Uuid, Json::String(text)) => text.parse().ok().map(Value::Uuid),
        (Kind::Text, Json::String(text)) => Some(Value::Text(text)),
        (Kind::Int | Kind::Bool | Kind::Instant, Json::Number(number)) => number.as_i64().map(Value::Int),
        _ => None,
    };
    read.ok_or(ClinicError::Answer("a field of another kind"))
}
