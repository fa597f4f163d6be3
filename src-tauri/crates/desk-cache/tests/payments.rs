//! Money on the cache: what a payment and a refund are expected to do, before the clinic has said so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::{
    CacheError,
    change::Destination,
    query::{loyalty, payment},
    undo::{self, How, Wish},
};
use desk_core::synced::Value;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use support::{Desk, a_cashier, id, put, text};
use uuid::Uuid;

const NAPA: Uuid = Uuid::from_u128(20);

/// A desk of the counter, with a Gold customer who has these points in one lot.
fn counter(points: i64) -> Desk {
    let desk = Desk::new();
    let member = [
        ("customer_id", Value::Uuid(NAPA)),
        ("total_points", Value::Int(5_000)),
        ("available_points", Value::Int(points)),
        ("tier", text("gold")),
    ];
    let lot = [
        ("customer_id", Value::Uuid(NAPA)),
        ("points", Value::Int(points)),
        ("remaining", Value::Int(points)),
        ("effective_at", Value::Int(1)),
    ];
    let rows = vec![
        a_cashier(desk.person, "นก"),
        put("customer", NAPA, &[("full_name", text("นภา แสงทอง"))]),
        put("loyalty_profile", id(21), &member),
        put("lot", id(22), &lot),
    ];
    desk.pull(1, rows, vec![]);
    desk
}

fn bill(payment: u128, satang: i64) -> Json {
    json!({ "id": id(payment), "entry": id(payment + 1_000), "customer_id": NAPA, "satang": satang, "method": "promptpay" })
}

fn refund(refund: u128, payment: u128, satang: i64) -> Json {
    json!({ "id": id(refund), "entry": id(refund + 1_000), "payment_id": id(payment), "satang": satang, "reason": "ไม่พอใจ" })
}

/// Available, owed, ever earned.
fn stands(desk: &Desk) -> (i64, i64, i64) {
    let member = loyalty::member(&desk.cache().read().unwrap(), NAPA).unwrap().unwrap();
    (member.available_points, member.owed, member.lifetime_points)
}

fn undone(desk: &Desk) -> How {
    let wish = Wish {
        person: desk.person,
        of: None,
        id: id(9_000),
        at: 2_000_000,
    };
    undo::undo(desk.cache(), &wish, Destination::Clinic)
        .unwrap()
        .unwrap()
        .how
}

fn refused(result: Result<(), CacheError>) -> &'static str {
    match result {
        Err(CacheError::Refused(code)) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_payment_is_shown_at_once_and_numbered_by_the_clinic() {
    let desk = counter(1_240);
    desk.act(100, "payment.take", bill(100, 199_900)).unwrap();
    desk.act(100, "payment.take", bill(100, 199_900)).unwrap();
    assert_eq!((stands(&desk), desk.waiting()), ((1_639, 0, 5_399), 1));
    let shown = payment::of_customer(&desk.cache().read().unwrap(), NAPA).unwrap();
    assert_eq!(shown.len(), 1, "pressed twice is one");
    assert_eq!(
        (shown[0].number, shown[0].points, shown[0].is_waiting),
        (None, 399, true)
    );
    let booked = [
        ("number", Value::Int(7)),
        ("customer_id", Value::Uuid(NAPA)),
        ("satang", Value::Int(199_900)),
        ("method", text("promptpay")),
        ("points", Value::Int(399)),
    ];
    desk.answer(100, None);
    desk.pull(2, vec![put("payment", id(100), &booked)], vec![id(100)]);
    let shown = payment::of_customer(&desk.cache().read().unwrap(), NAPA).unwrap();
    assert_eq!((shown.len(), shown[0].number, shown[0].is_waiting), (1, Some(7), false));
}

/// Who stands at the counter or sells. Whom the clinic's list does not know, or no longer, is nobody of them.
#[test]
fn who_treats_books_no_bill() {
    let desk = counter(1_240);
    let is_now = |version, role: &str, active| {
        let me = [("role", text(role)), ("active", Value::Int(active))];
        desk.pull(version, vec![put("staff", desk.person, &me)], vec![]);
    };
    let award = json!({ "id": id(300), "customer_id": NAPA, "satang": 199_900 });
    for (version, role, active) in [(2, "beautician", 1), (3, "sales", 0)] {
        is_now(version, role, active);
        let taken = desk.act(100, "payment.take", bill(100, 199_900));
        assert_eq!(refused(taken), "role_not_allowed", "{role}");
        let awarded = desk.act(300, "points.award", award.clone());
        assert_eq!(refused(awarded), "role_not_allowed", "{role}");
    }
    assert_eq!((stands(&desk), desk.waiting()), ((1_240, 0, 5_000), 0));
    for (nth, role) in (4..).zip(["sales", "manager", "owner"]) {
        is_now(nth, role, 1);
        let payment = 100 + u128::try_from(nth).unwrap();
        desk.act(payment, "payment.take", bill(payment, 10_000)).unwrap();
    }
    assert_eq!(desk.waiting(), 3);
}

#[test]
fn a_bill_that_earns_nothing_has_no_entry() {
    let desk = counter(40);
    desk.act(100, "payment.take", bill(100, 499)).unwrap();
    let reader = desk.cache().read().unwrap();
    let shown = payment::get(&reader, id(100)).unwrap().unwrap();
    assert_eq!((shown.entry, shown.points, shown.satang), (None, 0, 499));
    assert_eq!(loyalty::ledger_length(&reader, NAPA).unwrap(), 0);
    drop(reader);
    desk.act(101, "payment.refund", refund(101, 100, 499)).unwrap();
    assert_eq!(stands(&desk), (40, 0, 5_000));
}

/// Story 14 while the network is down.
#[test]
fn l4_l5_points_that_are_spent_are_owed_and_the_parts_add_up() {
    let desk = counter(0);
    desk.act(100, "payment.take", bill(100, 199_900)).unwrap();
    desk.act(
        101,
        "points.redeem",
        json!({ "id": id(101), "customer_id": NAPA, "points": 300, "seen": 399 }),
    )
    .unwrap();
    assert_eq!(stands(&desk), (99, 0, 5_399));
    desk.act(102, "payment.refund", refund(102, 100, 99_950)).unwrap();
    assert_eq!(stands(&desk), (0, 101, 5_199));
    let more = desk.act(103, "payment.refund", refund(103, 100, 99_951));
    assert_eq!(refused(more), "refund_too_large");
    desk.act(104, "payment.refund", refund(104, 100, 99_950)).unwrap();
    assert_eq!(stands(&desk), (0, 300, 5_000));
    desk.act(105, "payment.take", bill(105, 50_000)).unwrap();
    assert_eq!(stands(&desk), (0, 200, 5_100));
    let points: Vec<i64> = payment::of_customer(&desk.cache().read().unwrap(), NAPA)
        .unwrap()
        .iter()
        .map(|paid| paid.points)
        .collect();
    assert_eq!(points.iter().sum::<i64>(), 100, "{points:?}");
}

#[test]
fn what_has_not_left_this_pc_is_taken_out_without_a_trace() {
    let desk = counter(40);
    desk.act(100, "payment.take", bill(100, 100_000)).unwrap();
    assert_eq!(stands(&desk), (240, 0, 5_200));
    assert_eq!(undone(&desk), How::TakenOut);
    assert_eq!((stands(&desk), desk.waiting()), ((40, 0, 5_000), 0));
    assert!(payment::get(&desk.cache().read().unwrap(), id(100)).unwrap().is_none());
}

#[test]
fn what_the_clinic_has_booked_is_given_back_and_not_taken_back() {
    let desk = counter(40);
    desk.act(100, "payment.take", bill(100, 100_000)).unwrap();
    desk.answer(100, None);
    assert_eq!(undone(&desk), How::Refused("payment_booked"));
    assert!(payment::get(&desk.cache().read().unwrap(), id(100)).unwrap().is_some());
}

#[test]
fn l4_what_ended_of_a_bills_points_is_not_owed_once_more() {
    let desk = counter(0);
    desk.act(100, "payment.take", bill(100, 199_900)).unwrap();
    let (award, member) = (
        id(1_100),
        [
            ("customer_id", Value::Uuid(NAPA)),
            ("tier", text("gold")),
            ("total_points", Value::Int(5_399)),
        ],
    );
    let paid = [
        ("number", Value::Int(7)),
        ("customer_id", Value::Uuid(NAPA)),
        ("satang", Value::Int(199_900)),
        ("method", text("promptpay")),
        ("entry_id", Value::Uuid(award)),
        ("points", Value::Int(399)),
        ("multiplier_tenths", Value::Int(20)),
    ];
    let entry = |kind: &str, amount: i64, of: Option<Uuid>| {
        let mut entry = vec![
            ("customer_id", Value::Uuid(NAPA)),
            ("type", text(kind)),
            ("amount", Value::Int(amount)),
        ];
        entry.extend(of.map(|lot| ("ended_lot", Value::Uuid(lot))));
        entry
    };
    let lot = [
        ("customer_id", Value::Uuid(NAPA)),
        ("points", Value::Int(399)),
        ("remaining", Value::Int(0)),
    ];
    let rows = vec![
        put("payment", id(100), &paid),
        put("loyalty_profile", id(21), &member),
        put("lot", award, &lot),
        put("point_entry", award, &entry("earned", 399, None)),
        put("point_entry", id(31), &entry("redeemed", -100, None)),
        put("point_entry", id(32), &entry("expired", -299, Some(award))),
    ];
    desk.answer(100, None);
    desk.pull(2, rows, vec![id(100)]);
    assert_eq!(stands(&desk), (0, 0, 5_399));
    desk.act(101, "payment.refund", refund(101, 100, 199_900)).unwrap();
    assert_eq!(stands(&desk), (0, 100, 5_000), "only what was spent");
}

#[test]
fn a_payment_with_a_refund_or_spent_points_stays() {
    let desk = counter(0);
    desk.act(100, "payment.take", bill(100, 100_000)).unwrap();
    desk.act(101, "payment.refund", refund(101, 100, 100)).unwrap();
    assert_eq!(undone(&desk), How::Refused("changed_meanwhile"));
    let desk = counter(0);
    desk.act(100, "payment.take", bill(100, 100_000)).unwrap();
    let lease = json!({ "id": id(101), "customer_id": NAPA, "points": 200, "seen": 200 });
    desk.act(101, "points.redeem", lease).unwrap();
    let wish = Wish {
        person: desk.person,
        of: Some(id(100)),
        id: id(9_000),
        at: 2_000_000,
    };
    let how = undo::undo(desk.cache(), &wish, Destination::Clinic)
        .unwrap()
        .unwrap()
        .how;
    assert_eq!(how, How::Refused("points_spent"));
}

#[test]
fn what_cannot_be_is_refused_here_already() {
    let desk = counter(40);
    let with = |change: Json| {
        let mut args = bill(100, 100);
        args.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        refused(desk.act(100, "payment.take", args))
    };
    assert_eq!(with(json!({ "satang": 0 })), "amount_out_of_range");
    assert_eq!(with(json!({ "satang": 100_000_001 })), "amount_out_of_range");
    assert_eq!(with(json!({ "method": "gold" })), "value_not_allowed");
    assert_eq!(with(json!({ "journey_id": id(77) })), "journey_not_found");
    assert_eq!(with(json!({ "customer_id": id(77) })), "customer_not_found");
    assert_eq!(
        refused(desk.act(101, "payment.refund", refund(101, 100, 1))),
        "payment_not_found"
    );
    assert_eq!(desk.waiting(), 0, "nothing of it is sent");
    desk.pull(
        2,
        vec![put(
            "staff",
            desk.person,
            &[("role", text("sales")), ("active", Value::Int(1))],
        )],
        vec![],
    );
    desk.act(100, "payment.take", bill(100, 100)).unwrap();
    assert_eq!(
        refused(desk.act(101, "payment.refund", refund(101, 100, 1))),
        "role_not_allowed"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is given back in whatever parts, the points that went are those that came, and nobody is below nothing.
    #[test]
    fn parts_of_any_bill_take_exactly_its_points(satang in 2..3_000_000_i64, cuts in proptest::collection::vec(1..1_000_i64, 0..4)) {
        let desk = counter(0);
        desk.act(100, "payment.take", bill(100, satang)).unwrap();
        let mut rest = satang;
        for (nth, cut) in (200..).zip(cuts) {
            let part = (satang * cut / 4_000).clamp(1, rest);
            desk.act(nth, "payment.refund", refund(nth, 100, part)).unwrap();
            rest -= part;
            let (available, owed, _) = stands(&desk);
            prop_assert!(available >= 0 && owed == 0);
            if rest == 0 { break; }
        }
        if rest > 0 {
            desk.act(900, "payment.refund", refund(900, 100, rest)).unwrap();
        }
        prop_assert_eq!(stands(&desk), (0, 0, 5_000));
    }
}
