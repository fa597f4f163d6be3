//! Money at the counter on the cache: a payment with the points that it earns, and a refund with those that go. The database repeats both, gives the number and
//! decides.

use desk_core::{
    loyalty::{
        self,
        origin::UNSAID_BILL,
        points_to_reverse,
        policy::{Basis, discount},
    },
    payment::{
        Method,
        held::{HeldAs, earning, held_back},
        promptpay::Payee,
    },
    synced::Value,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Action, Ledger,
    account::member,
    assign, late,
    points::{self, Bill, Gone},
};
use crate::{
    error::{CacheError, Result},
    query::{
        coupon,
        payment::{self, Payment},
        policy,
    },
    row,
};

/// Who may take money, so who books a bill; the database asks for the same.
pub const TAKERS: [&str; 4] = ["owner", "manager", "front_desk", "sales"];
/// Who may give money back; the database asks for the same.
pub const REFUNDERS: [&str; 3] = ["owner", "manager", "front_desk"];

pub(super) fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "payment.take" => take(ledger, action),
        "payment.refund" => refund(ledger, action),
        _ => set_promptpay(ledger, action),
    }
}

/// Money came in.
fn take(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &TAKERS)?;
    let customer = action.uuid("customer_id")?;
    let sum = sum(ledger.connection, action, customer)?;
    let journey = action.uuid("journey_id").ok();
    of_this_customer(ledger.connection, journey, customer)?;
    let said = action.text("note").map(str::to_owned);
    let from = late::counts_from(ledger.connection, action)?;
    let bill = Bill {
        entry: action.uuid("entry")?,
        customer,
        satang: earning(sum.satang, sum.held_as),
        said: Some(said.clone().unwrap_or_else(|| UNSAID_BILL.to_owned())),
        from,
        is_money: true,
    };
    let tenths = match sum.held_as {
        Some(HeldAs::Deposit | HeldAs::GiftCard) => 0,
        None => points::tenths(ledger.connection, customer, from)?,
    };
    let points = loyalty::points_for(bill.satang, tenths);
    // What earns nothing makes no entry and no member.
    if points > 0 {
        points::earn(ledger, action.at, &bill)?;
    }
    let made = Payment {
        id: action.uuid("id")?,
        number: numbered(ledger)?,
        customer,
        journey,
        satang: sum.satang,
        refunds: None,
        method: sum.method,
        at: from,
        by: None,
        note: said,
        entry: (points > 0).then_some(bill.entry),
        points,
        multiplier_tenths: tenths,
        refunded: 0,
        is_waiting: true,
        posted_at: (from != action.at).then_some(action.at),
        late_reason: action.text("late_reason").map(str::to_owned),
        held_as: sum.held_as,
        held: sum.held,
        held_again: 0,
        discount: sum.discount,
        discount_percent: sum.percent,
    };
    put(ledger, action.person, &made)
}

/// What is paid and how: as what it is held for later, or how much of it held money pays.
struct Sum {
    satang: i64,
    method: Method,
    held_as: Option<HeldAs>,
    held: i64,
    discount: i64,
    percent: i64,
}

/// Held money does not buy what is held, and no more of it is used than there is.
fn sum(connection: &Connection, action: &Action, customer: Uuid) -> Result<Sum> {
    const NOT_ALLOWED: CacheError = CacheError::Refused("value_not_allowed");
    let satang = amount(action)?;
    let method = action.text("method").and_then(Method::from_word).ok_or(NOT_ALLOWED)?;
    let held_as = match action.text("held_as") {
        Some(word) => Some(HeldAs::from_word(word).ok_or(NOT_ALLOWED)?),
        None => None,
    };
    let held = action.args.get("held").and_then(Json::as_i64).unwrap_or_default();
    if !(0..=satang).contains(&held) {
        return Err(CacheError::Refused("amount_out_of_range"));
    }
    if held_as.is_some() && held > 0 || (method == Method::Held) != (held == satang) {
        return Err(NOT_ALLOWED);
    }
    if held > 0 && held > payment::held_left(connection, customer)? {
        return Err(CacheError::Refused("held_short"));
    }
    let (discount, percent) = reduction(action, satang, held_as)?;
    Ok(Sum {
        satang,
        method,
        held_as,
        held,
        discount,
        percent,
    })
}

/// What the tier took off the bill, and by how many percent. Whether anybody promised that is the database's to ask.
fn reduction(action: &Action, satang: i64, held_as: Option<HeldAs>) -> Result<(i64, i64)> {
    let number = |field: &str| action.args.get(field).and_then(Json::as_i64);
    let Some(percent) = number("discount_percent") else {
        return Ok((0, 0));
    };
    let bill = number("bill").unwrap_or_default();
    let less = discount(bill, percent);
    if held_as.is_some() || bill - less != satang {
        return Err(CacheError::Refused("value_not_allowed"));
    }
    Ok((less, percent))
}

/// Money is given back, all of a payment or a part of what is left of it.
fn refund(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &REFUNDERS)?;
    let satang = amount(action)?;
    let why = action.text("reason").ok_or(CacheError::Refused("reason_missing"))?;
    let paid = payment::get(ledger.connection, action.uuid("payment_id")?)?.filter(|paid| paid.refunds.is_none());
    let paid = paid.ok_or(CacheError::Refused("payment_not_found"))?;
    let before = paid.rest();
    if satang > before {
        return Err(CacheError::Refused("refund_too_large"));
    }
    if satang > paid.refundable(payment::held_left(ledger.connection, paid.customer)?) {
        return Err(CacheError::Refused("held_used"));
    }
    let original = paid.id;
    let (entry, points) = (
        action.uuid("entry")?,
        points_to_reverse(before, before - satang, paid.multiplier_tenths),
    );
    if let Some(award) = paid.entry {
        let gone = Gone {
            award,
            invoice: invoice(ledger.connection, action.at, award, paid.id)?,
            points,
            satang,
        };
        points::give_back(ledger, action.at, entry, &gone)?;
    }
    let held = match paid.held_as {
        Some(HeldAs::Deposit | HeldAs::GiftCard) => 0,
        None => held_back(satang, paid.money_left()),
    };
    let made = Payment {
        id: action.uuid("id")?,
        number: numbered(ledger)?,
        refunds: Some(paid.id),
        satang,
        held,
        method: if held == satang { Method::Held } else { paid.method },
        at: action.at,
        note: Some(why.to_owned()),
        entry: paid.entry.map(|_| entry),
        points: if paid.entry.is_some() { -points } else { 0 },
        posted_at: None,
        late_reason: None,
        discount: 0,
        discount_percent: 0,
        ..paid
    };
    put(ledger, action.person, &made)?;
    if satang == before {
        super::coupon::go_with_the_bill(ledger, action, original)?;
    }
    Ok(())
}

/// What may have reached a tier: the entry, or the payment itself where baht decide.
fn invoice(connection: &Connection, at: i64, award: Uuid, payment: Uuid) -> Result<Uuid> {
    Ok(match policy::at(connection, at)?.basis {
        Basis::Points => award,
        Basis::Baht => payment,
    })
}

fn amount(action: &Action) -> Result<i64> {
    let satang = action.args.get("satang").and_then(Json::as_i64).unwrap_or_default();
    if (1..=loyalty::LARGEST_BILL_SATANG).contains(&satang) {
        Ok(satang)
    } else {
        Err(CacheError::Refused("amount_out_of_range"))
    }
}

fn of_this_customer(connection: &Connection, journey: Option<Uuid>, customer: Uuid) -> Result<()> {
    let Some(journey) = journey else { return Ok(()) };
    let sql = "SELECT 1 FROM journey WHERE id = ?1 AND customer_id = ?2";
    if connection.prepare_cached(sql)?.exists([journey, customer])? {
        Ok(())
    } else {
        Err(CacheError::Refused("journey_not_found"))
    }
}

/// In the demo clinic this file gives the numbers; else the database does, so that no two desks give the same.
fn numbered(ledger: &Ledger<'_>) -> Result<Option<i64>> {
    if !ledger.is_the_clinic() {
        return Ok(None);
    }
    let sql = "SELECT coalesce(max(number), 0) + 1 FROM payment";
    Ok(ledger
        .connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()?)
}

fn put(ledger: &Ledger<'_>, person: Uuid, made: &Payment) -> Result<()> {
    let table = ledger.touch("payment", made.id)?;
    let uuid = |id: Option<Uuid>| id.map_or(Value::Null, Value::Uuid);
    let values = [
        Value::Uuid(made.id),
        made.number.map_or(Value::Null, Value::Int),
        Value::Uuid(made.customer),
        uuid(made.journey),
        Value::Int(made.satang),
        uuid(made.refunds),
        Value::Text(made.method.word().into()),
        Value::Int(made.at),
        Value::Uuid(person),
        Value::Null,
        Value::text(made.note.clone()),
        uuid(made.entry),
        Value::Int(made.points),
        Value::Int(made.multiplier_tenths),
        made.posted_at.map_or(Value::Null, Value::Int),
        Value::text(made.late_reason.clone()),
        Value::text(made.held_as.map(|kind| kind.word().to_owned())),
        Value::Int(made.held),
        Value::Int(made.discount),
        Value::Int(made.discount_percent),
    ];
    row::put(ledger.connection, table, &values)
}

/// A payment with a refund, or of which points were spent or a deposit was used, cannot be taken out from under them.
pub(super) fn is_untouched(connection: &Connection, done: &Action) -> Result<()> {
    let Some(paid) = payment::get(connection, done.uuid("id")?)? else {
        return Ok(());
    };
    if paid.refunded > 0 {
        return Err(CacheError::Refused("changed_meanwhile"));
    }
    if paid.holds() > payment::held_left(connection, paid.customer)?.max(0) {
        return Err(CacheError::Refused("held_used"));
    }
    if !coupon::of_payment(connection, paid.id)?.is_empty() {
        return Err(CacheError::Refused("coupon_on_bill"));
    }
    match member(connection, paid.customer)? {
        Some(member) if paid.entry.is_some() && member.available < paid.points => {
            Err(CacheError::Refused("points_spent"))
        }
        _ => Ok(()),
    }
}

/// Whom the clinic's codes pay.
fn set_promptpay(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    assign::require_role(ledger.connection, action, &["owner", "manager"])?;
    let wanted = action.text("promptpay_id");
    if wanted.is_some_and(|wanted| Payee::read(wanted).is_none_or(|payee| payee.digits() != wanted)) {
        return Err(CacheError::Refused("promptpay_invalid"));
    }
    let id: Option<Uuid> = ledger
        .connection
        .prepare_cached("SELECT id FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(id) = id else { return Ok(()) };
    ledger.touch("clinic", id)?;
    ledger
        .connection
        .prepare_cached("UPDATE clinic SET promptpay_id = ?2 WHERE id = ?1")?
        .execute((id, wanted))?;
    Ok(())
}
