//! The made-up clinic in a real PostgreSQL: whole, all or nothing, and a desk that connects finds its people.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use clinic_support::{A, BASELINE, DB, admin, database, migrated};
use desk_app::api::{
    Nothing,
    customer::{CustomerOpen, CustomerSearch},
};
use desk_clinic::demo::{Into, Made, fill};
use desk_clinic::staff::{self, NewStaff};
use desk_clinic::{ClinicError, migrate};
use desk_core::demo::Demo;
use desk_core::synced::Value;
use desk_tests::harness::pg::PgCluster;
use journey_support::{Pc, until_agreed};

fn demo(customers: usize) -> Demo {
    Demo::new(2569, customers, "2026-10-01".parse().unwrap())
}

async fn filled(pg: &PgCluster, code: &str, demo: &Demo) -> Result<Made, ClinicError> {
    fill(&mut admin(pg).await, Into::New(code), demo).await
}

async fn refusal(pg: &PgCluster, into: Into<'_>, demo: &Demo) -> String {
    match fill(&mut admin(pg).await, into, demo).await {
        Err(ClinicError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

/// A code for the made-up person with this nickname.
async fn code(pg: &PgCluster, made: &Made, nickname: &str) -> String {
    let person = made.people.iter().find(|person| person.nickname == nickname).unwrap();
    let new = NewStaff {
        clinic: made.prefix.clone(),
        user: person.email.clone(),
        create: false,
        nickname: None,
        display_name: None,
        role: None,
        valid_minutes: 60,
        host: "127.0.0.1".into(),
        port: pg.port(),
        database: DB.into(),
        ca: None,
    };
    staff::add(&mut admin(pg).await, &new).await.unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_what_the_demo_says_and_a_desk_finds_it() {
    let pg = migrated().await;
    let made = filled(&pg, "demo", &demo(300)).await.unwrap();
    for (noun, rows) in &made.rows {
        assert_eq!(*rows, demo(300).rows(noun).count() as u64, "{noun}");
    }
    let problems = migrate::verify(&mut admin(&pg).await).await.unwrap();
    assert_eq!(problems, [], "the schema is what it was");
    balances_are_the_ledgers(&pg, &made);
    // The staff of the stories are told each hot lead once, and the web system's journeys became leads by the database's own rule.
    let twice = "select count(*) from (select from public.notifications where type = 'hot_lead' group by user_id, metadata ->> 'subject' having count(*) > 1) x";
    assert_eq!(pg.psql(DB, twice), "0");

    let pc = Pc::default();
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.connect(code(&pg, &made, "นก").await, "PC-A").await;
    until_agreed(&desk).await;
    let text = "พลอยไพลิน".into();
    let found = desk.customer_search(CustomerSearch { text }).await.unwrap();
    assert_eq!(
        (found.hits[0].full_name.as_str(), found.hits[0].code.as_deref()),
        ("พลอยไพลิน ศรีสุข", Some("DEMO-000123"))
    );
    let id = found.hits[0].id;
    let card = desk.customer_card(CustomerOpen { id }).await.unwrap();
    assert_eq!(card.loyalty.unwrap().available_points, 1_240);
    let today = desk.today(Nothing {}).await.unwrap();
    assert!(today.leads.len() >= 3 && !today.tasks.is_empty() && !today.followups.is_empty());
}

/// Every profile is the sum of its ledger, and what the demo meant it to be.
fn balances_are_the_ledgers(pg: &PgCluster, made: &Made) {
    let clinic = made.clinic_id;
    let wrong = format!(
        "select count(*) from public.loyalty_profiles p where p.clinic_id = '{clinic}' and p.available_points <> \
         coalesce((select sum(amount) from public.point_transactions t where t.customer_id = p.customer_id), 0)"
    );
    assert_eq!(pg.psql(DB, &wrong), "0");
    let sums = "sum(total_points), sum(available_points), sum(total_spent)::int8 * 100, string_agg(current_tier, ',' order by id)";
    let there = pg.psql(
        DB,
        &format!("select {sums} from public.loyalty_profiles where clinic_id = '{clinic}'"),
    );
    let mut profiles: Vec<_> = demo(300).rows("loyalty_profile").collect();
    profiles.sort_by_key(|row| uuid(&row[0]));
    let sum = |column: usize| profiles.iter().map(|row| int(&row[column])).sum::<i64>();
    let tiers: Vec<&str> = profiles.iter().map(|row| text(&row[4])).collect();
    let meant = [
        sum(2).to_string(),
        sum(3).to_string(),
        sum(5).to_string(),
        tiers.join(","),
    ];
    assert_eq!(there, meant.join("|"));
}

fn uuid(value: &Value) -> uuid::Uuid {
    let Value::Uuid(id) = value else { panic!("{value:?}") };
    *id
}

fn int(value: &Value) -> i64 {
    let Value::Int(number) = value else { panic!("{value:?}") };
    *number
}

fn text(value: &Value) -> &str {
    let Value::Text(text) = value else { panic!("{value:?}") };
    text
}

#[tokio::test]
async fn what_is_not_empty_is_left_as_it_is() {
    let pg = migrated().await;
    filled(&pg, "demo", &demo(40)).await.unwrap();
    let before = pg.pg_dump(DB, &[]);
    assert_eq!(
        refusal(&pg, Into::Existing("DEMO"), &demo(40)).await,
        "clinic_has_customers"
    );
    assert_eq!(refusal(&pg, Into::Existing(A), &demo(40)).await, "clinic_has_customers");
    assert_eq!(refusal(&pg, Into::New("demo"), &demo(40)).await, "clinic_exists");
    assert_eq!(refusal(&pg, Into::New("demo2"), &demo(40)).await, "demo_seed_taken");
    assert_eq!(refusal(&pg, Into::New("a b"), &demo(40)).await, "clinic_code_invalid");
    assert_eq!(
        refusal(&pg, Into::Existing("nobody"), &demo(40)).await,
        "clinic_not_found"
    );
    assert!(before == pg.pg_dump(DB, &[]), "a refusal changes nothing");
}

#[tokio::test]
async fn a_second_demo_clinic_stands_beside_the_first() {
    // The least of clinic databases: four tables, no Supabase.
    let pg = database(&BASELINE[1..2]);
    migrate::up(&mut admin(&pg).await).await.unwrap();
    let first = filled(&pg, "demo", &demo(40)).await.unwrap();
    let other = Demo::new(7, 40, "2026-10-01".parse().unwrap());
    let second = filled(&pg, "demo-chiang-mai-2026", &other).await.unwrap();
    assert_ne!(first.prefix, second.prefix);
    let codes = |clinic| {
        format!(
            "select count(*), count(distinct left(customer_code, length(customer_code) - 7)) from public.customers where clinic_id = '{clinic}'"
        )
    };
    assert_eq!(pg.psql(DB, &codes(first.clinic_id)), "40|1");
    assert_eq!(pg.psql(DB, &codes(second.clinic_id)), "40|1");
    let next = format!("select desk.next_customer_code('{}')", second.clinic_id);
    assert_eq!(pg.psql(DB, &next), format!("{}-001040", second.prefix));
}
