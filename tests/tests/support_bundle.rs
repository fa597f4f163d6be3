//! What support gets: a clinic in whose every text a mark was put, a PC that has loaded it and was refused things. No mark, no id of a row, no
//! number, address or login may stand in either file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::{collections::BTreeSet, fs, sync::Arc};

use clinic_support::{A, DB, admin, journey, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{Nothing, customer::CustomerCreate, sync::SyncMode, task::TaskComplete},
    error::Code,
};
use desk_clinic::support::collect;
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, sync, until_agreed, until_mode};
use uuid::Uuid;

const MARK: &str = "zqmarkqz";

/// Puts the mark into every column of every table that takes a text, behind the triggers; what a constraint refuses stays as it is. Returns how
/// many columns took it.
fn mark(pg: &PgCluster) -> usize {
    let text = format!(
        "set session_replication_role = replica;
        create temp table marked (col text);
        do $mark$ declare c record; begin
          for c in select a.attrelid::regclass as tbl, a.attname as col, t.typcategory as kind, t.typname from pg_attribute a join pg_class r on r.oid = a.attrelid join pg_type t on t.oid = a.atttypid
            where r.relkind = 'r' and r.relnamespace in ('public'::regnamespace, 'desk'::regnamespace) and a.attnum > 0 and not a.attisdropped and (t.typcategory = 'S' or t.typname in ('jsonb', 'json', '_text', '_varchar'))
              and r.oid not in ('desk.migration'::regclass, 'desk.expected'::regclass, 'desk.created_object'::regclass, 'desk.action'::regclass, 'desk.member'::regclass, 'desk.enrolment'::regclass)
          loop
            begin
              execute case when c.typname in ('jsonb', 'json') then format('update %s set %I = to_jsonb(''{MARK}''::text) where %I is null or jsonb_typeof(to_jsonb(%I)) <> ''number''', c.tbl, c.col, c.col, c.col)
                when c.typname like '\\_%' then format('update %s set %I = array[''{MARK}'']', c.tbl, c.col)
                else format('update %s set %I = left(''{MARK}'' || coalesce(%I, ''''), 40)', c.tbl, c.col, c.col) end;
              insert into marked values (c.tbl || '.' || c.col);
            exception when others then null;
            end;
          end loop;
        end $mark$;
        select count(*) from marked"
    );
    pg.psql(DB, &text).lines().last().unwrap().trim().parse().unwrap()
}

/// Everything that names somebody: the mark, every uuid of every row, e-mail addresses and telephone numbers as they were, logins.
fn names(pg: &PgCluster, before: &[String]) -> BTreeSet<String> {
    let columns = pg.psql(
        DB,
        "select format('select %I::text from %s where %I is not null', a.attname, a.attrelid::regclass, a.attname) from pg_attribute a join pg_class r on r.oid = a.attrelid
         where r.relkind = 'r' and r.relnamespace in ('public'::regnamespace, 'desk'::regnamespace) and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype
         union all select 'select role_name::text from desk.member'",
    );
    let all = pg.psql(DB, &columns.lines().collect::<Vec<_>>().join(" union "));
    let words = all.lines().map(str::to_owned).chain(before.iter().cloned());
    let words = words.chain([MARK, "127.0.0.1", "PC-Secret", "นิก7"].map(str::to_owned));
    words.filter(|word| word.len() > 4).collect()
}

fn found_in(text: &str, names: &BTreeSet<String>) -> Vec<String> {
    let text = text.to_lowercase();
    let bare = text.replace('-', "");
    let stands = |name: &&String| {
        let name = name.to_lowercase();
        text.contains(&name) || bare.contains(&name.replace('-', ""))
    };
    names.iter().filter(stands).cloned().collect()
}

fn numbers_and_addresses(pg: &PgCluster) -> Vec<String> {
    let text = "select phone from public.customers where phone is not null union select email from public.customers where email is not null union select email from public.users where email is not null";
    pg.psql(DB, text).lines().map(str::to_owned).collect()
}

/// Work that the clinic refuses, and work that waits, with the mark in what was typed. Returns the customer that waits.
async fn work(pg: &PgCluster, desk: &Arc<Desk>, net: &NetCut, task: Uuid) -> Uuid {
    net.cut();
    until_mode(desk, SyncMode::Offline).await;
    desk.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    pg.psql(
        DB,
        &format!("update public.task_queue set status = 'completed' where id = '{task}'"),
    );
    net.resume();
    eventually("the clinic refuses it", LONG, async || {
        (!sync(desk).await.attention.is_empty()).then_some(())
    })
    .await;
    net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let made = CustomerCreate {
        full_name: MARK.into(),
        nickname: Some(MARK.into()),
        phone: Some("0857778888".into()),
        email: Some(format!("{MARK}@example.test")),
        birth_date: None,
        gender: None,
        notes: Some(MARK.into()),
        lead: None,
    };
    desk.customer_create(made).await.unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_file_for_support_names_anybody() {
    let pg = migrated().await;
    let before = numbers_and_addresses(&pg);
    let (_, task) = journey(&pg, A, 1, 7);
    let (pc, net) = (Pc::default(), NetCut::to(pg.port()));
    let mut code = ticket(&pg, A, 7).await;
    code.port = net.port();
    let marked = mark(&pg);
    assert!(marked > 60, "{marked} columns took the mark");
    let desk = pc.connect(code.code(), "PC-Secret").await;
    until_agreed(&desk).await;

    let id = work(&pg, &desk, &net, task).await;

    let file = desk.support_file(Nothing {}).await.unwrap();
    let text = fs::read_to_string(&file.path).unwrap();
    let mut names = names(&pg, &before);
    names.insert(id.to_string());
    names.extend(["0857778888".to_owned(), "085-777-8888".to_owned()]);
    assert!(names.len() > 2_000, "{}", names.len());
    assert_eq!(found_in(&text, &names), Vec::<String>::new());
    for told in [
        "\"customer.create\"",
        "\"unsent\"",
        "\"task_already_closed\"",
        "\"schema\"",
        "\"offline\"",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }

    let clinic = collect(&mut admin(&pg).await, |word| Code::from_word(word).is_some())
        .await
        .unwrap()
        .to_string();
    assert_eq!(found_in(&clinic, &names), Vec::<String>::new());
    for told in [
        "\"server_version\"",
        "\"public.customers\"",
        "\"task_already_closed\"",
        "\"migrations\"",
    ] {
        let told = told.replace("public.", "");
        assert!(clinic.contains(&told), "{told} in {clinic}");
    }

    // The net has no hole: each kind of thing would be found.
    let customer = uid(&pg, "customer", 1).to_string();
    for secret in [MARK, &customer, &customer.replace('-', ""), &before[0], "0857778888"] {
        assert!(!found_in(&format!("{text} {secret}"), &names).is_empty(), "{secret}");
    }
}
