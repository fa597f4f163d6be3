//! Codes that the demo's people bought with their points: the newest can still be used, older ones were.

use uuid::Uuid;

use super::{Demo, flag, micros, people::Customer, points::Spent, text};
use crate::{
    loyalty::reward::{self, Kind, State, USUAL_DAYS},
    synced::Value,
};

/// Codes are used within so many days here.
const USED_AFTER: i64 = 45;

/// Which of the demo's rewards costs so much: its number, name, kind and value.
fn bought(points: i64) -> Option<(usize, &'static str, Kind, i64)> {
    match points {
        500 => Some((0, "ส่วนลด 5 %", Kind::DiscountPercentage, 500)),
        800 => Some((2, "มาสก์พรีเมียม", Kind::FreeService, 80_000)),
        _ => None,
    }
}

impl Demo {
    pub(super) fn coupons(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.everyone().flat_map(move |(number, customer)| {
            let spent = self.redeemed(number, &customer);
            spent
                .into_iter()
                .filter_map(move |spent| self.coupon(&customer, &spent))
        })
    }

    fn coupon(&self, customer: &Customer, spent: &Spent) -> Option<Vec<Value>> {
        let (reward, name, kind, value) = bought(spent.points)?;
        let at = micros(spent.day, 900).min(self.now);
        let cashier = self.staff_id("นก").map_or(Value::Null, Value::Uuid);
        let is_used = (self.today - spent.day).num_days() > USED_AFTER;
        let used = |value: Value| if is_used { value } else { Value::Null };
        let state = if is_used { State::Used } else { State::Issued };
        let mut row = vec![
            Value::Uuid(spent.entry),
            text(reward::code(spent.entry)),
            Value::Uuid(customer.id),
            Value::Uuid(self.id("reward", reward)),
            text(name),
            text(kind.word()),
            Value::Int(value),
            flag(!kind.is_discount()),
            Value::Int(spent.points),
            text(lots(&spent.lots)),
            reward::ends_at(at, USUAL_DAYS, crate::day::USUAL_ZONE).map_or(Value::Null, Value::Int),
            text(state.word()),
            Value::Int(at),
            cashier.clone(),
            text("PC-A"),
            used(Value::Int(at)),
            used(cashier),
            used(text("PC-A")),
        ];
        row.resize(26, Value::Null);
        Some(row)
    }
}

fn lots(used: &[(Uuid, i64)]) -> String {
    let used = used
        .iter()
        .map(|(lot, points)| format!(r#"{{"lot": "{lot}", "points": {points}}}"#));
    format!("[{}]", used.collect::<Vec<_>>().join(", "))
}
