//! How often a desk interrupts a person, and what holds it: the budget of an hour, do not disturb, a customer's money on the screen, a muted
//! class; and the notification centre, where everything stands all the same.
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
        notification::{
            DisturbFor, DisturbSet, MuteAnswer, NotificationDismiss, NotificationRead, NotificationRow, WithCustomer,
        },
        settings::SettingsSet,
    },
    error::Code,
};
use desk_core::toast::{BUDGET, Class};
use desk_tests::harness::{pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, until_agreed};
use uuid::Uuid;

const MORNING: &str = "2026-10-01T10:00:00+07:00";

/// A notification for the fixture's person 7, as the clinic's own actions write it.
fn notify(pg: &PgCluster, title: &str, priority: &str) -> Uuid {
    let told = format!(
        "insert into public.notifications (user_id, clinic_id, type, title, message, priority, action_url, metadata)
         values (md5('user:7')::uuid, '{A}', 'visit_waiting', '{title}', 'คิว 4', '{priority}', '/agenda', jsonb_build_object('subject', 'visit:{title}')) returning id"
    );
    pg.psql(DB, &told).parse().unwrap()
}

async fn desk(pg: &PgCluster, pc: &Pc) -> Arc<Desk> {
    pc.clock.set(MORNING);
    let desk = pc.connect(ticket(pg, A, 7).await.code(), "PC-A").await;
    until_agreed(&desk).await;
    pc.toasts.shown.lock().unwrap().clear();
    desk
}

async fn centre(desk: &Arc<Desk>) -> Vec<NotificationRow> {
    desk.notification_list(Nothing {}).await.unwrap().rows
}

async fn arrived(desk: &Arc<Desk>, id: Uuid) {
    eventually("it is in the centre", LONG, async || {
        centre(desk).await.iter().any(|row| row.id == id).then_some(())
    })
    .await;
}

fn titles(pc: &Pc) -> Vec<String> {
    let shown = pc.toasts.shown.lock().unwrap();
    shown.iter().map(|toast| toast.title.clone()).collect()
}

async fn shown(pc: &Pc, title: &str) {
    eventually(format!("a toast {title}"), LONG, async || {
        titles(pc).iter().any(|shown| shown.contains(title)).then_some(())
    })
    .await;
}

async fn disturb(desk: &Arc<Desk>, how_long: DisturbFor) {
    desk.disturb_set(DisturbSet { how_long }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn do_not_disturb_outlives_a_restart_lets_the_urgent_through_and_drops_nothing() {
    let (pg, pc) = (migrated().await, Pc::default());
    let first = desk(&pg, &pc).await;
    disturb(&first, DisturbFor::HalfHour).await;
    first.shut_down().await;
    drop(first);
    let desk = pc.start_and_unlock().await;
    let held = desk.notification_list(Nothing {}).await.unwrap().disturb;
    assert!(held.is_on && held.until.is_some());
    pc.toasts.shown.lock().unwrap().clear();

    let quiet = notify(&pg, "รอหนึ่ง", "high");
    let other = notify(&pg, "รอสอง", "high");
    for id in [quiet, other] {
        arrived(&desk, id).await;
    }
    notify(&pg, "ด่วนจริง", "critical");
    shown(&pc, "ด่วนจริง").await;
    assert_eq!(titles(&pc), ["ด่วนจริง"], "the others are held");

    pc.clock.set("2026-10-01T10:31:00+07:00");
    desk.sync_now(Nothing {}).await.unwrap();
    shown(&pc, "ลูกค้ามาถึง 2").await;
    assert_eq!(titles(&pc).len(), 2, "what gathered is one digest");
    assert!(!desk.notification_list(Nothing {}).await.unwrap().disturb.is_on);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_hot_lead_passes_do_not_disturb_and_a_customers_money_but_not_the_budget() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk(&pg, &pc).await;
    disturb(&desk, DisturbFor::HalfHour).await;
    arrived(&desk, notify(&pg, "รอหนึ่ง", "high")).await;
    hot_lead(&pg, "มายด์");
    shown(&pc, "มายด์").await;
    disturb(&desk, DisturbFor::Off).await;
    shown(&pc, "รอหนึ่ง").await;

    desk.with_customer(WithCustomer { is_open: true }).await.unwrap();
    hot_lead(&pg, "ปิ่น");
    shown(&pc, "ปิ่น").await;
    desk.with_customer(WithCustomer { is_open: false }).await.unwrap();

    spend_the_budget(&pg, &pc, &desk).await;
    hot_lead(&pg, "แอน");
    eventually("it gathered", LONG, async || {
        let gathered = desk.notification_list(Nothing {}).await.unwrap().gathered;
        gathered.iter().any(|of| of.class == Class::HotLead).then_some(())
    })
    .await;
    assert!(titles(&pc).iter().all(|title| !title.contains("แอน")));
}

fn hot_lead(pg: &PgCluster, name: &str) {
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) values ('{A}', '{name}', 92, 'hot', 'high')"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_money_on_the_screen_holds_toasts_until_it_is_closed_or_the_desk_locks() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk(&pg, &pc).await;
    desk.with_customer(WithCustomer { is_open: true }).await.unwrap();
    arrived(&desk, notify(&pg, "รอหนึ่ง", "high")).await;
    notify(&pg, "ด่วนจริง", "critical");
    shown(&pc, "ด่วนจริง").await;
    assert_eq!(titles(&pc), ["ด่วนจริง"]);
    desk.with_customer(WithCustomer { is_open: false }).await.unwrap();
    shown(&pc, "รอหนึ่ง").await;

    desk.with_customer(WithCustomer { is_open: true }).await.unwrap();
    desk.lock(Nothing {}).await.unwrap();
    notify(&pg, "รอสาม", "high");
    shown(&pc, "รอสาม").await;
    let refused = desk.with_customer(WithCustomer { is_open: true }).await.unwrap_err();
    assert_eq!(refused.code, Code::Locked);
}

async fn spend_the_budget(pg: &PgCluster, pc: &Pc, desk: &Arc<Desk>) {
    for n in 0..BUDGET {
        pc.clock.set(&format!("2026-10-01T10:{:02}:00+07:00", 2 + 2 * n));
        notify(pg, &format!("รายที่{n}"), "high");
        if titles(pc).len() < BUDGET {
            eventually("it interrupts, or the budget is spent", LONG, async || {
                let gathered = desk.notification_list(Nothing {}).await.unwrap().gathered;
                let was_told = titles(pc).iter().any(|title| title.contains(&format!("รายที่{n}")));
                (was_told || !gathered.is_empty()).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seventh_of_an_hour_interrupts_nobody_and_stands_in_the_centre() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk(&pg, &pc).await;
    spend_the_budget(&pg, &pc, &desk).await;
    let over = notify(&pg, "เกินงบ", "high");
    arrived(&desk, over).await;
    eventually("it gathered", LONG, async || {
        let gathered = desk.notification_list(Nothing {}).await.unwrap().gathered;
        gathered
            .iter()
            .any(|of| of.class == Class::Visit && of.count > 0)
            .then_some(())
    })
    .await;
    assert!(titles(&pc).len() <= BUDGET);
    assert!(!titles(&pc).iter().any(|title| title.contains("เกินงบ")));
    notify(&pg, "ด่วนจริง", "critical");
    shown(&pc, "ด่วนจริง").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_class_stays_in_the_centre_and_what_is_over_or_put_away_leaves_it() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk(&pg, &pc).await;
    let mut settings = desk.settings(Nothing {}).await.unwrap();
    settings.toast_visits = false;
    desk.settings_set(SettingsSet { settings }).await.unwrap();
    let muted = notify(&pg, "ไม่แจ้ง", "critical");
    arrived(&desk, muted).await;

    desk.notification_dismiss(NotificationDismiss { id: muted })
        .await
        .unwrap();
    assert!(centre(&desk).await.iter().all(|row| row.id != muted));
    until_agreed(&desk).await;
    let kept = format!("select dismissed, is_read from public.notifications where id = '{muted}'");
    assert_eq!(pg.psql(DB, &kept), "t|t", "the record stays");
    assert!(titles(&pc).is_empty());

    let over = notify(&pg, "หมดเวลา", "high");
    arrived(&desk, over).await;
    pg.psql(
        DB,
        &format!("update public.notifications set expires_at = '2026-10-01T09:00:00+07:00' where id = '{over}'"),
    );
    eventually("what is over leaves", LONG, async || {
        centre(&desk).await.iter().all(|row| row.id != over).then_some(())
    })
    .await;
    let nobody = NotificationDismiss { id: Uuid::now_v7() };
    let refused = desk.notification_dismiss(nobody).await.unwrap_err();
    assert_eq!(refused.code, Code::NotificationNotFound);
}

/// Puts one of a kind away; whether the centre proposes to mute its class afterwards.
async fn put_away(pg: &PgCluster, desk: &Arc<Desk>, kind: &str, priority: &str) -> Option<Class> {
    let id: Uuid = pg
        .psql(DB, &format!("insert into public.notifications (user_id, clinic_id, type, title, message, priority) values (md5('user:7')::uuid, '{A}', '{kind}', 'อีกแล้ว', '', '{priority}') returning id"))
        .parse()
        .unwrap();
    arrived(desk, id).await;
    desk.notification_dismiss(NotificationDismiss { id }).await.unwrap();
    proposed(desk).await
}

async fn proposed(desk: &Arc<Desk>) -> Option<Class> {
    let list = desk.notification_list(Nothing {}).await.unwrap();
    list.proposal.map(|proposal| proposal.class)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_put_away_unread_five_times_in_a_row_is_proposed_to_be_muted_and_never_what_is_critical() {
    let (pg, pc) = (migrated().await, Pc::default());
    let desk = desk(&pg, &pc).await;
    for (kind, priority) in [("booking_moved", "critical"), ("hot_lead", "high")] {
        for _ in 0..6 {
            assert_eq!(put_away(&pg, &desk, kind, priority).await, None, "{kind} {priority}");
        }
    }
    for _ in 0..4 {
        assert_eq!(put_away(&pg, &desk, "booking_moved", "medium").await, None);
    }
    let used = notify_of(&pg, "booking_moved");
    arrived(&desk, used).await;
    desk.notification_read(NotificationRead { id: used }).await.unwrap();
    desk.notification_dismiss(NotificationDismiss { id: used })
        .await
        .unwrap();
    for _ in 0..4 {
        assert_eq!(
            put_away(&pg, &desk, "booking_moved", "medium").await,
            None,
            "one of them was read"
        );
    }
    assert_eq!(
        put_away(&pg, &desk, "booking_moved", "medium").await,
        Some(Class::Booking)
    );
    let answer = |is_muted| MuteAnswer {
        class: Class::Booking,
        is_muted,
    };
    desk.notification_mute(answer(false)).await.unwrap();
    assert_eq!(proposed(&desk).await, None);
    for _ in 0..5 {
        put_away(&pg, &desk, "booking_moved", "high").await;
    }
    assert_eq!(
        proposed(&desk).await,
        Some(Class::Booking),
        "asked again after as many more"
    );
    desk.notification_mute(answer(true)).await.unwrap();
    assert!(!desk.settings(Nothing {}).await.unwrap().toast_bookings);
    for _ in 0..6 {
        assert_eq!(
            put_away(&pg, &desk, "booking_moved", "high").await,
            None,
            "it is muted already"
        );
    }
}

fn notify_of(pg: &PgCluster, kind: &str) -> Uuid {
    let sql = format!(
        "insert into public.notifications (user_id, clinic_id, type, title, message, priority) values (md5('user:7')::uuid, '{A}', '{kind}', 'อ่าน', '', 'medium') returning id"
    );
    pg.psql(DB, &sql).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_events_of_a_night_are_one_toast_without_the_handled() {
    let (pg, pc) = (migrated().await, Pc::default());
    let first = desk(&pg, &pc).await;
    first.shut_down().await;
    drop(first);
    pg.psql(DB, &format!("insert into public.lead_scoring_data (clinic_id, customer_name, overall_score, lead_category, priority) select '{A}', 'ลีด' || n, 92, 'hot', 'high' from generate_series(1, 12) n"));
    pg.psql(
        DB,
        "update desk.lead set status = 'closed' where name in (select 'ลีด' || n from generate_series(1, 9) n)",
    );
    pg.psql(DB, &format!("insert into public.notifications (user_id, clinic_id, type, title, message, priority, is_read) select md5('user:7')::uuid, '{A}', 'visit_waiting', 'ค' || n, '', 'high', n > 8 from generate_series(1, 288) n"));
    pc.clock.set("2026-10-02T09:30:00+07:00");
    let desk = pc.start_and_unlock().await;
    eventually("the digest of the night", LONG, async || {
        let told = titles(&pc);
        told.last()
            .is_some_and(|title| title.contains("ลูกค้ามาถึง 8") && title.ends_with("ลีดร้อน 3"))
            .then_some(())
    })
    .await;
    until_agreed(&desk).await;
    let subjects: Vec<String> = pc
        .toasts
        .shown
        .lock()
        .unwrap()
        .iter()
        .map(|toast| toast.subject.clone())
        .collect();
    assert!(subjects.iter().all(|subject| subject == "digest"), "{subjects:?}");
}
