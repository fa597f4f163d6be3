//! The clinic's people and their logins, for the IT person beside the database (an administrator's connection, not a desk's).

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, FromRow};
use uuid::Uuid;

use crate::connect::ConnectTo;
use crate::ticket::EnrolmentTicket;
use crate::{ClinicError, Result, scram};

/// A person to be given a login on one more PC.
#[derive(Clone, Debug)]
pub struct NewStaff {
    /// The clinic's id, `clinic_code` or customer-code prefix.
    pub clinic: String,
    /// The person's id or e-mail in `public.users`.
    pub user: String,
    /// Whether to add the person to `public.users` when there is none with this e-mail.
    pub create: bool,
    /// What colleagues call them; kept as it is when absent.
    pub nickname: Option<String>,
    /// Their full name; kept as it is when absent.
    pub display_name: Option<String>,
    /// owner, manager, front_desk, sales or beautician; kept as it is when absent (front_desk for a new person).
    pub role: Option<String>,
    /// How long the code works.
    pub valid_minutes: i32,
    /// Where the desk is to connect to: host …
    pub host: String,
    /// … port …
    pub port: u16,
    /// … database, and
    pub database: String,
    /// the certificate authority it is to trust, PEM.
    pub ca: Option<String>,
}

/// One person of a clinic and one of their logins, if they have any.
#[derive(Clone, Debug, FromRow)]
pub struct StaffLogin {
    /// The clinic.
    pub clinic_id: Uuid,
    /// Its name.
    pub clinic_name: String,
    /// The person.
    pub person_id: Uuid,
    /// Their name.
    pub display_name: String,
    /// What colleagues call them.
    pub nickname: Option<String>,
    /// Their role.
    pub role: String,
    /// Whether they work there.
    pub active: bool,
    /// The login.
    pub login: Option<String>,
    /// What its PC calls itself.
    pub device: Option<String>,
    /// Since when it is in use.
    pub enrolled_at: Option<DateTime<Utc>>,
    /// Since when it is off.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Until when its unused code works.
    pub code_expires_at: Option<DateTime<Utc>>,
}

/// Gives a person a login for one more PC and returns the one-time code for it. Everything or nothing happens.
///
/// # Errors
/// `Refused` with `clinic_not_found`, `person_not_found`, `person_must_sign_up_first`, `role_unknown` or `minutes_out_of_range`.
pub async fn add(conn: &mut PgConnection, new: &NewStaff) -> Result<EnrolmentTicket> {
    let (secret, login) = (scram::new_secret()?, format!("desk_{}", Uuid::new_v4().simple()));
    let mut tx = conn.begin().await?;
    let clinic = clinic_of(&mut tx, &new.clinic).await?;
    let person = person_of(&mut tx, new).await?;
    upsert_staff(&mut tx, clinic, person, new).await?;
    let expires_at: DateTime<Utc> = sqlx::query_scalar("select desk.add_login($1, $2, $3::name, $4, $5)")
        .bind(clinic)
        .bind(person)
        .bind(&login)
        .bind(scram::verifier(&secret)?)
        .bind(new.valid_minutes)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    let to = ConnectTo {
        host: new.host.clone(),
        port: new.port,
        database: new.database.clone(),
        login,
        password: secret,
        ca: new.ca.clone(),
    };
    Ok(EnrolmentTicket::new(to, clinic, expires_at))
}

pub(crate) async fn clinic_of(conn: &mut PgConnection, word: &str) -> Result<Uuid> {
    let found = sqlx::query_scalar(
        "select d.clinic_id from desk.clinic d join public.clinics c on c.id = d.clinic_id \
         where d.clinic_id::text = lower($1) or d.code_prefix = upper($1) or to_jsonb(c) ->> 'clinic_code' = $1 order by to_jsonb(c) ->> 'clinic_code' = $1 desc limit 1",
    );
    found
        .bind(word)
        .fetch_optional(conn)
        .await?
        .ok_or_else(|| ClinicError::refused("clinic_not_found"))
}

async fn person_of(conn: &mut PgConnection, new: &NewStaff) -> Result<Uuid> {
    let found: Option<Uuid> = sqlx::query_scalar("select u.id from public.users u where u.id::text = lower($1) or lower(to_jsonb(u) ->> 'email') = lower($1) limit 1")
        .bind(&new.user)
        .fetch_optional(&mut *conn)
        .await?;
    match found {
        Some(person) => Ok(person),
        None if new.create && new.user.contains('@') => create_person(conn, new).await,
        None => Err(ClinicError::refused("person_not_found")),
    }
}

/// Only where `public.users` stands by itself: with Supabase a person signs up first, because their password is kept there.
async fn create_person(conn: &mut PgConnection, new: &NewStaff) -> Result<Uuid> {
    let signs_up: bool = sqlx::query_scalar("select exists (select 1 from pg_constraint where conrelid = 'public.users'::regclass and contype = 'f' and confrelid = to_regclass('auth.users'))")
        .fetch_one(&mut *conn)
        .await?;
    if signs_up {
        return Err(ClinicError::refused("person_must_sign_up_first"));
    }
    let name = new.display_name.as_deref().or(new.nickname.as_deref());
    let person = sqlx::query_scalar(
        "insert into public.users (id, email, full_name) values (gen_random_uuid(), lower($1), $2) returning id",
    );
    Ok(person.bind(&new.user).bind(name).fetch_one(conn).await?)
}

async fn upsert_staff(conn: &mut PgConnection, clinic: Uuid, person: Uuid, new: &NewStaff) -> Result<()> {
    let known = ["owner", "manager", "front_desk", "sales", "beautician"];
    if new.role.as_deref().is_some_and(|role| !known.contains(&role)) {
        return Err(ClinicError::refused("role_unknown"));
    }
    sqlx::query(
        "insert into desk.staff as s (clinic_id, person_id, role, display_name, nickname) \
         select $1, $2, coalesce($3, 'front_desk'), coalesce($4, n.name, '?'), coalesce($5, split_part(coalesce($4, n.name, '?'), ' ', 1)) from (select desk.name_of_person($2) as name) n \
         on conflict (clinic_id, person_id) do update set active = true, role = coalesce($3, s.role), display_name = coalesce($4, s.display_name), nickname = coalesce($5, s.nickname)",
    )
    .bind(clinic)
    .bind(person)
    .bind(&new.role)
    .bind(&new.display_name)
    .bind(&new.nickname)
    .execute(conn)
    .await?;
    Ok(())
}

/// Everyone, with one row a login (one row also for those without any).
///
/// # Errors
/// `TooOld` before the first migration.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<StaffLogin>> {
    let rows = sqlx::query_as(
        "select s.clinic_id, c.name_en as clinic_name, s.person_id, s.display_name, s.nickname, s.role, s.active, m.role_name::text as login, m.device, m.enrolled_at, m.disabled_at, \
         case when e.used_at is null then e.expires_at end as code_expires_at \
         from desk.staff s join desk.clinic c on c.clinic_id = s.clinic_id left join desk.member m on m.clinic_id = s.clinic_id and m.person_id = s.person_id \
         left join desk.enrolment e on e.role_name = m.role_name order by c.name_en, s.display_name, m.created_at",
    );
    Ok(rows.fetch_all(conn).await?)
}

/// Ends every login of a person in a clinic, now. Returns how many there were. What they did keeps their name.
///
/// # Errors
/// `Refused` with `clinic_not_found` or `person_not_found`.
pub async fn disable(conn: &mut PgConnection, clinic: &str, user: &str) -> Result<i32> {
    let mut tx = conn.begin().await?;
    let clinic = clinic_of(&mut tx, clinic).await?;
    let person: Option<Uuid> = sqlx::query_scalar(
        "select s.person_id from desk.staff s left join public.users u on u.id = s.person_id where s.clinic_id = $1 and (s.person_id::text = lower($2) or lower(to_jsonb(u) ->> 'email') = lower($2))",
    )
    .bind(clinic)
    .bind(user)
    .fetch_optional(&mut *tx)
    .await?;
    let person = person.ok_or_else(|| ClinicError::refused("person_not_found"))?;
    let ended = sqlx::query_scalar("select desk.disable_person($1, $2)")
        .bind(clinic)
        .bind(person)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(ended)
}
