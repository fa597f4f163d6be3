//! Codes of points that were redeemed without a reward: money on a bill, by the usual terms, as the migration `*_promise_discounts` says it.

use desk_core::{
    day::USUAL_ZONE,
    loyalty::{
        policy::Policy,
        reward::{USUAL_DAYS, code, ends_at},
    },
    synced::Value,
};
use uuid::Uuid;

use super::row::{Row, id, int, text};

/// A redemption whose code is made.
pub(super) struct Redeemed {
    pub(super) entry: Uuid,
    pub(super) customer: Uuid,
    pub(super) points: i64,
    /// Which lots paid, as it is written down.
    pub(super) lots: String,
    pub(super) at: i64,
    pub(super) by: Uuid,
}

/// The code.
pub(super) fn issued(done: &Redeemed) -> Row {
    let fields = [
        ("code", Value::Text(code(done.entry))),
        ("customer_id", id(done.customer)),
        ("name", text("ส่วนลดจากแต้ม")),
        ("kind", text("discount_amount")),
        ("value", int(Policy::default().worth(done.points))),
        ("is_stackable", int(1)),
        ("points", int(done.points)),
        ("lots", Value::Text(done.lots.clone())),
        ("expires_at", int(ends_at(done.at, USUAL_DAYS, USUAL_ZONE))),
        ("state", text("issued")),
        ("issued_at", int(done.at)),
        ("issued_by", id(done.by)),
    ];
    Row::new("coupon", done.entry, &fields)
}

/// What becomes of it when its redemption is taken back.
pub(super) fn withdraw(code: &mut Row, at: i64, by: Uuid) {
    code.set("state", text("cancelled"));
    code.set("closed_at", int(at));
    code.set("closed_by", id(by));
    code.set("closed_for", text("undo"));
}
