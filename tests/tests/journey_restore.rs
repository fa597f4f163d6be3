//! When what a desk has read no longer holds: the server was restored from a backup, its feed was trimmed or reset, or the desk's own file
//! was put back. Nobody does anything by hand; what was confirmed to a person stays done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::{fs, path::Path, sync::Arc};

use clinic_support::{A, DB, admin, journey, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        customer::{CustomerCreate, CustomerOpen, CustomerSearch, PointsAward},
        sync::SyncMode,
        task::{TaskComplete, TaskList, TaskNote, TaskState, Whose},
    },
};
use desk_clinic::keep;
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, sync, until_agreed, until_mode};
use uuid::Uuid;

async fn code(pg: &PgCluster, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, A, n).await;
    ticket.port = port;
    ticket.code()
}

fn walk_in(name: &str, phone: &str) -> CustomerCreate {
    CustomerCreate {
        full_name: name.into(),
        nickname: None,
        phone: Some(phone.into()),
        email: None,
        birth_date: None,
        gender: None,
        notes: None,
        lead: None,
    }
}

async fn is_known(desk: &Arc<Desk>, customer: Uuid) -> bool {
    desk.customer_card(CustomerOpen { id: customer }).await.is_ok()
}

async fn is_open(desk: &Arc<Desk>, task: Uuid) -> bool {
    let list = TaskList {
        whose: Whose::Everyone,
        state: TaskState::Open,
    };
    desk.task_list(list).await.unwrap().ids.contains(&task)
}

async fn finds(desk: &Arc<Desk>, text: &str) -> bool {
    let search = CustomerSearch { text: text.into() };
    !desk.customer_search(search).await.unwrap().hits.is_empty()
}

fn count(pg: &PgCluster, from: &str) -> String {
    pg.psql(DB, &format!("select count(*) from {from}"))
}

/// The last backup becomes the database, as an IT person does it. Roles stay: they belong to the cluster.
fn restore(pg: &PgCluster, backup: &Path) {
    pg.drop_database(DB);
    pg.create_database(DB, Some("template0"));
    pg.psql_file(DB, backup);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from)
        .unwrap()
        .flatten()
        .filter(|file| file.path().is_file())
    {
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_from_backup_the_desks_bring_back_what_the_server_forgot() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let backup = pc.folder.path().join("backup.sql");
    fs::write(&backup, pg.pg_dump(DB, &[])).unwrap();

    // After the backup: a walk-in with points, and work of the web system, which nobody can bring back.
    let walk_in = desk
        .customer_create(walk_in("Ploy Backup", "085-777-8888"))
        .await
        .unwrap()
        .id;
    let entry_id = Uuid::now_v7();
    let award = PointsAward {
        entry_id,
        customer_id: walk_in,
        satang: 199_900,
        note: None,
    };
    desk.points_award(award).await.unwrap();
    until_agreed(&desk).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;
    // Built on the walk-in, and not sent yet.
    desk.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    restore(&pg, &backup);
    assert_eq!(count(&pg, "public.customers where full_name = 'Ploy Backup'"), "0");

    net.resume();
    until_agreed(&desk).await;
    assert_eq!(count(&pg, "public.customers where full_name = 'Ploy Backup'"), "1");
    assert_eq!(
        count(&pg, &format!("public.point_transactions where id = '{entry_id}'")),
        "1"
    );
    assert_eq!(
        pg.psql(DB, &format!("select status from public.task_queue where id = '{task}'")),
        "completed"
    );
    assert!(finds(&desk, "0857778888").await && !is_open(&desk, task).await);
    assert_eq!(sync(&desk).await.attention.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_deleted_while_a_desk_was_away_longer_than_the_feed_remembers_are_gone_there_too() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let insert = format!(
        "insert into public.customers (clinic_id, customer_code, full_name) values ('{A}', 'N1', 'ลบแล้ว') returning id"
    );
    let gone: Uuid = pg.psql(DB, &insert).parse().unwrap();
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;
    let note = TaskNote {
        id: task,
        text: "โทรแล้ว".into(),
    };
    desk.task_note(note).await.unwrap();
    pg.psql(DB, &format!("delete from public.customers where id = '{gone}'"));
    pg.psql(DB, "update desk.txn set at = at - interval '181 days'");
    let mut keeper = admin(&pg).await;
    assert_eq!(keep::trim(&mut keeper, A, 180).await.unwrap(), 1);
    assert_eq!(keep::trim(&mut keeper, A, 180).await.unwrap(), 0);
    assert!(is_known(&desk, gone).await);

    net.resume();
    until_agreed(&desk).await;
    assert!(!is_known(&desk, gone).await && is_open(&desk, task).await);
    assert_eq!(
        count(
            &pg,
            &format!("public.task_queue where id = '{task}' and notes like '%โทรแล้ว%'")
        ),
        "1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_made_behind_the_triggers_arrive_after_a_reset_while_the_desk_works_on() {
    let pg = migrated().await;
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let customer = uid(&pg, "customer", 1);
    pg.psql(
        DB,
        &format!(
            "set session_replication_role = replica; update public.customers set full_name = 'Behind Triggers' where id = '{customer}'"
        ),
    );
    keep::reset(&mut admin(&pg).await, A).await.unwrap();
    eventually("the change is here", LONG, async || {
        finds(&desk, "behind").await.then_some(())
    })
    .await;
    until_agreed(&desk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_whose_folder_was_put_back_from_yesterday_goes_on_and_does_nothing_twice() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    desk.shut_down().await;
    drop(desk);
    let (folder, yesterday) = (pc.folder.path().join("clinic"), pc.folder.path().join("yesterday"));
    copy_folder(&folder, &yesterday);

    let desk = pc.start_and_unlock().await;
    desk.customer_create(walk_in("First Walkin", "085-777-0001"))
        .await
        .unwrap();
    until_agreed(&desk).await;
    desk.shut_down().await;
    drop(desk);
    fs::remove_dir_all(&folder).unwrap();
    copy_folder(&yesterday, &folder);

    let desk = pc.start_and_unlock().await;
    desk.customer_create(walk_in("Second Walkin", "085-777-0002"))
        .await
        .unwrap();
    desk.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    until_agreed(&desk).await;
    assert_eq!(
        count(
            &pg,
            "public.customers where full_name in ('First Walkin', 'Second Walkin')"
        ),
        "2"
    );
    assert!(finds(&desk, "0857770001").await && finds(&desk, "0857770002").await);
    assert_eq!(sync(&desk).await.attention.len(), 0);
}
