//! What the database decides about money, as the migrations `take_payments`, `date_payments` and `hold_prepayments` say it. Nobody in the simulation says that a bill
//! is of another day.

use desk_core::{
    loyalty::{
        LARGEST_BILL_SATANG, Tier, points_for, points_to_reverse,
        policy::{Policy, discount},
    },
    payment::{
        Method,
        held::{HeldAs, held_back, held_by},
    },
    synced::Value,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    decide::{Bill, DAY, Decided, Desk, Refused, arg_text, arg_uuid, because, earn, multiplier_tenths, refuse},
    lead::require_role,
    planted::Bug,
    redeem::{number, optional},
    reverse::{arg_moment, cancelling},
    row::{Row, Rows, id, int, noun, text},
    server::{Behind, DEVICE},
    tell::Woken,
};

/// Who may take money.
pub(super) const TAKERS: [&str; 4] = ["owner", "manager", "front_desk", "sales"];
/// Who may give money back.
const REFUNDERS: [&str; 3] = ["owner", "manager", "front_desk"];

const TOO_MUCH: &str = "amount_out_of_range";

/// All payments, and all that was given back.
pub(super) fn payments(rows: &Rows) -> impl Iterator<Item = &Row> {
    let number = noun("payment").number;
    let range = rows.range((number, Uuid::nil())..=(number, Uuid::max()));
    range.map(|(_, row)| row.as_ref())
}

fn kind(payment: &Row) -> Option<HeldAs> {
    payment.text("held_as").and_then(HeldAs::from_word)
}

fn sum(payment: &Row, column: &str) -> i64 {
    payment.int(column).unwrap_or_default()
}

/// What is held for a customer.
pub(super) fn held_left(rows: &Rows, customer: Option<Uuid>) -> i64 {
    let of = payments(rows).filter(|row| row.id("customer_id") == customer);
    of.map(|row| {
        let adds = held_by(sum(row, "satang"), kind(row), sum(row, "held"));
        if row.id("refunds").is_some() { -adds } else { adds }
    })
    .sum()
}

/// What was given back of a payment: all of it, and what of that is held again.
pub(super) fn given_back(rows: &Rows, payment: Option<Uuid>) -> (i64, i64) {
    let of = payments(rows).filter(|row| row.id("refunds") == payment);
    of.fold((0, 0), |(all, held), row| {
        (all + sum(row, "satang"), held + sum(row, "held"))
    })
}

/// What a tier took off the bill, and by how many percent: the sum is the bill's, and some tier has been promised it.
fn reduction(args: &Json, satang: i64) -> Result<(i64, i64), Refused> {
    let no = || because("value_not_allowed", json!({ "field": "discount_percent" }));
    let percent = optional(args, "discount_percent", |args, field| {
        number(args, field, (1, 50), "value_not_allowed")
    })?;
    let Some(percent) = percent else {
        return Ok((0, 0));
    };
    let bill = number(args, "bill", (1, LARGEST_BILL_SATANG), TOO_MUCH)?;
    let is_held = !matches!(args.get("held_as"), None | Some(Json::Null));
    if bill - discount(bill, percent) != satang || is_held || !Policy::default().discounts.contains(&percent) {
        return no();
    }
    Ok((discount(bill, percent), percent))
}

/// How a payment is paid.
struct How {
    method: Method,
    held_as: Option<HeldAs>,
    held: i64,
}

fn how(args: &Json, satang: i64) -> Result<How, Refused> {
    let no = |field: &str| because("value_not_allowed", json!({ "field": field }));
    let (kind, way) = (arg_text(args, "held_as", 20)?, arg_text(args, "method", 20)?);
    let Some(method) = way.as_deref().and_then(Method::from_word) else {
        return no("method");
    };
    let held_as = kind.as_deref().map(HeldAs::from_word);
    if held_as == Some(None) {
        return no("held_as");
    }
    let held = optional(args, "held", |args, field| number(args, field, (0, satang), TOO_MUCH))?.unwrap_or(0);
    match held_as.flatten() {
        Some(_) if held > 0 => no("held_as"),
        _ if (method == Method::Held) != (held == satang) => no("method"),
        held_as => Ok(How { method, held_as, held }),
    }
}

/// When money changed hands: a clock that is a month wrong is not believed.
fn paid_at(desk: &Desk<'_>, args: &Json) -> Result<i64, Refused> {
    let now = desk.tx.now;
    let said = arg_moment(args, "at")?;
    Ok(said.filter(|said| (now - 31 * DAY..=now).contains(said)).unwrap_or(now))
}

/// Numbers have no gap: what is refused rolls its own back.
fn next_number(desk: &mut Desk<'_>) -> i64 {
    if desk.bug == Some(Bug::NumberOfLastPaid) {
        let of_this = payments(&desk.tx.rows).filter(|row| row.id("refunds").is_none());
        return of_this.filter_map(|row| row.int("number")).max().unwrap_or(0) + 1;
    }
    desk.tx.given.payments += 1;
    desk.tx.given.payments
}

pub(super) fn take(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (payment, entry) = (arg_uuid(args, "id")?, arg_uuid(args, "entry")?);
    let customer = arg_uuid(args, "customer_id")?;
    let journey = optional(args, "journey_id", arg_uuid)?;
    let satang = number(args, "satang", (1, LARGEST_BILL_SATANG), TOO_MUCH)?;
    let (less, percent) = reduction(args, satang)?;
    let how = how(args, satang)?;
    let said = arg_text(args, "note", 500)?.filter(|said| !said.is_empty());
    let late = arg_text(args, "late_reason", 500)?.filter(|late| !late.is_empty());
    require_role(desk, &TAKERS)?;
    if desk.tx.row("customer", customer).is_none() {
        return refuse("customer_not_found");
    }
    let is_theirs = |journey: &Row| journey.id("customer_id") == Some(customer);
    if journey.is_some_and(|journey| !desk.tx.row("journey", journey).is_some_and(is_theirs)) {
        return refuse("journey_not_found");
    }
    let (number, at) = (next_number(desk), paid_at(desk, args)?);
    let bill = Bill {
        entry,
        customer,
        satang,
        said: said.clone(),
        from: at,
    };
    let (tenths, earned) = match how.held_as {
        Some(_) => (0, None),
        None => of_bill(desk, &bill)?,
    };
    let there = held_left(&desk.tx.rows, Some(customer));
    if how.held > 0 && how.held > there {
        return because("held_short", json!({ "most": there.max(0) }));
    }
    if desk.tx.row("payment", payment).is_some() {
        return refuse("value_not_allowed");
    }
    let fields = [
        ("number", int(number)),
        ("customer_id", id(customer)),
        ("journey_id", id(journey)),
        ("satang", int(satang)),
        ("method", text(how.method.word())),
        ("taken_at", int(at)),
        ("taken_by", id(desk.person)),
        ("device", text(DEVICE)),
        ("note", Value::text(said)),
        ("entry_id", id(earned.map(|_| entry))),
        ("points", int(earned.unwrap_or(0))),
        ("multiplier_tenths", int(tenths)),
        ("posted_at", int(desk.tx.now)),
        ("late_reason", Value::text(late)),
        ("held_as", Value::text(how.held_as.map(|kind| kind.word().to_owned()))),
        ("held", int(how.held)),
        ("discount", int(less)),
        ("discount_percent", int(percent)),
    ];
    desk.tx.put(Row::new("payment", payment, &fields));
    desk.tx.wake_tasks(customer, Woken::Payment);
    Ok(())
}

/// Points per 10 baht of a bill, in tenths, and the points that it earned. One that earns nothing makes no entry and no member.
fn of_bill(desk: &mut Desk<'_>, bill: &Bill) -> Result<(i64, Option<i64>), Refused> {
    desk.tx.settle_tier(bill.customer);
    let profile = desk.tx.membership(bill.customer);
    let tier = profile.as_ref().and_then(|profile| profile.text("tier"));
    let tenths = multiplier_tenths(desk, tier.unwrap_or(Tier::Bronze.word()));
    if points_for(bill.satang, tenths) > 0 {
        return Ok((tenths, Some(earn(desk, bill)?)));
    }
    count_bill(desk, Some(bill.customer), bill.satang, 1);
    Ok((tenths, None))
}

/// What a bill without points, or money given back, counts in a membership that is there.
fn count_bill(desk: &mut Desk<'_>, customer: Option<Uuid>, satang: i64, visits: i64) {
    let Some(mut profile) = customer.and_then(|customer| desk.tx.membership(customer)) else {
        return;
    };
    let spent = (sum(&profile, "total_spent") + satang).clamp(0, 9_999_999_999);
    profile.set("total_spent", int(spent));
    let visits_now = (sum(&profile, "total_visits") + visits).max(0);
    profile.set("total_visits", int(visits_now));
    if visits > 0 {
        profile.set("last_visit", int(desk.tx.now));
    }
    desk.tx.put_profile(profile);
}

pub(super) fn refund(desk: &mut Desk<'_>, args: &Json) -> Decided {
    let (key, entry, wanted) = (
        arg_uuid(args, "id")?,
        arg_uuid(args, "entry")?,
        arg_uuid(args, "payment_id")?,
    );
    let satang = number(args, "satang", (1, LARGEST_BILL_SATANG), TOO_MUCH)?;
    let why = arg_text(args, "reason", 500)?.filter(|why| !why.is_empty());
    require_role(desk, &REFUNDERS)?;
    let Some(why) = why else {
        return refuse("reason_missing");
    };
    let number = next_number(desk);
    let paid = desk.tx.row("payment", wanted).cloned();
    let Some(paid) = paid.filter(|paid| paid.id("refunds").is_none()) else {
        return refuse("payment_not_found");
    };
    let (back, held_again) = given_back(&desk.tx.rows, Some(wanted));
    let back = if desk.bug == Some(Bug::RefundsForgotten) {
        0
    } else {
        back
    };
    let rest = sum(&paid, "satang") - back;
    if satang > rest {
        return because("refund_too_large", json!({ "most": rest }));
    }
    let mut held = 0;
    let mut points = 0;
    if kind(&paid).is_none() {
        let money_left = sum(&paid, "satang") - sum(&paid, "held") - (back - held_again);
        held = held_back(satang, money_left);
        points = take_points(desk, &paid, (satang, rest), (entry, &why))?;
    }
    let at = paid_at(desk, args)?.max(sum(&paid, "taken_at"));
    let there = held_left(&desk.tx.rows, paid.id("customer_id"));
    if kind(&paid).is_some() && satang > there {
        return because("held_used", json!({ "most": there.max(0) }));
    }
    if desk.tx.row("payment", key).is_some() {
        return refuse("value_not_allowed");
    }
    let mut made = paid.with("id", id(key)).with("refunds", id(wanted));
    made.set("number", int(number));
    made.set("satang", int(satang));
    made.set("held", int(held));
    made.set("discount", int(0));
    made.set("discount_percent", int(0));
    made.set("taken_at", int(at));
    made.set("note", Value::Text(why));
    made.set("entry_id", id(paid.id("entry_id").map(|_| entry)));
    made.set("points", int(-points));
    write_down(desk, made);
    Ok(())
}

/// Money that goes back, by whom and when; all of it into what is held where it came from there.
fn write_down(desk: &mut Desk<'_>, mut made: Row) {
    let (held, satang) = (sum(&made, "held"), sum(&made, "satang"));
    if held == satang {
        made.set("method", text(Method::Held.word()));
    }
    made.set("taken_by", id(desk.person));
    made.set("device", text(DEVICE));
    made.set("posted_at", int(desk.tx.now));
    made.set("late_reason", Value::Null);
    desk.tx.put(made);
}

/// The points of what is given back go; what was spent of them is owed.
fn take_points(
    desk: &mut Desk<'_>,
    paid: &Row,
    (satang, rest): (i64, i64),
    (entry, why): (Uuid, &str),
) -> Result<i64, Refused> {
    let customer = paid.id("customer_id");
    let (mut points, visits) = (0, -i64::from(satang == rest));
    if let Some(award) = paid
        .id("entry_id")
        .and_then(|award| desk.tx.row("point_entry", award))
        .cloned()
    {
        points = points_to_reverse(rest, rest - satang, sum(paid, "multiplier_tenths"));
        if desk.tx.row("point_entry", entry).is_some() {
            return refuse("value_not_allowed");
        }
        let said = award.text("description").unwrap_or_default();
        let mut made = cancelling(&award, entry, desk.tx.now).with("amount", int(-points));
        made.set("description", Value::Text(format!("คืนเงิน: {said}")));
        made.set("effective_at", Value::Null);
        made.set("reason", text(why));
        let behind = Behind {
            reverses: award.id("id"),
            by: Some(desk.person),
            ..Behind::default()
        };
        if desk.bug != Some(Bug::PointsStay) {
            desk.tx.add_entry(made, behind);
        }
    }
    count_bill(desk, customer, -satang, visits);
    Ok(points)
}
