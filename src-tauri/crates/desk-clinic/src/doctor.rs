//! Looks for what endangers a clinic's data or a desk's work, beyond what `verify` proves: holes in the clinic's own tables, drift, odd rows, due times
//! that nothing fires.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, FromRow};

use crate::Result;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Somebody can see or change what they should not.
    Hole,
    /// What should have happened by now has not: nothing fires it.
    Late,
    /// Something does not work as it could.
    Advice,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A short name in `snake_case`.
    pub code: String,
    /// The table, function or login concerned.
    pub subject: String,
    /// What a person should know, in English.
    pub text: String,
}

#[derive(FromRow)]
struct Row {
    severity: String,
    code: String,
    subject: String,
    text: String,
}

const QUESTIONS: [&str; 9] = [
    // T6: anyone with the public key reads and writes.
    "select 'hole' as severity, 'row_security_off' as code, c.oid::regclass::text as subject, 'row level security is off, and ' || string_agg(distinct r.rolname, ', ') || ' may read it' as text \
     from pg_class c, aclexplode(c.relacl) x join pg_roles r on r.oid = x.grantee where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not c.relrowsecurity and r.rolname in ('anon', 'authenticated') \
       and x.privilege_type in ('SELECT', 'INSERT', 'UPDATE') group by c.oid",
    // T1: a person may write their own clinic and role.
    "select 'hole', 'users_can_change_clinic', 'public.users', 'policy ' || quote_ident(p.polname) || ' lets a person change their own clinic_id and role' from pg_policy p \
     where p.polrelid = 'public.users'::regclass and p.polcmd in ('w', '*') and p.polpermissive and has_any_column_privilege(coalesce(to_regrole('authenticated'), 'postgres'::regrole)::oid, 'public.users'::regclass, 'update')",
    // T3: definer functions without a fixed search_path, open to all.
    "select 'hole', 'definer_open_to_all', f.oid::regprocedure::text, 'SECURITY DEFINER, executable by everyone, and its search_path is not fixed' from pg_proc f \
     where f.pronamespace = 'public'::regnamespace and f.prosecdef and not coalesce(array_to_string(f.proconfig, ',') like '%search_path%', false) and has_function_privilege('public', f.oid, 'execute')",
    "select 'advice', p.code, p.source, coalesce(p.detail, '') || ' (last ' || max(p.at)::date || ', ' || count(*) || ' times)' from desk.problem p group by p.code, p.source, p.detail",
    "select 'advice', 'nobody_has_a_login', c.name_en, 'no desk can sign in to this clinic yet: desk-server staff add' from desk.clinic c where not exists (select 1 from desk.member m where m.clinic_id = c.clinic_id and m.disabled_at is null)",
    "select 'advice', 'person_without_user', s.display_name, 'works here but is not in public.users, so gets no notifications' from desk.staff s where s.active and not exists (select 1 from public.users u where u.id = s.person_id)",
    "select 'late', 'timers_late', 'desk.timer', 'what is due waits, the longest for ' || round(desk.longest_late()) || ' seconds: desk-server worker status' where desk.longest_late() > 60",
    "select 'advice', 'no_worker', 'desk.worker', 'nothing fires due times, and ' || count(*) || ' wait: desk-server worker install, then docs/it/worker.md' from desk.timer t where t.state = 'waiting' \
       and not exists (select 1 from desk.worker w where w.stopped_at is null and w.beat_at > now() - interval '1 minute') having count(*) > 0",
    "select 'advice', 'timer_given_up', 'desk.timer', count(*) || ' of kind ' || t.kind || ' were given up within 30 days, last for ' || max(t.last_error) from desk.timer t where t.state = 'failed' and t.done_at > now() - interval '30 days' group by t.kind",
];

/// Everything found, holes first.
///
/// # Errors
/// `TooOld` before the first migration.
pub async fn examine(conn: &mut PgConnection) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for question in QUESTIONS {
        let text = format!("select * from ({question}) as f (severity, code, subject, text)");
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(text)).fetch_all(&mut *conn).await?;
        findings.extend(rows.into_iter().map(|row| Finding {
            severity: severity(&row.severity),
            code: row.code,
            subject: row.subject,
            text: row.text,
        }));
    }
    findings.sort_by_key(|finding| finding.severity == Severity::Advice);
    Ok(findings)
}

fn severity(word: &str) -> Severity {
    match word {
        "hole" => Severity::Hole,
        "late" => Severity::Late,
        _ => Severity::Advice,
    }
}
