//! Two customers who are one person, on the cache: what waits for the old one is done to who was kept, and whatever is typed finds them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::{
    query::{customer, loyalty, merge},
    rebase::Change,
    search::{self, Query},
};
use desk_core::synced::Value;
use serde_json::json;
use support::{Desk, TODAY, a_cashier, id, put, text};
use uuid::Uuid;

const KEPT: u128 = 20;
const OLD: u128 = 21;

fn two_cards() -> Vec<Change> {
    let card = |nth, name, phone| {
        put(
            "customer",
            id(nth),
            &[("full_name", text(name)), ("phone", text(phone))],
        )
    };
    vec![
        card(KEPT, "ปานวาด ทองใบ", "0830001111"),
        card(OLD, "ปานวาด ทองไบ", "0830002222"),
    ]
}

fn merged(separated_at: Value) -> Change {
    put(
        "merge",
        id(90),
        &[
            ("from_id", Value::Uuid(id(OLD))),
            ("into_id", Value::Uuid(id(KEPT))),
            ("merged_at", Value::Int(1)),
            ("until", Value::Int(9)),
            ("separated_at", separated_at),
        ],
    )
}

fn found(desk: &Desk, typed: &str) -> Vec<(Uuid, Option<String>)> {
    let query = Query {
        text: typed,
        today: TODAY,
        limit: 20,
    };
    let found = search::search(&desk.cache().read().unwrap(), &query).unwrap();
    found
        .hits
        .into_iter()
        .map(|hit| (hit.customer_id, hit.found_as))
        .collect()
}

fn entries(desk: &Desk, customer: u128) -> usize {
    let reader = desk.cache().read().unwrap();
    loyalty::ledger(&reader, id(customer), 0, 10).unwrap().len()
}

#[test]
fn what_waits_for_the_old_one_is_shown_with_who_was_kept_as_soon_as_the_merge_arrives() {
    let desk = Desk::new();
    let cashier = a_cashier(desk.person, "นก");
    desk.pull(1, two_cards().into_iter().chain([cashier]).collect(), vec![]);
    let bill = json!({ "id": id(100), "customer_id": id(OLD), "satang": 199_900 });
    desk.act(100, "points.award", bill).unwrap();
    assert_eq!((entries(&desk, KEPT), entries(&desk, OLD)), (0, 1));
    desk.pull(2, vec![merged(Value::Null)], vec![]);
    assert_eq!((entries(&desk, KEPT), entries(&desk, OLD), desk.waiting()), (1, 0, 1));
    desk.pull(3, vec![merged(Value::Int(5))], vec![]);
    assert_eq!((entries(&desk, KEPT), entries(&desk, OLD), desk.waiting()), (0, 1, 1));
}

#[test]
fn the_old_name_and_number_find_who_was_kept_once() {
    let desk = Desk::new();
    desk.pull(1, two_cards(), vec![]);
    assert_eq!(found(&desk, "ปานวาด").len(), 2);
    desk.pull(2, vec![merged(Value::Null)], vec![]);
    assert_eq!(found(&desk, "0830002222"), [(id(KEPT), Some("ปานวาด ทองไบ".into()))]);
    assert_eq!(found(&desk, "ปานวาด").len(), 1, "one person, one row");
    let reader = desk.cache().read().unwrap();
    assert_eq!(
        (
            merge::survivor(&reader, id(OLD)).unwrap(),
            customer::count(&reader).unwrap()
        ),
        (id(KEPT), 1)
    );
}

#[test]
fn the_front_desk_cannot_ask_for_a_merge() {
    let desk = Desk::new();
    desk.pull(1, two_cards(), vec![]);
    let args = json!({ "id": id(100), "from": id(OLD), "into": id(KEPT) });
    assert!(desk.act(100, "customer.merge", args).is_err());
    assert_eq!(desk.waiting(), 0);
}
