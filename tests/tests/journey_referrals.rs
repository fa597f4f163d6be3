//! A friend is sent, on a real desk, a real PostgreSQL and a worker's hands: from the code over the counter to the points on the card, and what a manager decides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, DB, admin, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        Nothing,
        customer::CustomerCreate,
        friends::{Friends, FriendsAsk, ReferralDecide, ReferralRecord, ReferralRow, ReferralState, ReferrerFind},
        payment::PaymentTake,
        sync::SyncMode,
    },
    error::Code,
};
use desk_clinic::worker;
use desk_core::{
    payment::Method,
    referral::{Decision, Reason},
};
use desk_tests::harness::{
    netcut::NetCut,
    pg::PgCluster,
    wait::{eventually, secs},
};
use journey_support::{Pc, until_agreed, until_mode};
use uuid::Uuid;

struct Counter {
    pg: PgCluster,
    net: NetCut,
    desk: Arc<Desk>,
    referrer: Uuid,
    _pc: Pc,
}

/// A manager's counter, and a member of the clinic who may send somebody.
async fn counter() -> Counter {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let mut ticket = ticket(&pg, A, 7).await;
    ticket.port = net.port();
    pg.psql(
        DB,
        "update desk.staff set role = 'manager' where person_id = md5('user:7')::uuid",
    );
    let pc = Pc::default();
    let desk = pc.connect(ticket.code(), "PC-A").await;
    let referrer = uid(&pg, "customer", 1);
    desk.payment_take(bill(referrer, 100_000)).await.unwrap();
    until_agreed(&desk).await;
    Counter {
        pg,
        net,
        desk,
        referrer,
        _pc: pc,
    }
}

fn bill(customer_id: Uuid, satang: i64) -> PaymentTake {
    PaymentTake {
        payment_id: Uuid::now_v7(),
        customer_id,
        journey_id: None,
        satang,
        method: Method::Cash,
        coupons: vec![],
        note: None,
        paid_on: None,
        late_reason: None,
        held_as: None,
        held: 0,
        discount_percent: None,
    }
}

async fn register(desk: &Arc<Desk>, name: &str, phone: &str) -> Uuid {
    let new = CustomerCreate {
        full_name: name.into(),
        nickname: None,
        phone: Some(phone.into()),
        email: None,
        birth_date: None,
        gender: None,
        notes: None,
        lead: None,
    };
    desk.customer_create(new).await.unwrap().id
}

async fn friends(counter: &Counter, customer_id: Uuid) -> Friends {
    counter.desk.friends(FriendsAsk { customer_id }).await.unwrap()
}

/// What came of the referrer's newest friend reaches the desk.
async fn until_sent(counter: &Counter, what: &str, is_so: impl Fn(&ReferralRow) -> bool) {
    eventually(what, secs(30), async || {
        let sent = friends(counter, counter.referrer).await.referred;
        sent.first().is_some_and(&is_so).then_some(())
    })
    .await;
}

/// A worker's turn, and its rows back on the desk.
async fn work(counter: &Counter) {
    let mut conn = admin(&counter.pg).await;
    while worker::fire_next(&mut conn).await.unwrap() || worker::judge_referral(&mut conn).await.unwrap() {}
    counter.desk.sync_now(Nothing {}).await.unwrap();
    until_agreed(&counter.desk).await;
}

fn two_weeks_pass(pg: &PgCluster) {
    pg.psql(
        DB,
        "set session_replication_role = replica; update desk.payment set taken_at = taken_at - interval '14 days'; update desk.referral set made_at = made_at - interval '14 days';
         update desk.timer set due_at = due_at - interval '14 days' where state = 'waiting'",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn l16_a_friend_registered_without_the_network_brings_the_points_once_paid_and_kept() {
    let counter = counter().await;
    let desk = &counter.desk;
    let code = friends(&counter, counter.referrer).await.code.unwrap();
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let found = desk
        .referrer_find(ReferrerFind {
            text: code.to_lowercase(),
        })
        .await
        .unwrap();
    assert_eq!(
        found.by_code.unwrap().id,
        counter.referrer,
        "the code says whose it is, offline too"
    );
    let friend = register(desk, "ชนัญชิดา เลิศวิไล", "0899991234").await;
    let record = ReferralRecord {
        customer_id: friend,
        code: Some(code),
        referrer_id: None,
    };
    desk.referral_record(record.clone()).await.unwrap();
    assert_eq!(
        desk.referral_record(record).await.unwrap_err().code,
        Code::AlreadyReferred,
        "known here already"
    );
    let shown = friends(&counter, friend).await.referred_by.unwrap();
    assert!(shown.is_waiting && shown.state == ReferralState::Waiting);
    desk.payment_take(bill(friend, 150_000)).await.unwrap();
    counter.net.resume();
    until_agreed(desk).await;
    work(&counter).await;
    until_sent(&counter, "it waits for its days", |row| {
        row.state == ReferralState::Waiting && row.reasons == [Reason::WaitsForDays]
    })
    .await;
    two_weeks_pass(&counter.pg);
    work(&counter).await;
    until_sent(&counter, "it is paid", |row| {
        (row.state, row.points, row.is_waiting) == (ReferralState::Paid, 200, false)
    })
    .await;
    let booked = counter.pg.psql(
        DB,
        &format!(
            "select sum(amount) from public.point_transactions where customer_id = '{}' and desk_source = 'referral'",
            counter.referrer
        ),
    );
    assert_eq!(booked, "200");
}

/// A friend from the referrer's own home has paid and kept it: a manager has to look.
async fn in_review() -> (Counter, Uuid) {
    let counter = counter().await;
    let desk = &counter.desk;
    let friend = register(desk, "ชนัญชิดา เลิศวิไล", "0899991234").await;
    let record = ReferralRecord {
        customer_id: friend,
        code: None,
        referrer_id: Some(counter.referrer),
    };
    desk.referral_record(record).await.unwrap();
    desk.payment_take(bill(friend, 150_000)).await.unwrap();
    until_agreed(desk).await;
    counter.pg.psql(
        DB,
        &format!(
            "update public.customers set address = '\"99/12 ซอย 5 10160\"' where id in ('{}', '{friend}')",
            counter.referrer
        ),
    );
    two_weeks_pass(&counter.pg);
    work(&counter).await;
    until_sent(&counter, "a manager is asked", |row| row.state == ReferralState::Review).await;
    (counter, friend)
}

#[tokio::test(flavor = "multi_thread")]
async fn l16_a_manager_decides_what_waits_with_a_reason_and_it_stands_on_both_cards() {
    let (counter, friend) = in_review().await;
    let desk = &counter.desk;
    let queue = desk.referral_queue(Nothing {}).await.unwrap();
    assert!(queue.may_decide);
    let row = &queue.rows[0];
    assert_eq!(
        (row.reasons.as_slice(), row.friend.paid),
        (&[Reason::SameAddress][..], 150_000)
    );
    let decide = |decision, reason: &str| ReferralDecide {
        referral_id: row.id,
        decision,
        reason: reason.into(),
    };
    assert_eq!(
        desk.referral_decide(decide(Decision::Pay, " ")).await.unwrap_err().code,
        Code::ReasonMissing
    );
    assert_eq!(
        desk.referral_decide(decide(Decision::Hold, "x"))
            .await
            .unwrap_err()
            .code,
        Code::ValueNotAllowed
    );
    desk.referral_decide(decide(Decision::Refuse, "คนเดียวกัน"))
        .await
        .unwrap();
    assert!(desk.referral_queue(Nothing {}).await.unwrap().rows.is_empty());
    until_agreed(desk).await;
    until_sent(&counter, "it is confirmed", |row| !row.is_waiting).await;
    let shown = friends(&counter, friend).await.referred_by.unwrap();
    assert_eq!(
        (shown.state, shown.note.as_deref()),
        (ReferralState::Refused, Some("คนเดียวกัน"))
    );
    assert_eq!(shown.decided_by.as_deref(), Some("นิก7"));
    desk.referral_decide(decide(Decision::Pay, "พี่น้องกันจริง")).await.unwrap();
    until_agreed(desk).await;
    assert_eq!(
        friends(&counter, friend).await.referred_by.unwrap().state,
        ReferralState::Paid
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn l17_what_is_achieved_arrives_on_the_card_and_the_rest_says_how_far_it_is() {
    let counter = counter().await;
    let desk = &counter.desk;
    assert!(friends(&counter, counter.referrer).await.may_add_usual);
    desk.achievement_add_usual(Nothing {}).await.unwrap();
    until_agreed(desk).await;
    desk.payment_take(bill(counter.referrer, 400_000)).await.unwrap();
    until_agreed(desk).await;
    work(&counter).await;
    let shown = eventually("what was earned is on the card", secs(30), async || {
        let shown = friends(&counter, counter.referrer).await;
        let is_earned = shown.achievements.first().is_some_and(|row| row.earned_at.is_some());
        is_earned.then_some(shown)
    })
    .await;
    assert!(!shown.may_add_usual);
    let first = &shown.achievements[0];
    assert_eq!(
        (first.name.as_str(), first.points, first.earned_at.is_some()),
        ("ก้าวแรก", 100, true)
    );
    let spent = shown.achievements.iter().find(|row| row.name == "ดูแลตัวเอง").unwrap();
    assert_eq!((spent.percent, spent.earned_at), (50, None), "5,000 of 10,000 baht");
    assert_eq!(shown.achievements.len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_membership_card_says_the_code_that_the_clinic_gave() {
    let counter = counter().await;
    let ask = |customer_id| FriendsAsk { customer_id };
    let card = counter.desk.member_card(ask(counter.referrer)).await.unwrap();
    assert_eq!(card.qr.as_ref().map(|qr| qr.payload.clone()), card.code);
    assert!(card.code.is_some() && card.referral_code.is_some());
    let nobody = counter.desk.member_card(ask(Uuid::new_v4())).await.unwrap_err();
    assert_eq!(nobody.code, Code::CustomerNotFound);
}
