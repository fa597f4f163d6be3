//! Codes at the counter on a real desk and a real PostgreSQL: redeemed, put on a bill, given back, with the network and without it; what the desk expects is what
//! comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod clinic_support;
mod journey_support;

use std::sync::Arc;

use clinic_support::{A, DB, migrated, ticket, uid};
use desk_app::{
    Desk,
    api::{
        Nothing,
        coupon::{CancelledBy, CouponCancel, CouponCancelPreview, CouponSlip, CouponUse},
        customer::{CustomerCard, CustomerOpen},
        payment::{PaymentPreview, PaymentRefund, PaymentTake, ReceiptAsk, RefundPreview},
        points::{PointsRedeem, RedeemPreview, Redeemed},
        reward::RewardSave,
        settings::Language,
        sync::SyncMode,
        undo::Undo,
    },
    error::Code,
};
use desk_core::{
    loyalty::{
        Tier,
        origin::Origin,
        reward::{Bar, Kind, State, code, written},
    },
    payment::{Method, held::HeldAs},
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, until_agreed, until_mode};
use uuid::Uuid;

struct Counter {
    pg: PgCluster,
    net: NetCut,
    desk: Arc<Desk>,
    customer: Uuid,
    five_percent: Uuid,
    mask: Uuid,
    _pc: Pc,
}

/// A counter of the clinic, signed in as somebody of this role, with a customer of 1,000 points and two rewards: 5 % for 500 that stands alone, and a mask for 100
/// of which there are two.
async fn counter(role: &str) -> Counter {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let mut ticket = ticket(&pg, A, 7).await;
    ticket.port = net.port();
    let customer = uid(&pg, "customer", 1);
    let (five_percent, mask) = (Uuid::now_v7(), Uuid::now_v7());
    pg.psql(
        DB,
        &format!(
            "update desk.staff set role = '{role}' where person_id = md5('user:7')::uuid;
             insert into public.loyalty_profiles (clinic_id, customer_id, referral_code) values ('{A}', '{customer}', 'BNCODES');
             insert into public.point_transactions (clinic_id, customer_id, type, amount, expires_at) values ('{A}', '{customer}', 'earned', 400, now() + interval '20 days'), ('{A}', '{customer}', 'earned', 600, now() + interval '400 days');
             insert into public.loyalty_rewards (id, clinic_id, name, type, points_cost, monetary_value, stackable) values ('{five_percent}', '{A}', 'ส่วนลด 5%', 'discount_percentage', 500, 5, false);
             insert into public.loyalty_rewards (id, clinic_id, name, type, points_cost, monetary_value, max_redemptions) values ('{mask}', '{A}', 'มาสก์', 'free_service', 100, 0, 2);
             insert into public.loyalty_rewards (clinic_id, name, type, points_cost, monetary_value) values ('{A}', 'ของเว็บ', 'discount_amount', -5, -100)"
        ),
    );
    let pc = Pc::default();
    let desk = pc.connect(ticket.code(), "PC-A").await;
    until_agreed(&desk).await;
    Counter {
        pg,
        net,
        desk,
        customer,
        five_percent,
        mask,
        _pc: pc,
    }
}

async fn card(counter: &Counter) -> CustomerCard {
    let open = CustomerOpen { id: counter.customer };
    counter.desk.customer_card(open).await.unwrap()
}

async fn redeem(counter: &Counter, reward: impl Into<Option<Uuid>>, points: i64) -> Result<Uuid, Code> {
    let entry_id = Uuid::now_v7();
    let wish = PointsRedeem {
        entry_id,
        customer_id: counter.customer,
        points,
        reward_id: reward.into(),
    };
    match counter.desk.points_redeem(wish).await {
        Ok(Redeemed::Confirmed { .. } | Redeemed::Offline { .. }) => Ok(entry_id),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.code),
    }
}

fn bill(counter: &Counter, satang: i64, coupons: Vec<Uuid>) -> PaymentTake {
    PaymentTake {
        payment_id: Uuid::now_v7(),
        customer_id: counter.customer,
        journey_id: None,
        satang,
        method: Method::Cash,
        coupons,
        note: None,
        paid_on: None,
        late_reason: None,
        held_as: None,
        held: 0,
        discount_percent: None,
    }
}

/// What a card says of codes, but for what only the clinic gives.
fn codes(card: &CustomerCard) -> Vec<(Uuid, String, State, Option<i64>)> {
    let rows = card.coupons.iter();
    rows.map(|row| (row.id, row.code.clone(), row.state, row.satang))
        .collect()
}

fn available(card: &CustomerCard) -> i64 {
    card.loyalty.as_ref().unwrap().available_points
}

fn differences(counter: &Counter) -> String {
    counter
        .pg
        .psql(DB, &format!("select count(*) from desk.verify_loyalty('{A}')"))
}

#[tokio::test(flavor = "multi_thread")]
async fn points_buy_a_code_that_reduces_a_bill_and_stands_on_its_paper() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    let preview = RedeemPreview {
        customer_id: counter.customer,
        points: 0,
    };
    let offers = desk.redeem_preview(preview).await.unwrap().rewards;
    assert_eq!(offers.len(), 2, "what makes no sense is not offered: {offers:?}");
    let id = redeem(&counter, counter.five_percent, 500).await.unwrap();
    until_agreed(desk).await;
    let said = written(&code(id));
    assert_eq!(codes(&card(&counter).await), [(id, said.clone(), State::Issued, None)]);
    let slip = CouponSlip {
        coupon_id: id,
        language: Language::En,
    };
    assert!(desk.coupon_slip(slip).await.unwrap().text.contains(&said));

    let ask = PaymentPreview {
        customer_id: counter.customer,
        satang: 199_999,
        method: Method::Cash,
        coupons: Some(vec![id]),
        paid_on: None,
        held_as: None,
        uses_held: false,
        uses_tier: false,
    };
    let promise = desk.payment_preview(ask).await.unwrap();
    assert_eq!((promise.pays, promise.coupons[0].less), (190_000, Some(9_999)));
    let taken = bill(&counter, 199_999, vec![id]);
    desk.payment_take(taken.clone()).await.unwrap();
    let expected = card(&counter).await;
    until_agreed(desk).await;
    let came = card(&counter).await;
    assert_eq!(codes(&came), codes(&expected));
    assert_eq!(codes(&came), [(id, said.clone(), State::Used, Some(9_999))]);
    assert_eq!(available(&came), 500 + promise.earns.points, "L21: preview and posting");
    let row = counter.pg.psql(DB, "select satang, points from desk.payment");
    assert_eq!(
        row,
        format!("190000|{}", promise.earns.points),
        "L6: on what was paid in money"
    );
    let receipt = ReceiptAsk {
        payment_id: taken.payment_id,
        language: Language::En,
    };
    let paper = desk.payment_receipt(receipt).await.unwrap().text;
    let less = format!("Bill: 1,999.99 THB\nส่วนลด 5% ({said}): -99.99 THB\nReceived: 1,900.00 THB");
    assert!(paper.contains(&less), "{paper}");
    let again = bill(&counter, 100_000, vec![id]);
    assert_eq!(desk.payment_take(again).await.unwrap_err().code, Code::CouponEnded);
    assert_eq!(differences(&counter), "0");
}

async fn paper(counter: &Counter, payment_id: Uuid, language: Language) -> String {
    let ask = ReceiptAsk { payment_id, language };
    counter.desk.payment_receipt(ask).await.unwrap().text
}

#[tokio::test(flavor = "multi_thread")]
async fn l21_what_the_tier_takes_off_and_what_points_pay_is_what_was_shown_and_stands_on_the_paper() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    let customer_id = counter.customer;
    let shown = desk
        .redeem_preview(RedeemPreview {
            customer_id,
            points: 250,
        })
        .await;
    assert_eq!(shown.unwrap().worth, 5_000, "20 satang a point");
    let entry_id = redeem(&counter, None, 250).await.unwrap();
    let said = written(&code(entry_id));
    let mut ask = PaymentPreview {
        customer_id,
        satang: 105_000,
        method: Method::Cash,
        coupons: Some(vec![entry_id]),
        paid_on: None,
        held_as: None,
        uses_held: false,
        uses_tier: false,
    };
    let offered = desk.payment_preview(ask.clone()).await.unwrap();
    let off = offered.tier_discount.unwrap();
    assert_eq!(
        (offered.pays, off.percent, off.less, off.is_on),
        (100_000, 8, 8_000, false),
        "the counter decides, of what the code has left"
    );
    ask.uses_tier = true;
    let promise = desk.payment_preview(ask).await.unwrap();
    assert_eq!(promise.pays, 92_000);
    let taken = PaymentTake {
        discount_percent: Some(8),
        ..bill(&counter, 105_000, vec![entry_id])
    };
    desk.payment_take(taken.clone()).await.unwrap();
    let expected = card(&counter).await;
    until_agreed(desk).await;
    let came = card(&counter).await;
    let row = |card: &CustomerCard| {
        let paid = &card.payments[0];
        (paid.satang, paid.discount, paid.discount_percent, paid.points)
    };
    assert_eq!(row(&came), row(&expected));
    assert_eq!(row(&came), (92_000, 8_000, 8, promise.earns.points));
    assert_eq!(codes(&came), [(entry_id, said.clone(), State::Used, Some(5_000))]);
    let english = paper(&counter, taken.payment_id, Language::En).await;
    let lines = format!(
        "Bill: 1,050.00 THB\nPaid with points ({said}): -50.00 THB\nMember discount 8 %: -80.00 THB\nReceived: 920.00 THB"
    );
    assert!(english.contains(&lines), "{english}");
    let thai = paper(&counter, taken.payment_id, Language::Th).await;
    assert!(thai.contains("ส่วนลดสมาชิก 8 %: -80.00 บาท"), "{thai}");
    assert_eq!(differences(&counter), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_network_only_what_nobody_counts_is_redeemed_and_all_of_it_arrives() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    assert_eq!(redeem(&counter, counter.mask, 100).await, Err(Code::RewardNeedsClinic));
    let id = redeem(&counter, counter.five_percent, 500).await.unwrap();
    desk.payment_take(bill(&counter, 100_000, vec![id])).await.unwrap();
    let expected = card(&counter).await;
    assert_eq!(codes(&expected), [(id, written(&code(id)), State::Used, Some(5_000))]);
    let undo = desk.undo(Undo { of: None }).await.unwrap();
    assert_eq!(undo.refused, Some(Code::CouponOnBill), "a code hangs on what was paid");
    counter.net.resume();
    until_agreed(desk).await;
    let came = card(&counter).await;
    assert_eq!(
        (codes(&came), available(&came)),
        (codes(&expected), available(&expected))
    );
    assert_eq!(counter.pg.psql(DB, "select satang from desk.payment"), "95000");
    assert_eq!(differences(&counter), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn l3_what_giving_back_shows_is_what_it_does_and_the_place_is_free_again() {
    let counter = counter("manager").await;
    let desk = &counter.desk;
    let id = redeem(&counter, counter.mask, 100).await.unwrap();
    until_agreed(desk).await;
    // The lot that paid is over by now.
    counter.pg.psql(
        DB,
        "update desk.lot set expires_at = date_trunc('second', now()) - interval '2 days' where points = 400",
    );
    let shown = eventually("the desk knows that the lot is over", LONG, async || {
        let ask = CouponCancelPreview { coupon_id: id };
        let shown = desk.coupon_cancel_preview(ask).await.unwrap();
        (!shown.ended.is_empty()).then_some(shown)
    })
    .await;
    let ended: Vec<i64> = shown.ended.iter().map(|lot| lot.points).collect();
    assert_eq!((shown.returns.len(), ended, shown.available_after), (0, vec![100], 600));
    assert!(shown.may_cancel && shown.may_grant);
    let cancel = CouponCancel {
        cancel_id: Uuid::now_v7(),
        coupon_id: id,
        by: CancelledBy::Clinic,
        reason: Some("เครื่องเสีย".into()),
        grant: true,
    };
    desk.coupon_cancel(cancel).await.unwrap();
    let expected = card(&counter).await;
    until_agreed(desk).await;
    let came = card(&counter).await;
    assert_eq!(
        (codes(&came), available(&came)),
        (codes(&expected), available(&expected))
    );
    assert_eq!(available(&came), 700, "what had ended was granted for thirty days");
    let left = format!(
        "select current_redemptions from public.loyalty_rewards where id = '{}'",
        counter.mask
    );
    assert_eq!(
        (counter.pg.psql(DB, &left), differences(&counter)),
        ("0".into(), "0".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_over_needs_no_bill_and_a_redemption_goes_back_with_its_code_until_then() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    let (first, second) = (
        redeem(&counter, counter.mask, 100).await.unwrap(),
        redeem(&counter, counter.mask, 100).await.unwrap(),
    );
    until_agreed(desk).await;
    assert_eq!(
        redeem(&counter, counter.mask, 100).await,
        Err(Code::RewardUnavailable),
        "there were two"
    );
    let undone = desk.undo(Undo { of: Some(second) }).await.unwrap();
    assert_eq!(undone.refused, None);
    let using = CouponUse {
        use_id: Uuid::now_v7(),
        customer_id: counter.customer,
        coupons: vec![first],
        bill: None,
    };
    desk.coupon_use(using).await.unwrap();
    until_agreed(desk).await;
    let states: Vec<State> = card(&counter).await.coupons.iter().map(|row| row.state).collect();
    assert!(
        states.contains(&State::Used) && states.contains(&State::Cancelled),
        "{states:?}"
    );
    let undone = desk.undo(Undo { of: Some(first) }).await.unwrap();
    assert_eq!(undone.refused, Some(Code::CouponEnded));
    assert_eq!(available(&card(&counter).await), 900);
    assert_eq!(differences(&counter), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_s_reward_is_the_clinic_s_and_the_front_desk_only_reads() {
    let counter = counter("manager").await;
    let desk = &counter.desk;
    let rows = desk.reward_list(Nothing {}).await.unwrap();
    assert!(rows.may_change);
    let broken: Vec<_> = rows.rows.iter().filter(|row| row.bar == Some(Bar::Broken)).collect();
    assert_eq!(broken.len(), 1, "the web system's row is shown for what it is");
    let made = RewardSave {
        id: Uuid::now_v7(),
        expected: None,
        name: "สครับผิว".into(),
        description: None,
        kind: Kind::DiscountAmount,
        value: 10_000,
        points_cost: 300,
        is_active: true,
        limit: Some(5),
        tier: Tier::Bronze,
        from: None,
        until: Some("2099-12-31".into()),
        is_automatic: true,
        is_stackable: true,
        days: Some(90),
    };
    desk.reward_save(made.clone()).await.unwrap();
    until_agreed(desk).await;
    let kept = "select monetary_value, max_redemptions, desk_days, auto_apply, to_char(valid_until at time zone 'Asia/Bangkok', 'YYYY-MM-DD') from public.loyalty_rewards where name = 'สครับผิว'";
    assert_eq!(counter.pg.psql(DB, kept), "100.00|5|90|t|2100-01-01");
    let wrong = RewardSave {
        value: 0,
        id: Uuid::now_v7(),
        ..made.clone()
    };
    assert_eq!(desk.reward_save(wrong).await.unwrap_err().code, Code::RewardInvalid);
    counter.pg.psql(
        DB,
        "update desk.staff set role = 'front_desk' where person_id = md5('user:7')::uuid",
    );
    eventually("the desk knows the new role", LONG, async || {
        let rows = desk.reward_list(Nothing {}).await.unwrap();
        (!rows.may_change).then_some(())
    })
    .await;
    let changed = RewardSave {
        expected: Some(1),
        is_active: false,
        ..made
    };
    assert_eq!(desk.reward_save(changed).await.unwrap_err().code, Code::RoleNotAllowed);
}

/// Payments but for their numbers, codes, points and what is held, as the card says them.
fn books(card: &CustomerCard) -> String {
    let rows = card.payments.iter();
    let mut rows: Vec<_> = rows
        .map(|row| (row.id, row.satang, row.discount, row.points, row.held, row.refundable))
        .collect();
    rows.sort_unstable();
    format!("{rows:?} {:?} {} {}", codes(card), available(card), card.held_left)
}

/// From now on, and known at the counter.
async fn a_point_pays_half_a_baht(counter: &Counter) {
    let sql = format!(
        "insert into desk.loyalty_policy select (jsonb_populate_record(l, jsonb_build_object('version', l.version + 1, 'id', gen_random_uuid(), 'starts_at', clock_timestamp(), 'redeem_satang', 50))).*
           from desk.loyalty_policy l where l.clinic_id = '{A}' order by l.version desc limit 1"
    );
    counter.pg.psql(DB, &sql);
    let ask = RedeemPreview {
        customer_id: counter.customer,
        points: 1,
    };
    eventually("the terms are known", LONG, async || {
        let promise = counter.desk.redeem_preview(ask.clone()).await.unwrap();
        (promise.worth == 50).then_some(())
    })
    .await;
}

/// A bill of yesterday of 1,050.01 with a code for 50 baht, the percent of silver and a deposit of 300; none of it has left this PC but code and deposit.
async fn all_at_once(counter: &Counter, entry_id: Uuid) -> PaymentTake {
    let desk = &counter.desk;
    let yesterday = counter.pg.psql(
        DB,
        &format!("select (desk.local_time('{A}', now()) - interval '1 day')::date"),
    );
    let ask = PaymentPreview {
        customer_id: counter.customer,
        satang: 105_001,
        method: Method::Cash,
        coupons: Some(vec![entry_id]),
        paid_on: Some(yesterday.clone()),
        held_as: None,
        uses_held: true,
        uses_tier: true,
    };
    let promise = desk.payment_preview(ask).await.unwrap();
    let less = promise.tier_discount.unwrap().less;
    assert_eq!((promise.pays, less, promise.held), (92_001, 8_000, 30_000));
    assert_eq!(promise.points_worth, 37_500, "750 points, by what one pays today");
    let taken = PaymentTake {
        paid_on: Some(yesterday),
        held: promise.held,
        discount_percent: Some(8),
        ..bill(counter, 105_001, vec![entry_id])
    };
    desk.payment_take(taken.clone()).await.unwrap();
    let shown = card(counter).await;
    assert_eq!(available(&shown), promise.earns.available_after);
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn l21_a_late_bill_with_a_code_the_tier_and_held_money_and_all_that_its_refunds_return_come_as_they_were_shown() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    let (customer_id, entry_id) = (counter.customer, Uuid::now_v7());
    let wish = PointsRedeem {
        entry_id,
        customer_id,
        points: 250,
        reward_id: None,
    };
    desk.points_redeem(wish).await.unwrap();
    let deposit = PaymentTake {
        held_as: Some(HeldAs::Deposit),
        ..bill(&counter, 30_000, vec![])
    };
    desk.payment_take(deposit).await.unwrap();
    a_point_pays_half_a_baht(&counter).await;
    until_agreed(desk).await;
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let payment_id = all_at_once(&counter, entry_id).await.payment_id;
    for (satang, returns, held) in [(50_000, None, 0), (42_001, Some(250), 30_000)] {
        let effect = desk.payment_refund_preview(RefundPreview { payment_id, satang }).await;
        let effect = effect.unwrap();
        assert_eq!(
            (effect.codes.first().map(|code| code.returns), effect.held),
            (returns, held)
        );
        let back = PaymentRefund {
            refund_id: Uuid::now_v7(),
            payment_id,
            satang,
            reason: "ทำไม่ได้".into(),
        };
        desk.payment_refund(back).await.unwrap();
    }
    let expected = books(&card(&counter).await);
    counter.net.resume();
    until_agreed(desk).await;
    let came = card(&counter).await;
    assert_eq!(
        (books(&came), available(&came), came.held_left),
        (expected, 1_000, 30_000)
    );
    let member = came.loyalty.unwrap();
    let returned = member.ledger.iter().find(|line| line.origin == Origin::Code).unwrap();
    assert_eq!(
        (returned.amount, returned.description.as_deref()),
        (250, None),
        "the database's own words are nobody's"
    );
    assert_eq!(differences(&counter), "0");
}
