//! What speaks up on the desktop, and when it falls silent again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, DB, migrated, ticket};
use desk_app::{
    Desk,
    api::{
        Nothing,
        notification::{NotificationRead, NotificationRow},
        settings::SettingsSet,
    },
    error::Code,
    ports::{Toast, ToastAction},
};
use desk_tests::harness::{pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc};
use uuid::Uuid;

/// So many leads of the web system in one commit, each of them hot.
fn hot_leads(pg: &PgCluster, first: usize, count: usize) {
    let last = first + count - 1;
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) select '{A}', 'ลีด' || n, 92, 'hot', 'high' from generate_series({first}, {last}) n"));
}

fn close_leads(pg: &PgCluster, names: &str) {
    pg.psql(
        DB,
        &format!("update desk.lead set status = 'closed' where name in ({names})"),
    );
}

/// A desk of the fixture's seller that finds a backlog of three hot leads.
async fn desk_with_three(pg: &PgCluster, pc: &Pc) -> Arc<Desk> {
    pc.clock.set("2026-10-01T10:00:00+07:00");
    hot_leads(pg, 1, 3);
    let desk = pc.connect(ticket(pg, A, 7).await.code(), "PC-A").await;
    digest(pc).await;
    desk
}

/// Waits for the digest.
async fn digest(pc: &Pc) -> Toast {
    eventually("the digest", LONG, async || {
        let shown = pc.toasts.shown.lock().unwrap();
        shown.iter().find(|toast| toast.subject == "digest").cloned()
    })
    .await
}

fn is_withdrawn(pc: &Pc) -> bool {
    pc.toasts
        .withdrawn
        .lock()
        .unwrap()
        .iter()
        .any(|subject| subject == "digest")
}

async fn until_leads(desk: &Arc<Desk>, count: usize) {
    eventually(format!("{count} hot leads in Today"), LONG, async || {
        (desk.today(Nothing {}).await.unwrap().leads.len() == count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_goes_when_the_last_thing_in_it_was_handled_elsewhere() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk_with_three(&pg, &pc).await;
    assert!(digest(&pc).await.title.ends_with("ลีดร้อน 3"));
    close_leads(&pg, "'ลีด1', 'ลีด2'");
    until_leads(&desk, 1).await;
    eventually("a lead's own toast is taken back", LONG, async || {
        (pc.toasts.withdrawn.lock().unwrap().len() == 2).then_some(())
    })
    .await;
    assert!(!is_withdrawn(&pc), "one of the three still waits");
    close_leads(&pg, "'ลีด3'");
    eventually("the digest is taken back", LONG, async || {
        is_withdrawn(&pc).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_digest_is_gone_and_the_next_backlog_gets_its_own() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk_with_three(&pg, &pc).await;
    desk.toast_pressed("digest", ToastAction::Open).await;
    assert_eq!(pc.window.opened.lock().unwrap().last().unwrap(), "/today");
    assert!(is_withdrawn(&pc));
    pc.toasts.shown.lock().unwrap().clear();
    hot_leads(&pg, 4, 5);
    until_leads(&desk, 8).await;
    assert!(digest(&pc).await.title.ends_with("ลีดร้อน 5"), "the five that are new");
}

/// A call to clinic A's first customer that falls due at this instant; the database itself tells nobody.
fn call_due(pg: &PgCluster, at: &str) -> Uuid {
    let rule = format!(
        "insert into public.followup_rules (clinic_id, name, type) values ('{A}', 'หลังทำ 1 วัน', 'post_treatment') returning id"
    );
    let rule = pg.psql(DB, &rule);
    let call = format!(
        "insert into public.followup_executions (rule_id, customer_id, channel, scheduled_at) values ('{rule}', md5('customer:1')::uuid, 'call', '{at}') returning id"
    );
    pg.psql(DB, &call).parse().unwrap()
}

async fn in_centre(desk: &Arc<Desk>, id: Uuid) -> Option<NotificationRow> {
    let centre = desk.notification_list(Nothing {}).await.unwrap();
    centre.rows.into_iter().find(|row| row.id == id)
}

async fn unread(desk: &Arc<Desk>) -> i64 {
    desk.notification_list(Nothing {}).await.unwrap().unread
}

async fn toast_about(pc: &Pc, subject: &str) {
    eventually(format!("a toast about {subject}"), LONG, async || {
        let shown = pc.toasts.shown.lock().unwrap();
        shown.iter().any(|toast| toast.subject == subject).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_follow_up_is_in_the_centre_although_the_database_told_nobody() {
    let (pg, pc) = (migrated().await, Pc::default());
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let call = call_due(&pg, "2026-10-01T10:05:00+07:00");
    let desk = pc.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    let before = unread(&desk).await;
    assert!(in_centre(&desk, call).await.is_none(), "it is not due yet");
    pc.window.topics.lock().unwrap().clear();
    pc.clock.set("2026-10-01T10:06:00+07:00");
    desk.sync_now(Nothing {}).await.unwrap();
    let subject = format!("followup:{call}");
    toast_about(&pc, &subject).await;
    eventually("the window hears of it", LONG, async || {
        let topics = pc.window.topics.lock().unwrap();
        topics.iter().any(|topic| topic == "notifications").then_some(())
    })
    .await;
    let row = in_centre(&desk, call).await.unwrap();
    assert_eq!((row.kind.as_str(), row.is_read), ("followup_due", false));
    assert_eq!(row.action_url, Some(format!("/followups/{call}")));
    assert_eq!(unread(&desk).await, before + 1);

    desk.notification_read(NotificationRead { id: call }).await.unwrap();
    assert!(in_centre(&desk, call).await.unwrap().is_read);
    assert_eq!(unread(&desk).await, before);
    desk.shut_down().await;
    drop(desk);
    let desk = pc.start_and_unlock().await;
    assert!(in_centre(&desk, call).await.unwrap().is_read, "also after a restart");

    pg.psql(
        DB,
        &format!("update public.followup_executions set status = 'sent' where id = '{call}'"),
    );
    eventually("its toast goes", LONG, async || {
        pc.toasts.withdrawn.lock().unwrap().contains(&subject).then_some(())
    })
    .await;
    assert!(
        in_centre(&desk, call).await.is_some(),
        "what was shown can be found after it was handled"
    );
    let told = format!("select count(*) from public.notifications where metadata ->> 'subject' = '{subject}'");
    assert_eq!(pg.psql(DB, &told), "0", "no row was invented");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_whose_toasts_are_off_is_in_the_centre_and_can_be_read_with_all_others() {
    let (pg, pc) = (migrated().await, Pc::default());
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    let mut settings = desk.settings(Nothing {}).await.unwrap();
    settings.toast_followups = false;
    desk.settings_set(SettingsSet { settings }).await.unwrap();
    let call = call_due(&pg, "2026-10-01T09:30:00+07:00");
    eventually("the call is in the centre", LONG, async || {
        in_centre(&desk, call).await.map(drop)
    })
    .await;
    desk.notification_read_all(Nothing {}).await.unwrap();
    assert_eq!(unread(&desk).await, 0);
    let unknown = desk.notification_read(NotificationRead { id: Uuid::now_v7() }).await;
    assert_eq!(unknown.unwrap_err().code, Code::NotificationNotFound);
    assert!(pc.toasts.shown.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_lead_stands_once_in_the_centre_with_a_notification_of_the_clinics_and_without() {
    let (pg, pc) = (migrated().await, Pc::default());
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{A}', 'มายด์ ทดสอบ', 92, 'hot', 'high')"));
    let lead = pg.psql(DB, "select id from desk.lead where name = 'มายด์ ทดสอบ'");
    toast_about(&pc, &format!("lead:{lead}")).await;
    let rows = async || {
        let centre = desk.notification_list(Nothing {}).await.unwrap();
        centre
            .rows
            .into_iter()
            .filter(|row| row.title.contains("มายด์"))
            .collect::<Vec<_>>()
    };
    let is_one =
        |rows: &[NotificationRow], is_ours: bool| rows.len() == 1 && (rows[0].id.to_string() == lead) == is_ours;
    eventually("the clinic's notification, alone", LONG, async || {
        is_one(&rows().await, false).then_some(())
    })
    .await;
    pg.psql(
        DB,
        &format!("delete from public.notifications where metadata ->> 'subject' = 'lead:{lead}'"),
    );
    eventually("this PC's own record, alone", LONG, async || {
        is_one(&rows().await, true).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_leads_toast_says_the_name_two_reasons_and_how_long_it_has_waited() {
    let (pg, pc) = (migrated().await, Pc::default());
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let _desk = pc.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority, metadata) values ('{A}', 'มายด์ ทดสอบ', 92, 'hot', 'high', '{{\"signals\": [\"price\", \"today\"]}}')"));
    let lead = pg.psql(DB, "select id from desk.lead where name = 'มายด์ ทดสอบ'");
    let toast = eventually("its toast", LONG, async || {
        let shown = pc.toasts.shown.lock().unwrap();
        shown
            .iter()
            .find(|toast| toast.subject == format!("lead:{lead}"))
            .cloned()
    })
    .await;
    assert!(toast.title.starts_with("ลีดร้อน: มายด์") && !toast.title.contains("ทดสอบ"));
    assert_eq!(toast.body, "ถามราคา · อยากมาวันนี้");
}

/// A hot lead that somebody of the clinic has spoken to, and wants to ask again at this instant.
fn talked(pg: &PgCluster, name: &str, person: &str, again: &str) -> String {
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{A}', '{name}', 92, 'hot', 'high')"));
    pg.psql(
        DB,
        &format!(
            "update desk.lead set status = 'claimed', claimed_by = {person}, claimed_at = now(), answered_at = now(), answered_by = {person},
               outcome = 'talked', next_at = '{again}' where name = '{name}' returning id"
        ),
    )
}

/// What the desktop has said of a subject so far.
fn told_of(pc: &Pc, subject: &str) -> Vec<Toast> {
    let shown = pc.toasts.shown.lock().unwrap();
    shown.iter().filter(|toast| toast.subject == subject).cloned().collect()
}

async fn in_today(desk: &Arc<Desk>, lead: &str) -> bool {
    let today = desk.today(Nothing {}).await.unwrap();
    today.leads.iter().any(|row| row.id.to_string() == lead)
}

const ME: &str = "md5('user:7')::uuid";
const TWO: &str = "2026-10-01T14:00:00+07:00";

/// A desk that knows so many leads that somebody has, at ten in the morning.
async fn desk_with_taken(pg: &PgCluster, pc: &Pc, count: usize) -> Arc<Desk> {
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.connect(ticket(pg, A, 7).await.code(), "PC-A").await;
    eventually("the leads are here", LONG, async || {
        (desk.lead_list(Nothing {}).await.unwrap().claimed.len() == count).then_some(())
    })
    .await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_step_of_a_lead_is_told_once_to_its_person_and_stands_in_today() {
    let (pg, pc) = (migrated().await, Pc::default());
    let colleague = "(select min(person_id::text)::uuid from desk.staff where clinic_id = desk.lead.clinic_id and person_id <> md5('user:7')::uuid)";
    let mine = talked(&pg, "มายด์ ทดสอบ", ME, TWO);
    let theirs = talked(&pg, "ปิ่น ทดสอบ", colleague, TWO);
    let desk = desk_with_taken(&pg, &pc, 2).await;
    let subject = format!("lead:{mine}");
    assert!(told_of(&pc, &subject).is_empty() && !in_today(&desk, &mine).await);

    pc.clock.set(TWO);
    desk.sync_now(Nothing {}).await.unwrap();
    toast_about(&pc, &subject).await;
    assert_eq!(told_of(&pc, &subject)[0].title, "ถึงเวลาติดต่อลีด: มายด์");
    assert!(in_today(&desk, &mine).await);
    let row = in_centre(&desk, mine.parse().unwrap()).await.unwrap();
    assert_eq!(row.kind, "followup_due");

    pc.clock.set("2026-10-01T14:20:00+07:00");
    let call = call_due(&pg, "2026-10-01T14:19:00+07:00");
    toast_about(&pc, &format!("followup:{call}")).await;
    assert_eq!(told_of(&pc, &subject).len(), 1, "a later look says nothing again");
    assert!(told_of(&pc, &format!("lead:{theirs}")).is_empty(), "a colleague's");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_step_of_a_lead_is_taken_back_when_it_is_moved_and_told_at_its_new_time() {
    let (pg, pc) = (migrated().await, Pc::default());
    let mine = talked(&pg, "มายด์ ทดสอบ", ME, TWO);
    let desk = desk_with_taken(&pg, &pc, 1).await;
    let subject = format!("lead:{mine}");
    pc.clock.set(TWO);
    desk.sync_now(Nothing {}).await.unwrap();
    toast_about(&pc, &subject).await;

    let tomorrow = "2026-10-02T11:00:00+07:00";
    let moved = format!("update desk.lead set next_at = '{tomorrow}' where id = '{mine}'");
    pg.psql(DB, &moved);
    eventually("it is taken back", LONG, async || {
        pc.toasts.withdrawn.lock().unwrap().contains(&subject).then_some(())
    })
    .await;
    assert!(!in_today(&desk, &mine).await);
    pc.clock.set(tomorrow);
    desk.sync_now(Nothing {}).await.unwrap();
    eventually("the new time is told too", LONG, async || {
        (told_of(&pc, &subject).len() == 2).then_some(())
    })
    .await;
    pg.psql(
        DB,
        &format!("update desk.lead set status = 'closed', next_at = null where id = '{mine}'"),
    );
    eventually("it has gone from Today", LONG, async || {
        (!in_today(&desk, &mine).await).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tasks_toast_says_its_kind_and_a_first_name_and_not_what_was_typed() {
    let (pg, pc) = (migrated().await, Pc::default());
    pc.clock.set("2026-10-01T10:00:00+07:00");
    let desk = pc.connect(ticket(&pg, A, 7).await.code(), "PC-A").await;
    let typed = "โทรหาคุณสมหญิง ใจดี 081-234-5678 เรื่องฟิลเลอร์";
    let task = |customer: u32, kind: &str, due: &str| {
        pg.psql(DB, &format!("with w as (insert into public.workflow_states (clinic_id, customer_id, current_stage, assigned_sales_id) values ('{A}', md5('customer:{customer}')::uuid, 'scanned', md5('user:7')::uuid) returning id)
          insert into public.task_queue (workflow_id, assigned_to, task_type, title, due_date) select id, md5('user:7')::uuid, '{kind}', '{typed}', '{due}' from w returning id"))
    };
    let due = task(1, "customer_follow_up", "2026-10-01T09:00:00+07:00");
    toast_about(&pc, &format!("task:{due}")).await;
    let told_of = task(3, "send_proposal", "2026-10-05T09:00:00+07:00");
    pg.psql(DB, &format!("insert into public.notifications (user_id, clinic_id, type, title, message, priority, action_url, metadata)
      values (md5('user:7')::uuid, '{A}', 'task_assigned', 'งานใหม่', '{typed}', 'high', '/tasks/{told_of}', jsonb_build_object('subject', 'event:1'))"));
    toast_about(&pc, &format!("task:{told_of}")).await;
    let called = |customer: u32| {
        pg.psql(DB, &format!("select coalesce(nullif(nickname, ''), split_part(full_name, ' ', 1)) from public.customers where id = md5('customer:{customer}')::uuid"))
    };
    let says = |id: &str| {
        let shown = pc.toasts.shown.lock().unwrap();
        let toast = shown
            .iter()
            .find(|toast| toast.subject == format!("task:{id}"))
            .unwrap();
        (toast.title.clone(), toast.body.clone())
    };
    assert_eq!(
        says(&due),
        (format!("งานถึงกำหนด: {}", called(1)), "โทรติดตาม".to_owned())
    );
    assert_eq!(
        says(&told_of),
        (format!("งานใหม่: {}", called(3)), "ใบเสนอราคา".to_owned())
    );
    let centre = desk.notification_list(Nothing {}).await.unwrap().rows;
    assert!(
        centre.iter().any(|row| row.message == typed),
        "the centre keeps what was typed"
    );
}
