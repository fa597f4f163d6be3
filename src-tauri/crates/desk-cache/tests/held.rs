//! A notification that is held back is not in the list, not counted, and is both once its time has come.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod support;

use desk_cache::query::notification;
use desk_core::synced::Value;
use support::{Desk, id, put, text};

/// 10:24:10 in Bangkok on 1 October 2026.
const AFTER: i64 = 1_790_825_050_000_000;

#[test]
fn what_is_held_is_shown_at_its_time_and_not_before() {
    let desk = Desk::new();
    let told = |key, after: &str| {
        let after = if after.is_empty() { Value::Null } else { text(after) };
        let fields = [
            ("user_id", Value::Uuid(id(1))),
            ("is_read", Value::Int(0)),
            ("created_at", Value::Int(1)),
            ("after", after),
        ];
        put("notification", id(key), &fields)
    };
    // As PostgreSQL writes an instant into JSON, by whatever clock its session lives.
    let held = told(50, "2026-10-01T10:24:10+07:00");
    desk.pull(1, vec![held, told(51, ""), told(52, "soon")], vec![]);
    let reader = desk.cache().read().unwrap();
    let seen = |now| {
        let rows = notification::of_person(&reader, id(1), now).unwrap();
        (rows.len(), notification::unread(&reader, id(1), now).unwrap())
    };
    assert_eq!(seen(AFTER - 1_000_000), (2, 2), "the odd one is shown rather than lost");
    assert_eq!(seen(AFTER + 1_000_000), (3, 3));
    let next = notification::next_held(&reader, id(1), AFTER - 9_000_000)
        .unwrap()
        .unwrap();
    assert!((next - AFTER).abs() < 1_000, "{}", next - AFTER);
    assert_eq!(
        notification::next_held(&reader, id(1), AFTER + 1_000_000).unwrap(),
        None
    );
}
