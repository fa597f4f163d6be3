//! From COMMIT in PostgreSQL to the call of `Notify` on the desktop's bus, on two PCs, against the moment in which PostgreSQL's own NOTIFY
//! reaches a bare listener. Leads come one by one, each after the toast of the last: only several due at once become a digest
//! (`desk_core::toast`), so no clock has to be moved. Quiet hours are off.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use desk_tests::harness::desk::Desk;
use desk_tests::harness::pg::PgCluster;
use desk_tests::harness::wait::secs;
use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::clinic_support::{A, DB, admin, migrated, ticket};
use crate::e2e_support::{agreed, connect};
use crate::{desk, ratio, report};

const LEADS: usize = 30;

pub async fn measure() {
    println!("\ntoasts: COMMIT sent to Notify received, {LEADS} leads one by one, two PCs");
    let pg = migrated().await;
    let (mut a, mut b) = (desk(), desk());
    for (pc, person, name) in [(&mut a, 7, "PC-A"), (&mut b, 5, "PC-B")] {
        pc.start(&[]).await;
        connect(pc, &ticket(&pg, A, person).await.code(), name).await;
        agreed(pc).await;
    }
    let heard = listen(&pg).await;
    let mut web = admin(&pg).await;
    let (mut toasts, mut notifies) = (vec![], vec![]);
    for nth in 0..LEADS {
        let name = name(nth);
        let committed = insert(&mut web, &name).await;
        toasts.extend([toast_at(&a, &name).await, toast_at(&b, &name).await].map(|at| since(committed, at)));
        let first = heard.lock().unwrap().iter().copied().find(|at| *at >= committed);
        notifies.push(since(committed, first.expect("NOTIFY came before the toast")));
    }
    report("COMMIT to toast", &toasts);
    report("COMMIT to NOTIFY at a bare listener", &notifies);
    ratio("a toast against NOTIFY", &toasts, &notifies);
    a.kill();
    b.kill();
}

fn since(begun: Instant, at: Instant) -> f64 {
    (at - begun).as_secs_f64() * 1000.0
}

/// A name of letters only: others are not shown in toasts.
fn name(nth: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
    format!("Bench{}{}", letter(nth / 26), letter(nth))
}

/// What the web system does when a lead is hot. The clock begins before COMMIT is sent, so it holds the commit itself.
async fn insert(web: &mut PgConnection, name: &str) -> Instant {
    let text = format!(
        "begin; insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) \
         values ('{A}', '{name} Surname', '084-555-6666', 92, 'hot', 'high')"
    );
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *web).await.unwrap();
    let committed = Instant::now();
    sqlx::raw_sql("commit").execute(web).await.unwrap();
    committed
}

async fn toast_at(pc: &Desk, name: &str) -> Instant {
    let toasts = pc.notifications();
    toasts
        .toast(name, secs(40), |toast| toast.summary.contains(name))
        .await
        .at
}

/// The moments in which the clinic's channel spoke.
async fn listen(pg: &PgCluster) -> Arc<Mutex<Vec<Instant>>> {
    let channel = format!("select 'desk_' || replace(channel::text, '-', '') from desk.clock where clinic_id = '{A}'");
    let mut listener = PgListener::connect(&pg.superuser_url(DB)).await.unwrap();
    listener.listen(&pg.psql(DB, &channel)).await.unwrap();
    let heard = Arc::<Mutex<Vec<Instant>>>::default();
    let record = Arc::clone(&heard);
    tokio::spawn(async move {
        while listener.recv().await.is_ok() {
            record.lock().unwrap().push(Instant::now());
        }
    });
    heard
}
