//! Fills a clinic's PostgreSQL with the made-up people of [`desk_core::demo`], through the same triggers as everybody's rows: the ledger
//! makes the balances, every row reaches the change feed. All in one transaction, and only into a clinic that has no customers.

mod copy;
mod nouns;

use desk_core::demo::Demo;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

use crate::staff::clinic_of;
use crate::{ClinicError, Result};
use nouns::{ANALYZE, NOUNS};

/// Which clinic is to be filled.
#[derive(Clone, Copy, Debug)]
pub enum Into<'a> {
    /// One that is there, by its id, `clinic_code` or customer-code prefix.
    Existing(&'a str),
    /// A new one with this `clinic_code` and the demo clinic's names.
    New(&'a str),
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The clinic.
    pub clinic_id: Uuid,
    /// Its name in Thai …
    pub name_th: String,
    /// … and in English.
    pub name_en: String,
    /// What its customer codes begin with.
    pub prefix: String,
    /// Rows by noun, in the order of their making. What triggers added (a lead for each new journey) is not counted.
    pub rows: Vec<(&'static str, u64)>,
    /// Who works there.
    pub people: Vec<Member>,
}

/// A made-up person on the staff.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Member {
    /// Their id.
    pub id: Uuid,
    /// By which `staff add` knows them.
    pub email: String,
    /// What colleagues call them.
    pub nickname: String,
    /// Their role.
    pub role: String,
}

/// Fills the clinic. Ids are the demo's own, so each clinic of a database needs a demo of another seed; codes that must be unique in the
/// whole database begin with the clinic's prefix instead of the demo's.
///
/// # Errors
/// `Refused` with `clinic_not_found`, `clinic_exists`, `clinic_code_invalid`, `clinic_has_customers` or `demo_seed_taken`; then, as after any
/// other error, nothing was changed.
pub async fn fill(conn: &mut PgConnection, into: Into<'_>, demo: &Demo) -> Result<Made> {
    let mut tx = conn.begin().await?;
    let clinic_id = match into {
        Into::Existing(word) => clinic_of(&mut tx, word).await?,
        Into::New(code) => new_clinic(&mut tx, code, demo).await?,
    };
    let place = hold(&mut tx, clinic_id).await?;
    refuse_what_is_there(&mut tx, clinic_id, demo).await?;
    prepare(&mut tx, clinic_id, &place.prefix).await?;
    let mut rows = Vec::new();
    for noun in NOUNS {
        copy::rows(&mut tx, noun.name, demo).await?;
        let mut made = 0;
        for statement in noun.statements {
            made = sqlx::query(AssertSqlSafe(*statement))
                .execute(&mut *tx)
                .await?
                .rows_affected();
        }
        rows.push((noun.name, made));
    }
    let people = people(&mut tx).await?;
    tx.commit().await?;
    // Desks load next, and plans made for an empty clinic would take them minutes.
    sqlx::raw_sql(ANALYZE).execute(conn).await?;
    Ok(Made {
        clinic_id,
        name_th: place.name_th,
        name_en: place.name_en,
        prefix: place.prefix,
        rows,
        people,
    })
}

/// A row of `public.clinics`; the triggers give it settings, a prefix and a clock.
async fn new_clinic(conn: &mut PgConnection, code: &str, demo: &Demo) -> Result<Uuid> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
    if code.is_empty() || code.len() > 20 || !code.chars().all(is_sign) {
        return Err(ClinicError::refused("clinic_code_invalid"));
    }
    let there: bool = sqlx::query_scalar("select exists (select 1 from public.clinics c where c.clinic_code = $1)")
        .bind(code)
        .fetch_one(&mut *conn)
        .await?;
    if there {
        return Err(ClinicError::refused("clinic_exists"));
    }
    copy::rows(&mut *conn, "clinic", demo).await?;
    let made: Option<Uuid> = sqlx::query_scalar(
        "insert into public.clinics (id, clinic_code, display_name) \
         select r.id, $1, jsonb_build_object('th', r.name_th, 'en', r.name_en) from pg_temp.demo_clinic r on conflict (id) do nothing returning id",
    )
    .bind(code)
    .fetch_optional(conn)
    .await?;
    made.ok_or_else(|| ClinicError::refused("demo_seed_taken"))
}

#[derive(sqlx::FromRow)]
struct Place {
    name_th: String,
    name_en: String,
    prefix: String,
}

/// Keeps a second filling of the same clinic waiting until this one is done.
async fn hold(conn: &mut PgConnection, clinic: Uuid) -> Result<Place> {
    let place = sqlx::query_as(
        "select name_th, name_en, code_prefix as prefix from desk.clinic where clinic_id = $1 for no key update",
    );
    Ok(place.bind(clinic).fetch_one(conn).await?)
}

async fn refuse_what_is_there(conn: &mut PgConnection, clinic: Uuid, demo: &Demo) -> Result<()> {
    let (has_customers, is_seed_taken): (bool, bool) = sqlx::query_as(
        "select exists (select 1 from public.customers where clinic_id = $1), exists (select 1 from desk.staff where person_id = $2)",
    )
    .bind(clinic)
    .bind(demo.staff_id("นก"))
    .fetch_one(conn)
    .await?;
    match (has_customers, is_seed_taken) {
        (true, _) => Err(ClinicError::refused("clinic_has_customers")),
        (false, true) => Err(ClinicError::refused("demo_seed_taken")),
        (false, false) => Ok(()),
    }
}

/// What every statement of [`nouns`] knows: the clinic, its prefix, and how far other demo clinics' referral codes go.
async fn prepare(conn: &mut PgConnection, clinic: Uuid, prefix: &str) -> Result<()> {
    sqlx::query("create temp table demo_place (clinic_id uuid, prefix text, referrals int8) on commit drop")
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into pg_temp.demo_place select $1, $2, coalesce(max(substr(p.referral_code, 3)::int8), 0) \
         from public.loyalty_profiles p where p.referral_code ~ '^BN[0-9]{6,8}$'",
    )
    .bind(clinic)
    .bind(prefix)
    .execute(conn)
    .await?;
    Ok(())
}

async fn people(conn: &mut PgConnection) -> Result<Vec<Member>> {
    let rows = sqlx::query_as("select id, email, nickname, role from pg_temp.demo_person order by nth");
    Ok(rows.fetch_all(conn).await?)
}
