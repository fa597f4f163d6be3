//! Codes on the cache: what a redemption, a bill and giving back are expected to do, before the clinic has said so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::{
    CacheError,
    change::{self, Action, Destination},
    query::{coupon, loyalty, reward as rewards},
    undo::{self, How, Wish},
};
use desk_core::{
    loyalty::reward::{State, code},
    synced::Value,
};
use serde_json::{Value as Json, json};
use support::{Desk, id, put, text};
use uuid::Uuid;

const NAPA: Uuid = Uuid::from_u128(20);
const MASK: Uuid = Uuid::from_u128(30);

/// A desk of the counter, with a customer of 100 points in one lot and a mask for 60 of which there are two.
fn counter() -> Desk {
    let desk = Desk::new();
    let me = [("role", text("manager")), ("active", Value::Int(1))];
    let member = [
        ("customer_id", Value::Uuid(NAPA)),
        ("total_points", Value::Int(100)),
        ("available_points", Value::Int(100)),
    ];
    let lot = [
        ("customer_id", Value::Uuid(NAPA)),
        ("points", Value::Int(100)),
        ("remaining", Value::Int(100)),
        ("effective_at", Value::Int(1)),
    ];
    let mask = [
        ("name", text("มาสก์")),
        ("type", text("free_service")),
        ("points_cost", Value::Int(60)),
        ("monetary_value", Value::Int(0)),
        ("is_active", Value::Int(1)),
        ("max_redemptions", Value::Int(2)),
    ];
    let rows = vec![
        put("staff", desk.person, &me),
        put("customer", NAPA, &[("full_name", text("นภา แสงทอง"))]),
        put("loyalty_profile", id(21), &member),
        put("lot", id(22), &lot),
        put("reward", MASK, &mask),
    ];
    desk.pull(1, rows, vec![]);
    desk
}

fn act(desk: &Desk, name: &str, args: Json) -> Result<Uuid, CacheError> {
    let id = Uuid::parse_str(args["id"].as_str().unwrap()).unwrap();
    let action = Action {
        id,
        person: desk.person,
        name: name.into(),
        args,
        at: 1_000_000,
    };
    change::perform(desk.cache(), &action, Destination::Clinic).map(|()| id)
}

fn redeem(desk: &Desk) -> Uuid {
    let args = json!({ "id": id(50), "customer_id": NAPA, "points": 60, "reward_id": MASK });
    act(desk, "points.redeem", args).unwrap()
}

/// What is left, how many were handed out, and what has become of the code.
fn stands(desk: &Desk) -> (i64, i64, Option<State>) {
    let reader = desk.cache().read().unwrap();
    let member = loyalty::member(&reader, NAPA).unwrap().unwrap();
    let mask = rewards::one(&reader, MASK).unwrap().unwrap();
    let found = coupon::one(&reader, id(50)).unwrap();
    (
        member.available_points,
        mask.offer.handed_out,
        found.map(|found| found.state),
    )
}

fn using(desk: &Desk) -> Result<Uuid, CacheError> {
    let args = json!({ "id": id(60), "customer_id": NAPA, "coupons": [id(50)] });
    act(desk, "reward.use", args)
}

#[test]
fn a_redemption_for_a_reward_has_its_code_at_once_and_one_that_never_left_leaves_nothing() {
    let desk = counter();
    redeem(&desk);
    assert_eq!(stands(&desk), (40, 1, Some(State::Issued)));
    let made = coupon::one(&desk.cache().read().unwrap(), id(50)).unwrap().unwrap();
    assert_eq!((made.code, made.lots), (code(id(50)), vec![(id(22), 60)]));
    let wish = Wish {
        person: desk.person,
        of: None,
        id: id(9_000),
        at: 2_000_000,
    };
    let undone = undo::undo(desk.cache(), &wish, Destination::Clinic).unwrap().unwrap();
    assert_eq!((undone.how, stands(&desk)), (How::TakenOut, (100, 0, None)));
}

#[test]
fn a_used_code_is_used_once_and_its_redemption_stays() {
    let desk = counter();
    redeem(&desk);
    using(&desk).unwrap();
    assert_eq!(stands(&desk), (40, 1, Some(State::Used)));
    let again = json!({ "id": id(61), "customer_id": NAPA, "coupons": [id(50)] });
    let refused = act(&desk, "reward.use", again).unwrap_err();
    assert!(matches!(refused, CacheError::Refused("coupon_ended")), "{refused:?}");
    let wish = Wish {
        person: desk.person,
        of: Some(id(50)),
        id: id(9_000),
        at: 2_000_000,
    };
    let undone = undo::undo(desk.cache(), &wish, Destination::Clinic).unwrap().unwrap();
    assert_eq!(
        (undone.how, stands(&desk)),
        (How::Refused("coupon_ended"), (40, 1, Some(State::Used)))
    );
}

#[test]
fn l3_a_code_given_back_returns_its_points_and_its_place_over_any_pull() {
    let desk = counter();
    redeem(&desk);
    let cancel = json!({ "id": id(70), "entry": id(71), "coupon_id": id(50), "by": "customer" });
    act(&desk, "reward.cancel", cancel).unwrap();
    assert_eq!(stands(&desk), (100, 0, Some(State::Cancelled)));
    // Rows of something else arrive: what waits is done again on top.
    desk.pull(
        2,
        vec![put("customer", id(99), &[("full_name", text("ใครก็ได้"))])],
        vec![],
    );
    assert_eq!(stands(&desk), (100, 0, Some(State::Cancelled)));
}

#[test]
fn a_reward_that_makes_no_sense_is_not_redeemed() {
    let desk = counter();
    let broken = [
        ("name", text("คืนเงินสด")),
        ("type", text("cash_back")),
        ("points_cost", Value::Int(60)),
        ("is_active", Value::Int(1)),
    ];
    desk.pull(2, vec![put("reward", MASK, &broken)], vec![]);
    let args = json!({ "id": id(50), "customer_id": NAPA, "points": 60, "reward_id": MASK });
    let refused = act(&desk, "points.redeem", args).unwrap_err();
    assert!(
        matches!(refused, CacheError::Refused("reward_unavailable")),
        "{refused:?}"
    );
    assert_eq!(stands(&desk), (100, 0, None), "nothing is changed by what is refused");
}
