//! Two counters of one clinic on a real PostgreSQL: what one does the other sees; work goes on without the network and nothing is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, B, DB, journey, let_sell, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        Nothing,
        customer::{
            CustomerCard, CustomerCreate, CustomerEdit, CustomerField, CustomerOpen, CustomerSearch, FieldChange,
            PointsAward, PointsPreview,
        },
        lead::LeadOpen,
        session::{Connect, Phase},
        sync::{AttentionSettle, Settle, SyncMode},
        task::{TaskComplete, TaskIds, TaskList, TaskNote, TaskRow, TaskState, Whose},
    },
    error::Code,
    ports::{Secrets as _, Toast, ToastAction},
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, connect, stand, sync, unlock, until_agreed, until_mode};
use uuid::Uuid;

/// A code of the fixture's person `n`, with the way to PostgreSQL through `port`.
async fn code(pg: &PgCluster, clinic: &str, n: u32, port: u16) -> String {
    let mut ticket = ticket(pg, clinic, n).await;
    ticket.port = port;
    ticket.code()
}

async fn tasks(desk: &Arc<Desk>) -> Vec<TaskRow> {
    let list = TaskList {
        whose: Whose::Everyone,
        state: TaskState::Open,
    };
    let ids = desk.task_list(list).await.unwrap().ids;
    desk.task_rows(TaskIds { ids }).await.unwrap().rows
}

async fn card(desk: &Arc<Desk>, id: Uuid) -> CustomerCard {
    desk.customer_card(CustomerOpen { id }).await.unwrap()
}

fn change(field: CustomerField, from: Option<String>, to: &str) -> FieldChange {
    FieldChange {
        field,
        from,
        to: Some(to.into()),
    }
}

/// A walk-in whose phone is typed in Thai digits.
fn fah() -> CustomerCreate {
    CustomerCreate {
        full_name: "ฟ้าใส รุ่งเรือง".into(),
        nickname: Some("ฟ้า".into()),
        phone: Some("๐๘๕-๗๗๗-๘๘๘๘".into()),
        email: None,
        birth_date: None,
        gender: None,
        notes: None,
        lead: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_counter_does_the_other_sees_and_postgres_has_once() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, A, 7, pg.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, A, 5, pg.port()).await, "PC-B").await;
    until_agreed(&b).await;
    assert!(tasks(&b).await.iter().any(|row| row.id == task));

    a.task_complete(TaskComplete {
        id: task,
        note: Some("มาแน่".into()),
    })
    .await
    .unwrap();
    eventually("B sees it done", LONG, async || {
        tasks(&b).await.iter().all(|row| row.id != task).then_some(())
    })
    .await;
    until_agreed(&a).await;
    assert_eq!(
        pg.psql(DB, &format!("select status from public.task_queue where id = '{task}'")),
        "completed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_network_with_a_kill_in_the_middle_loses_and_doubles_nothing() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, A, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;

    let customer = uid(&pg, "customer", 1);
    let made = desk.customer_create(fah()).await.unwrap().id;
    desk.task_note(TaskNote {
        id: task,
        text: "โทรแล้ว".into(),
    })
    .await
    .unwrap();
    let bill = PointsAward {
        entry_id: Uuid::now_v7(),
        customer_id: customer,
        satang: 199_900,
        note: Some("INV-1".into()),
    };
    desk.points_award(bill.clone()).await.unwrap();
    desk.points_award(bill.clone()).await.unwrap();
    assert_eq!(sync(&desk).await.waiting.len(), 3);
    desk.shut_down().await; // writes nothing; that kill -9 makes no difference is shown in the real window
    drop(desk);

    let desk = pc.start_and_unlock().await;
    assert_eq!(sync(&desk).await.waiting.len(), 3);
    let found = desk
        .customer_search(CustomerSearch {
            text: "0857778888".into(),
        })
        .await
        .unwrap();
    assert_eq!(found.hits[0].id, made);

    net.resume();
    until_agreed(&desk).await;
    assert_eq!(
        pg.psql(
            DB,
            &format!("select count(*) from public.customers where id = '{made}'")
        ),
        "1"
    );
    let entries = format!(
        "select count(*) from public.point_transactions where id = '{}'",
        bill.entry_id
    );
    assert_eq!(pg.psql(DB, &entries), "1");
    assert!(card(&desk, made).await.profile.code.is_some());
    assert!(
        pg.psql(DB, &format!("select notes from public.task_queue where id = '{task}'"))
            .contains("โทรแล้ว")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_gets_the_points_that_were_promised_without_the_network() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, A, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;

    let customer_id = uid(&pg, "customer", 1);
    let mut promised = vec![];
    // The first makes a silver member; the second is counted as theirs, and nobody is welcomed twice.
    for satang in [1_290_000, 100_000] {
        let bill = PointsPreview { customer_id, satang };
        let promise = desk.points_preview(bill).await.unwrap();
        promised.push((promise.points, promise.welcome_points, promise.available_after));
        let entry_id = Uuid::now_v7();
        let award = PointsAward {
            entry_id,
            customer_id,
            satang,
            note: None,
        };
        desk.points_award(award).await.unwrap();
    }
    assert_eq!(promised, [(1_290, 100, 1_390), (150, 0, 1_540)]);

    net.resume();
    until_agreed(&desk).await;
    let loyalty = card(&desk, customer_id).await.loyalty.unwrap();
    assert_eq!((loyalty.available_points, loyalty.ledger_total), (1_540, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_change_one_field_are_asked_and_nothing_typed_is_lost() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, A, 7, net.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, A, 5, pg.port()).await, "PC-B").await;
    until_agreed(&a).await;
    let customer = uid(&pg, "customer", 1);
    let seen = card(&a, customer).await.profile;
    net.cut();
    until_mode(&a, SyncMode::Offline).await;

    let mine = vec![change(CustomerField::Nickname, seen.nickname.clone(), "เอ")];
    a.customer_edit(CustomerEdit {
        id: customer,
        changes: mine,
    })
    .await
    .unwrap();
    let theirs = vec![change(CustomerField::Nickname, seen.nickname.clone(), "บี")];
    b.customer_edit(CustomerEdit {
        id: customer,
        changes: theirs,
    })
    .await
    .unwrap();
    let other = vec![change(CustomerField::Phone, seen.phone.clone(), "081-999-0000")];
    b.customer_edit(CustomerEdit {
        id: customer,
        changes: other,
    })
    .await
    .unwrap();
    until_agreed(&b).await;
    net.resume();
    until_agreed(&a).await;

    let item = sync(&a).await.attention.remove(0);
    assert_eq!((item.code.as_str(), item.sides.len()), ("changed_meanwhile", 1));
    assert_eq!(
        (item.sides[0].yours.as_deref(), item.sides[0].theirs.as_deref()),
        (Some("เอ"), Some("บี"))
    );
    let profile = card(&a, customer).await.profile;
    assert_eq!(
        (profile.nickname.as_deref(), profile.phone.as_deref()),
        (Some("บี"), Some("081-999-0000"))
    );

    a.attention_settle(AttentionSettle {
        id: item.id,
        how: Settle::Mine,
    })
    .await
    .unwrap();
    until_agreed(&a).await;
    eventually("B has mine", LONG, async || {
        (card(&b, customer).await.profile.nickname.as_deref() == Some("เอ")).then_some(())
    })
    .await;
    assert!(sync(&a).await.attention.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_of_the_web_system_becomes_one_toast_on_each_desk_and_goes_when_it_is_closed() {
    let pg = migrated().await;
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    by_day([&pc_a, &pc_b]);
    let a = pc_a.connect(code(&pg, A, 7, pg.port()).await, "PC-A").await;
    let _b = pc_b.connect(code(&pg, A, 5, pg.port()).await, "PC-B").await;
    until_agreed(&a).await;
    for pc in [&pc_a, &pc_b] {
        pc.toasts.shown.lock().unwrap().clear();
    }

    let_sell(&pg, 5);
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) values ('{A}', 'มายด์ ทดสอบ', '084-555-6666', 92, 'hot', 'high')"));
    for pc in [&pc_a, &pc_b] {
        let toast = eventually("a toast", LONG, async || {
            let shown = pc.toasts.shown.lock().unwrap();
            shown
                .iter()
                .find(|toast| toast.subject.starts_with("lead:") && toast.title.contains("มายด์"))
                .cloned()
        })
        .await;
        assert!(!format!("{toast:?}").contains("084") && !toast.title.contains("ทดสอบ"));
    }
    let subject = pc_a.toasts.shown.lock().unwrap().last().unwrap().subject.clone();
    a.toast_pressed(&subject, ToastAction::Open).await;
    assert!(
        pc_a.window
            .opened
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .starts_with("/leads/")
    );

    let lead = subject.strip_prefix("lead:").unwrap();
    pg.psql(
        DB,
        &format!("update desk.lead set status = 'closed' where id = '{lead}'"),
    );
    eventually("B withdraws it", LONG, async || {
        pc_b.toasts.withdrawn.lock().unwrap().contains(&subject).then_some(())
    })
    .await;
    let count = |pc: &Pc| {
        pc.toasts
            .shown
            .lock()
            .unwrap()
            .iter()
            .filter(|toast| toast.subject == subject)
            .count()
    };
    assert_eq!((count(&pc_a), count(&pc_b)), (1, 1));
}

/// At night toasts wait for the morning, and a test runs at any hour.
fn by_day(pcs: [&Pc; 2]) {
    for pc in pcs {
        pc.clock.set("2026-10-01T10:00:00+07:00");
    }
}

/// A hot lead of the web system, and the toast about it on each of these PCs.
async fn lead_on(pg: &PgCluster, pcs: [&Pc; 2]) -> String {
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, customer_phone, overall_score, lead_category, priority) values ('{A}', 'มายด์ ทดสอบ', '084-555-6666', 92, 'hot', 'high')"));
    let mut subject = String::new();
    for pc in pcs {
        let toast = eventually("a toast", LONG, async || {
            let shown = pc.toasts.shown.lock().unwrap();
            shown.iter().find(|toast| toast.title.contains("มายด์")).cloned()
        });
        let toast = toast.await;
        let buttons: Vec<ToastAction> = toast.actions.iter().map(|(action, _)| *action).collect();
        assert_eq!(buttons, [ToastAction::Open, ToastAction::Claim, ToastAction::Snooze]);
        subject = toast.subject;
    }
    subject
}

async fn withdrawn(pc: &Pc, subject: &str) {
    eventually("the toast goes", LONG, async || {
        let withdrawn = pc.toasts.withdrawn.lock().unwrap();
        withdrawn.iter().any(|gone| gone == subject).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_taken_from_the_toast_leaves_the_other_desk() {
    let pg = migrated().await;
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    by_day([&pc_a, &pc_b]);
    let a = pc_a.connect(code(&pg, A, 7, pg.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, A, 5, pg.port()).await, "PC-B").await;
    until_agreed(&a).await;
    let_sell(&pg, 5);
    let subject = lead_on(&pg, [&pc_a, &pc_b]).await;
    a.toast_pressed(&subject, ToastAction::Claim).await;
    for pc in [&pc_a, &pc_b] {
        withdrawn(pc, &subject).await;
    }
    eventually("B no longer counts it", LONG, async || {
        let leads = b.lead_list(Nothing {}).await.unwrap();
        let is_there = leads.hot.iter().any(|lead| format!("lead:{}", lead.id) == subject);
        (!is_there).then_some(())
    })
    .await;
    let opened = pc_a.window.opened.lock().unwrap().last().cloned();
    assert_eq!(opened, Some(subject.replace("lead:", "/leads/")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_claims_of_one_lead_one_wins_and_the_other_is_told_who() {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    by_day([&pc_a, &pc_b]);
    let a = pc_a.connect(code(&pg, A, 7, net.port()).await, "PC-A").await;
    let b = pc_b.connect(code(&pg, A, 5, pg.port()).await, "PC-B").await;
    until_agreed(&a).await;
    let_sell(&pg, 5);
    let subject = lead_on(&pg, [&pc_a, &pc_b]).await;
    net.cut();
    until_mode(&a, SyncMode::Offline).await;
    a.toast_pressed(&subject, ToastAction::Claim).await;
    b.toast_pressed(&subject, ToastAction::Claim).await;
    until_agreed(&b).await;
    net.resume();
    until_agreed(&a).await;

    let lost = sync(&a).await.attention.remove(0);
    assert_eq!((lost.name.as_str(), lost.code.as_str()), ("lead.claim", "lead_taken"));
    let winner = pg.psql(DB, &format!("select s.nickname from desk.lead l join desk.staff s on s.clinic_id = l.clinic_id and s.person_id = l.claimed_by where 'lead:' || l.id = '{subject}'"));
    let id = Uuid::parse_str(subject.strip_prefix("lead:").unwrap()).unwrap();
    let lead = a.lead_open(LeadOpen { id }).await.unwrap();
    assert_eq!(lead.claimed_by.map(|person| person.nickname), Some(winner.clone()));
    eventually("a toast says who was quicker", LONG, async || {
        let shown = pc_a.toasts.shown.lock().unwrap();
        let fits = |toast: &Toast| toast.subject.starts_with("attention:") && toast.title.contains(&winner);
        shown.iter().any(fits).then_some(())
    })
    .await;
    assert!(sync(&b).await.attention.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_knows_nothing_of_another_clinic() {
    let pg = migrated().await;
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, A, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let stranger = uid(&pg, "customer", 2);
    let opened = desk.customer_card(CustomerOpen { id: stranger }).await;
    assert_eq!(opened.unwrap_err().code, Code::CustomerNotFound);
    pg.psql(
        DB,
        &format!("update public.customers set nickname = 'ความลับ' where id = '{stranger}'"),
    );
    pg.psql(
        DB,
        &format!(
            "update public.customers set nickname = 'ของเรา' where id = '{}'",
            uid(&pg, "customer", 1)
        ),
    );
    eventually("our own change", LONG, async || {
        (card(&desk, uid(&pg, "customer", 1)).await.profile.nickname.as_deref() == Some("ของเรา")).then_some(())
    })
    .await;
    let found = desk
        .customer_search(CustomerSearch {
            text: "ความลับ".into()
        })
        .await
        .unwrap();
    assert!(found.hits.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_refused_by_a_pc_of_another_clinic_still_works_where_it_belongs() {
    let pg = migrated().await;
    let (pc_a, pc_b) = (Pc::default(), Pc::default());
    let a = pc_a.connect(code(&pg, A, 7, pg.port()).await, "PC-A").await;
    let of_b = code(&pg, B, 8, pg.port()).await;
    let joined = a.connect(Connect {
        code: of_b.clone(),
        pin: "1357".into(),
        device: "PC-A".into(),
    });
    assert_eq!(joined.await.unwrap_err().code, Code::OtherClinic);
    let b = pc_b.connect(of_b, "PC-B").await;
    assert_eq!(stand(&b).await.me.unwrap().nickname, "นิก8");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_person_loses_access_at_the_next_contact() {
    let pg = migrated().await;
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, A, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    desk_clinic::staff::disable(&mut clinic_support::admin(&pg).await, A, "user7@example.test")
        .await
        .unwrap();
    until_mode(&desk, SyncMode::Revoked).await;
    eventually("the screen locks", LONG, async || {
        (stand(&desk).await.phase == Phase::Locked).then_some(())
    })
    .await;
    assert_eq!(desk.today(Nothing {}).await.unwrap_err().code, Code::Locked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_at_one_pc_and_a_new_code_for_the_first_keep_what_waits() {
    let pg = migrated().await;
    let (_, task) = journey(&pg, A, 1, 7);
    let net = NetCut::to(pg.port());
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, A, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    connect(&desk, code(&pg, A, 5, net.port()).await, "PC-A").await;
    let state = stand(&desk).await;
    assert_eq!((state.people.len(), state.me.unwrap().nickname.as_str()), (2, "นิก5"));
    until_agreed(&desk).await;

    let seller = state.people.iter().find(|person| person.nickname == "นิก7").unwrap().id;
    unlock(&desk, seller).await;
    net.cut();
    until_mode(&desk, SyncMode::Offline).await;
    desk.task_complete(TaskComplete { id: task, note: None }).await.unwrap();
    net.resume();
    connect(&desk, code(&pg, A, 7, net.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let once = format!("select count(*) from desk.mutation where args ->> 'id' = '{task}' and status = 'ok'");
    assert_eq!(pg.psql(DB, &once), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cache_is_set_aside_and_loaded_anew_and_so_is_one_whose_key_was_lost() {
    let pg = migrated().await;
    let pc = Pc::default();
    let desk = pc.connect(code(&pg, A, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    desk.shut_down().await;
    drop(desk);
    let folder = pc.folder.path().join("clinic");
    std::fs::write(folder.join("cache.db"), vec![7; 8192]).unwrap();
    let desk = pc.start_and_unlock().await;
    eventually("loaded anew", LONG, async || {
        (stand(&desk).await.phase == Phase::Ready).then_some(())
    })
    .await;
    assert_eq!(
        card(&desk, uid(&pg, "customer", 1)).await.profile.id,
        uid(&pg, "customer", 1)
    );
    desk.shut_down().await;
    drop(desk);

    pc.secrets.forget("device").unwrap();
    let desk = pc.start().await;
    assert_eq!(stand(&desk).await.phase, Phase::FirstStart);
    connect(&desk, code(&pg, A, 7, pg.port()).await, "PC-A").await;
    until_agreed(&desk).await;
    let names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    let kept = names
        .iter()
        .filter(|name| name.to_string_lossy().starts_with("damaged-") && name.to_string_lossy().ends_with(".db"))
        .count();
    assert_eq!(kept, 2, "{names:?}");
}
