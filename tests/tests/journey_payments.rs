//! Money at the counter on a real desk and a real PostgreSQL: what a desk without the network expects is what comes back.
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
        customer::{CustomerCard, CustomerOpen, PointEntry, PointSum},
        payment::{PaymentPreview, PaymentRefund, PaymentTake, PromptpaySet, ReceiptAsk, RefundPreview},
        settings::Language,
        sync::{AttentionSettle, Settle, SyncMode},
        undo::Undo,
    },
    error::Code,
};
use desk_core::{
    loyalty::origin::Origin,
    payment::{Method, held::HeldAs},
};
use desk_tests::harness::{netcut::NetCut, pg::PgCluster, wait::eventually};
use journey_support::{LONG, Pc, sync, until_agreed, until_mode};
use uuid::Uuid;

struct Counter {
    pg: PgCluster,
    net: NetCut,
    desk: Arc<Desk>,
    customer: Uuid,
    _pc: Pc,
}

/// A counter of the clinic, signed in as somebody of this role.
async fn counter(role: &str) -> Counter {
    let pg = migrated().await;
    let net = NetCut::to(pg.port());
    let mut ticket = ticket(&pg, A, 7).await;
    ticket.port = net.port();
    pg.psql(
        DB,
        &format!("update desk.staff set role = '{role}' where person_id = md5('user:7')::uuid"),
    );
    let pc = Pc::default();
    let desk = pc.connect(ticket.code(), "PC-A").await;
    until_agreed(&desk).await;
    let customer = uid(&pg, "customer", 1);
    Counter {
        pg,
        net,
        desk,
        customer,
        _pc: pc,
    }
}

async fn card(counter: &Counter) -> CustomerCard {
    counter
        .desk
        .customer_card(CustomerOpen { id: counter.customer })
        .await
        .unwrap()
}

fn bill(counter: &Counter, satang: i64) -> PaymentTake {
    PaymentTake {
        payment_id: Uuid::now_v7(),
        customer_id: counter.customer,
        journey_id: None,
        satang,
        method: Method::Promptpay,
        coupons: vec![],
        note: Some("เลเซอร์".into()),
        paid_on: None,
        late_reason: None,
        held_as: None,
        held: 0,
        discount_percent: None,
    }
}

fn back(payment_id: Uuid, satang: i64) -> PaymentRefund {
    PaymentRefund {
        refund_id: Uuid::now_v7(),
        payment_id,
        satang,
        reason: "ไม่พอใจ".into(),
    }
}

type Shown = (Uuid, i64, bool, Method, Option<String>, i64, i64);

/// What the card says, but for what only the clinic gives: numbers.
fn shown(card: &CustomerCard) -> Vec<Shown> {
    let rows = card.payments.iter();
    let mut rows: Vec<_> = rows
        .map(|row| {
            (
                row.id,
                row.satang,
                row.is_refund,
                row.method,
                row.note.clone(),
                row.points,
                row.refundable,
            )
        })
        .collect();
    rows.sort_by_key(|row| row.0);
    rows
}

type Explained = (Origin, i64, Option<String>, Option<PointSum>, Option<String>);

/// "Why 149?", line by line, newest first: what it comes from, what a person wrote, and how it was counted.
fn explained(card: &CustomerCard) -> Vec<Explained> {
    let ledger = card.loyalty.as_ref().unwrap().ledger.iter();
    let lines = ledger.filter(|line| line.origin != Origin::Welcome);
    let line = |line: &PointEntry| {
        (
            line.origin,
            line.amount,
            line.description.clone(),
            line.why.sum,
            line.why.reason.clone(),
        )
    };
    lines.map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_of_the_ledger_says_how_it_came_to_be() {
    let counter = counter("front_desk").await;
    let paid = bill(&counter, 199_900);
    let id = paid.payment_id;
    counter.desk.payment_take(paid).await.unwrap();
    until_agreed(&counter.desk).await;
    counter.net.cut();
    until_mode(&counter.desk, SyncMode::Offline).await;
    // Rule L5: half of it, then the rest.
    for _ in 0..2 {
        counter.desk.payment_refund(back(id, 99_950)).await.unwrap();
    }
    let of = |satang, left| {
        Some(PointSum {
            satang,
            left,
            multiplier_tenths: 10,
        })
    };
    let note = Some("เลเซอร์".to_owned());
    let why = Some("ไม่พอใจ".to_owned());
    let lines = explained(&card(&counter).await);
    let sums: Vec<_> = lines.iter().map(|line| (line.0, line.1, line.3)).collect();
    let expected = [
        (Origin::Refund, -99, of(99_950, Some(0))),
        (Origin::Refund, -100, of(199_900, Some(99_950))),
        (Origin::Bill, 199, of(199_900, None)),
    ];
    assert_eq!(sums, expected, "before the clinic has confirmed it");
    counter.net.resume();
    until_agreed(&counter.desk).await;
    let card = card(&counter).await;
    assert_eq!(
        explained(&card),
        [
            (Origin::Refund, -99, None, of(99_950, Some(0)), why.clone()),
            (Origin::Refund, -100, None, of(199_900, Some(99_950)), why),
            (Origin::Bill, 199, note, of(199_900, None), None),
        ]
    );
    let ledger = card.loyalty.unwrap().ledger;
    let bill = ledger.iter().find(|line| line.origin == Origin::Bill).unwrap();
    assert_eq!(
        (
            bill.why.payment_id,
            bill.why.payment_number,
            bill.why.policy,
            bill.why.by.as_deref()
        ),
        (Some(id), Some(1), Some(1), Some("นิก7"))
    );
    let taken_from: Vec<i64> = ledger.iter().filter_map(|line| Some(line.why.other?.amount)).collect();
    assert_eq!(taken_from, [199, 199]);
    let welcome = ledger.iter().find(|line| line.origin == Origin::Welcome).unwrap();
    assert_eq!(
        (welcome.amount, welcome.description.as_deref(), welcome.why.policy),
        (100, None, Some(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_expected_without_the_network_is_what_comes_back() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let first = bill(&counter, 1_290_000);
    let preview = PaymentPreview {
        customer_id: counter.customer,
        satang: 1_290_000,
        method: Method::Cash,
        coupons: None,
        paid_on: None,
        held_as: None,
        uses_held: false,
        uses_tier: false,
    };
    let promise = desk.payment_preview(preview).await.unwrap();
    assert_eq!(
        (promise.earns.points, promise.earns.welcome_points, promise.qr),
        (1_290, 100, None)
    );
    desk.payment_take(first.clone()).await.unwrap();
    desk.payment_take(first.clone()).await.unwrap();
    desk.payment_take(bill(&counter, 500)).await.unwrap();
    let second = bill(&counter, 199_900);
    desk.payment_take(second.clone()).await.unwrap();
    let ask = RefundPreview {
        payment_id: second.payment_id,
        satang: 99_950,
    };
    let effect = desk.payment_refund_preview(ask).await.unwrap();
    assert_eq!(
        (effect.rest, effect.rest_after, effect.points),
        (199_900, 99_950, 150),
        "by the tier that the first bill led to"
    );
    desk.payment_refund(back(second.payment_id, 99_950)).await.unwrap();
    let expected = card(&counter).await;
    assert!(
        expected
            .payments
            .iter()
            .all(|row| row.number.is_none() && row.is_waiting)
    );

    counter.net.resume();
    until_agreed(desk).await;
    let came = card(&counter).await;
    assert_eq!(shown(&came), shown(&expected));
    let mut numbers: Vec<_> = came.payments.iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4)]);
    let loyalty = came.loyalty.unwrap();
    assert_eq!(loyalty.available_points, 100 + 1_290 + 299 - 150);
    assert_eq!(
        counter
            .pg
            .psql(DB, &format!("select count(*) from desk.verify_loyalty('{A}')")),
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_has_not_left_is_taken_out_and_one_that_has_is_given_back() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let saved = desk.payment_take(bill(&counter, 100_000)).await.unwrap();
    let undone = desk.undo(Undo { of: saved.undo }).await.unwrap();
    assert_eq!((undone.refused, card(&counter).await.payments.len()), (None, 0));
    counter.net.resume();
    until_agreed(desk).await;
    assert_eq!(counter.pg.psql(DB, "select count(*) from desk.payment"), "0");

    let kept = bill(&counter, 100_000);
    let saved = desk.payment_take(kept.clone()).await.unwrap();
    until_agreed(desk).await;
    let undone = desk.undo(Undo { of: saved.undo }).await.unwrap();
    assert_eq!(undone.refused, Some(Code::PaymentBooked));
    desk.payment_refund(back(kept.payment_id, 100_000)).await.unwrap();
    until_agreed(desk).await;
    assert_eq!(
        counter.pg.psql(
            DB,
            "select string_agg(satang::text || ' ' || points, ', ' order by number) from desk.payment"
        ),
        "100000 100, 100000 -100"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_paper_says_what_was_booked_in_either_language() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    let taken = bill(&counter, 199_900);
    desk.payment_take(taken.clone()).await.unwrap();
    until_agreed(desk).await;
    let ask = |language| ReceiptAsk {
        payment_id: taken.payment_id,
        language,
    };
    let thai = desk.payment_receipt(ask(Language::Th)).await.unwrap().text;
    for said in [
        "เลขที่: 1\n",
        "รับเงิน: 1,999.00 บาท",
        "แต้มที่ได้: 199 แต้ม = ⌊1,999.00 × 1 ÷ 10⌋",
        "แต้มคงเหลือ: 299 แต้ม",
        "299 แต้มหมดอายุ ",
    ] {
        assert!(thai.contains(said), "{said} in {thai}");
    }
    let english = desk.payment_receipt(ask(Language::En)).await.unwrap().text;
    assert!(
        english.contains("Received: 1,999.00 THB") && english.contains("Paid by: PromptPay"),
        "{english}"
    );
    let unknown = ReceiptAsk {
        payment_id: Uuid::new_v4(),
        language: Language::En,
    };
    assert_eq!(
        desk.payment_receipt(unknown).await.unwrap_err().code,
        Code::PaymentNotFound
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_shown_once_a_head_has_said_whom_they_pay() {
    let counter = counter("manager").await;
    let desk = &counter.desk;
    let preview = || PaymentPreview {
        customer_id: counter.customer,
        satang: 199_900,
        method: Method::Promptpay,
        coupons: None,
        paid_on: None,
        held_as: None,
        uses_held: false,
        uses_tier: false,
    };
    assert_eq!(
        desk.payment_preview(preview()).await.unwrap().qr,
        None,
        "without an id there is no code"
    );
    let wrong = PromptpaySet {
        id: Some("0812345".into()),
    };
    assert_eq!(
        desk.promptpay_set(wrong).await.unwrap_err().code,
        Code::PromptpayInvalid
    );
    desk.promptpay_set(PromptpaySet {
        id: Some("081-234 5678".into()),
    })
    .await
    .unwrap();
    until_agreed(desk).await;
    assert_eq!(
        counter.pg.psql(
            DB,
            &format!("select promptpay_id from desk.clinic where clinic_id = '{A}'")
        ),
        "0066812345678"
    );
    let known = desk.promptpay(Nothing {}).await.unwrap();
    assert_eq!((known.id.as_deref(), known.may_change), (Some("081-234-5678"), true));
    let qr = desk.payment_preview(preview()).await.unwrap().qr.unwrap();
    assert!(
        qr.payload.contains("0066812345678") && qr.payload.contains("54071999.00"),
        "{}",
        qr.payload
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_give_money_back_is_not_offered_it_and_is_refused() {
    let counter = counter("sales").await;
    let taken = bill(&counter, 100_000);
    counter.desk.payment_take(taken.clone()).await.unwrap();
    assert_eq!(card(&counter).await.payments[0].refundable, 0);
    let refused = counter
        .desk
        .payment_refund(back(taken.payment_id, 100))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::RoleNotAllowed);
    let known = counter.desk.promptpay(Nothing {}).await.unwrap();
    assert!(!known.may_change);
}

fn ask(counter: &Counter, satang: i64, held_as: Option<HeldAs>, uses_held: bool) -> PaymentPreview {
    PaymentPreview {
        customer_id: counter.customer,
        satang,
        method: Method::Promptpay,
        coupons: None,
        paid_on: None,
        held_as,
        uses_held,
        uses_tier: false,
    }
}

/// A deposit of 500 baht, and a bill that it pays in part; neither has left this PC.
async fn deposit_and_bill(counter: &Counter) -> (PaymentTake, PaymentTake) {
    let desk = &counter.desk;
    let promise = desk
        .payment_preview(ask(counter, 50_000, Some(HeldAs::Deposit), true))
        .await
        .unwrap();
    let earns = &promise.earns;
    assert_eq!((promise.held, promise.held_left, promise.held_after), (0, 0, 50_000));
    assert_eq!((earns.points, earns.welcome_points, earns.available_after), (0, 0, 0));
    let deposit = PaymentTake {
        held_as: Some(HeldAs::Deposit),
        ..bill(counter, 50_000)
    };
    let kept = desk.payment_take(deposit.clone()).await.unwrap();
    assert_eq!(card(counter).await.held_left, 50_000);
    let promise = desk.payment_preview(ask(counter, 199_900, None, true)).await.unwrap();
    assert_eq!(
        (promise.pays, promise.held, promise.held_after, promise.earns.points),
        (199_900, 50_000, 0, 199)
    );
    let paid = PaymentTake {
        held: promise.held,
        ..bill(counter, 199_900)
    };
    let used = desk.payment_take(paid.clone()).await.unwrap();
    let short = PaymentTake {
        held: 1,
        ..bill(counter, 10_000)
    };
    assert_eq!(desk.payment_take(short).await.unwrap_err().code, Code::HeldShort);
    let undone = desk.undo(Undo { of: kept.undo }).await.unwrap();
    assert_eq!(undone.refused, Some(Code::HeldUsed), "a bill was paid with it");
    desk.undo(Undo { of: used.undo }).await.unwrap();
    assert_eq!(
        card(counter).await.held_left,
        50_000,
        "the bill that has not left is taken out"
    );
    let paid = PaymentTake {
        payment_id: Uuid::now_v7(),
        ..paid
    };
    desk.payment_take(paid.clone()).await.unwrap();
    (deposit, paid)
}

#[tokio::test(flavor = "multi_thread")]
async fn l6_what_is_expected_of_held_money_without_the_network_is_what_comes_back() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let (deposit, paid) = deposit_and_bill(&counter).await;
    let refund = RefundPreview {
        payment_id: paid.payment_id,
        satang: 160_000,
    };
    let effect = desk.payment_refund_preview(refund).await.unwrap();
    assert_eq!(
        (effect.points, effect.held, effect.held_after, effect.rest_after),
        (160, 10_100, 10_100, 39_900)
    );
    desk.payment_refund(back(paid.payment_id, 160_000)).await.unwrap();
    let refund = |satang| RefundPreview {
        payment_id: deposit.payment_id,
        satang,
    };
    assert_eq!(
        desk.payment_refund_preview(refund(10_101)).await.unwrap_err().code,
        Code::HeldUsed
    );
    let effect = desk.payment_refund_preview(refund(10_100)).await.unwrap();
    assert_eq!((effect.points, effect.held_after, effect.rest_after), (0, 0, 0));
    desk.payment_refund(back(deposit.payment_id, 100)).await.unwrap();
    let expected = card(&counter).await;
    assert_eq!(expected.held_left, 10_000);

    counter.net.resume();
    until_agreed(desk).await;
    let came = card(&counter).await;
    assert_eq!((shown(&came), came.held_left), (shown(&expected), expected.held_left));
    assert_eq!(came.loyalty.unwrap().available_points, 100 + 199 - 160);
    let books = "select string_agg(concat_ws(' ', satang, held_as, held, method, points), ', ' order by number) from desk.payment";
    assert_eq!(
        counter.pg.psql(DB, books),
        "50000 deposit 0 promptpay 0, 199900 50000 promptpay 199, 160000 10100 promptpay -160, 100 deposit 0 promptpay 0"
    );
    let verify = format!("select count(*) from desk.verify_loyalty('{A}')");
    assert_eq!(counter.pg.psql(DB, &verify), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn l6_who_used_it_elsewhere_was_quicker_and_the_bill_waits_with_what_was_typed() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    let deposit = PaymentTake {
        held_as: Some(HeldAs::GiftCard),
        ..bill(&counter, 50_000)
    };
    desk.payment_take(deposit).await.unwrap();
    until_agreed(desk).await;
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let late = PaymentTake {
        held: 50_000,
        ..bill(&counter, 50_000)
    };
    desk.payment_take(late).await.unwrap();
    assert_eq!(card(&counter).await.held_left, 0);
    // Meanwhile another counter has paid a bill with it.
    counter.pg.psql(DB, "insert into desk.payment (clinic_id, id, number, customer_id, satang, held, method, taken_at, taken_by) select clinic_id, gen_random_uuid(), 2, customer_id, 50000, 50000, 'held', now(), taken_by from desk.payment; update desk.payment_counter set last = 2");
    counter.net.resume();
    until_agreed(desk).await;
    let waits = sync(desk).await.attention.remove(0);
    assert_eq!(
        (waits.name.as_str(), waits.code.as_str()),
        ("payment.take", "held_short")
    );
    let typed: Vec<_> = waits.input.iter().map(|typed| typed.field.as_str()).collect();
    assert!(typed.contains(&"satang") && typed.contains(&"held"), "{typed:?}");
    assert_eq!(
        counter
            .pg
            .psql(DB, "select count(*) from desk.payment where refunds is null"),
        "2"
    );
    assert_eq!(card(&counter).await.held_left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_taken_by_who_may_not_any_more_waits_until_somebody_who_may_books_it() {
    let counter = counter("front_desk").await;
    let desk = &counter.desk;
    let become_one = |role: &str| {
        counter.pg.psql(
            DB,
            &format!("update desk.staff set role = '{role}' where person_id = md5('user:7')::uuid"),
        )
    };
    counter.net.cut();
    until_mode(desk, SyncMode::Offline).await;
    let taken = bill(&counter, 199_950);
    desk.payment_take(taken.clone()).await.unwrap();
    become_one("beautician");
    counter.net.resume();
    until_agreed(desk).await;
    let waits = sync(desk).await.attention.remove(0);
    assert_eq!(
        (waits.name.as_str(), waits.code.as_str(), waits.can_retry),
        ("payment.take", "role_not_allowed", true)
    );
    let book = || AttentionSettle {
        id: waits.id,
        how: Settle::Mine,
    };
    assert_eq!(
        desk.attention_settle(book()).await.unwrap_err().code,
        Code::RoleNotAllowed
    );
    assert_eq!(sync(desk).await.attention.len(), 1, "it stays");
    become_one("manager");
    until_agreed(desk).await;
    eventually("the desk knows the role", LONG, async || {
        card(&counter).await.may_take.then_some(())
    })
    .await;
    desk.attention_settle(book()).await.unwrap();
    until_agreed(desk).await;
    assert!(sync(desk).await.attention.is_empty());
    let books = "select string_agg(id || ' ' || satang || ' ' || points, ', ') from desk.payment";
    assert_eq!(counter.pg.psql(DB, books), format!("{} 199950 199", taken.payment_id));
}
