//! The clinic on the first morning: a few people, customers, journeys, tasks, contacts, memberships, bookings and notifications.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use desk_core::{loyalty::gift::USUAL_LIMITS, synced::Value};
use uuid::Uuid;

use super::{
    pc::first_file,
    row::{Row, Rows, id, text},
    server::{CLINIC, Server},
    trace::Trace,
    web,
    world::{Wire, World},
};

/// The first morning, in microseconds since 1970: 2 March 2026, 09:00 in Bangkok.
pub const MORNING: i64 = 1_772_416_800_000_000;

/// People of the clinic.
pub const PEOPLE: [Uuid; 4] = [person(1), person(2), person(3), person(4)];

/// Whom the database puts down for what it does by itself.
const AUTOMATION: Uuid = Uuid::from_u128(0x0a07_0000_0000_4000_8000_0000_0000_0000);

const fn person(nth: u128) -> Uuid {
    Uuid::from_u128(0x9e00 + nth)
}

const fn thing(kind: u128, nth: u128) -> Uuid {
    Uuid::from_u128((kind << 64) + nth)
}

/// The clinic's rows.
pub fn rows() -> Rows {
    let mut rows = vec![clinic()];
    rows.extend((1..=4).map(staff));
    rows.push(automation());
    let rule = thing(15, 1);
    rows.push(Row::new(
        "followup_rule",
        rule,
        &[
            ("name", text("after")),
            ("type", text("post_treatment")),
            ("channels", text("[]")),
            ("priority", text("medium")),
            ("active", Value::Int(1)),
        ],
    ));
    for nth in 1..=5 {
        rows.push(web::customer(thing(1, nth), &format!("c{nth}"), MORNING));
    }
    for nth in 1..=2 {
        let fields = [
            ("customer_id", id(thing(1, nth))),
            ("stage", text("scanned")),
            ("sales_id", id(person(1))),
            ("treatment_plan", text("{}")),
            ("version", Value::Int(1)),
            ("sessions_done", Value::Int(0)),
            ("stage_since", Value::Int(MORNING)),
            ("created_at", Value::Int(MORNING)),
            ("updated_at", Value::Int(MORNING)),
        ];
        rows.push(Row::new("journey", thing(2, nth), &fields));
        rows.push(opening(thing(2, nth)));
    }
    for nth in 1..=4 {
        let owner = PEOPLE[usize::try_from(nth - 1).unwrap_or(0)];
        rows.push(web::task(
            thing(4, nth),
            thing(2, 1 + nth % 2),
            owner,
            &format!("t{nth}"),
            MORNING,
        ));
        rows.push(web::notification(thing(9, nth), owner, &format!("n{nth}"), MORNING));
    }
    for nth in 1..=2 {
        rows.push(web::followup(thing(5, nth), rule, thing(1, nth), MORNING));
    }
    rows.extend(membership(thing(1, 1)));
    for nth in 1..=3 {
        let person = PEOPLE[usize::try_from(nth).unwrap_or(0)];
        rows.push(web::booking(thing(11, nth), thing(1, nth), person, "2026-03-02"));
    }
    // Too little for a point.
    rows.push(payment(1, None, 900));
    rows.push(payment(2, Some("deposit"), 100_000));
    for nth in 1..=2 {
        let customer = Some(thing(1, nth)).filter(|_| nth == 2);
        rows.push(web::lead(thing(12, nth), customer, &format!("l{nth}"), None, MORNING));
    }
    rows.into_iter().map(|row| (row.key(), Arc::new(row))).collect()
}

/// As PostgreSQL writes what a clinic has that has said nothing.
const OPENING: &str = r#"{"fri": [["09:00", "20:00"]], "mon": [["09:00", "20:00"]], "sat": [["09:00", "20:00"]], "sun": [["09:00", "20:00"]], "thu": [["09:00", "20:00"]], "tue": [["09:00", "20:00"]], "wed": [["09:00", "20:00"]]}"#;

fn clinic() -> Row {
    let fields = [
        ("name_th", text("คลินิก")),
        ("name_en", text("Clinic")),
        ("timezone", text("Asia/Bangkok")),
        ("hot_lead_threshold", Value::Int(70)),
        ("quiet_from", text("20:00")),
        ("quiet_to", text("09:00")),
        (
            "loyalty_multipliers",
            text(r#"{"bronze": 1, "silver": 1.5, "gold": 2, "platinum": 2.5, "diamond": 3}"#),
        ),
        ("days_unseen", Value::Int(7)),
        ("opening", text(OPENING)),
        ("pass_lead_after", Value::Int(5)),
        ("raise_lead_after", Value::Int(15)),
        ("gift_daily", Value::Int(USUAL_LIMITS.daily)),
        ("gift_alone", Value::Int(USUAL_LIMITS.alone)),
        ("redeem_alone", Value::Int(USUAL_LIMITS.redeem_alone)),
    ];
    Row::new("clinic", CLINIC, &fields)
}

/// Of the people, in turn.
const ROLES: [&str; 4] = ["front_desk", "manager", "sales", "beautician"];

fn staff(nth: u128) -> Row {
    let fields = [
        ("role", text(ROLES[usize::try_from(nth - 1).unwrap_or(0)])),
        ("display_name", Value::Text(format!("Person {nth}"))),
        ("nickname", Value::Text(format!("p{nth}"))),
        ("active", Value::Int(1)),
    ];
    Row::new("staff", person(nth), &fields)
}

/// Who does what nobody did: the clinic by itself.
fn automation() -> Row {
    let fields = [
        ("role", text("manager")),
        ("display_name", text("ระบบอัตโนมัติ")),
        ("nickname", text("ระบบ")),
        ("active", Value::Int(0)),
    ];
    Row::new("staff", AUTOMATION, &fields)
}

/// How the database explains a journey that was there already.
fn opening(journey: Uuid) -> Row {
    let fields = [
        ("journey_id", id(journey)),
        ("type", text("open")),
        ("performed_by", id(AUTOMATION)),
        ("performed_at", Value::Int(MORNING)),
        ("from_stage", text("lead_created")),
        ("to_stage", text("scanned")),
        ("version", Value::Int(1)),
    ];
    Row::new("journey_action", journey, &fields)
}

fn membership(customer: Uuid) -> [Row; 3] {
    let entry = [
        ("customer_id", id(customer)),
        ("type", text("bonus")),
        ("amount", Value::Int(100)),
        ("created_at", Value::Int(MORNING)),
    ];
    let profile = [
        ("customer_id", id(customer)),
        ("total_points", Value::Int(100)),
        ("available_points", Value::Int(100)),
        ("tier", text("bronze")),
        ("total_spent", Value::Int(0)),
        ("total_visits", Value::Int(0)),
        ("referral_code", text("BN000001")),
        ("joined_at", Value::Int(MORNING)),
        ("owed", Value::Int(0)),
    ];
    let lot = [
        ("customer_id", id(customer)),
        ("points", Value::Int(100)),
        ("remaining", Value::Int(100)),
        ("effective_at", Value::Int(MORNING)),
    ];
    [
        Row::new("lot", thing(7, 1), &lot),
        Row::new("point_entry", thing(7, 1), &entry),
        Row::new("loyalty_profile", thing(6, 1), &profile),
    ]
}

/// Money that came in before there was a desk.
fn payment(nth: u128, held_as: Option<&str>, satang: i64) -> Row {
    let fields = [
        ("number", Value::Int(i64::try_from(nth).unwrap_or(0))),
        ("customer_id", id(thing(1, 1))),
        ("satang", Value::Int(satang)),
        ("method", text("cash")),
        ("taken_at", Value::Int(MORNING)),
        ("taken_by", id(person(1))),
        ("points", Value::Int(0)),
        ("multiplier_tenths", Value::Int(0)),
        ("posted_at", Value::Int(MORNING)),
        ("held_as", Value::text(held_as.map(str::to_owned))),
        ("held", Value::Int(0)),
        ("discount", Value::Int(0)),
        ("discount_percent", Value::Int(0)),
    ];
    Row::new("payment", thing(22, nth), &fields)
}

/// The clinic's database on the first morning, at a version: a database in which nothing has happened yet stands at 0.
pub fn server(version: i64) -> Server {
    Server::new(rows(), version)
}

/// The file of a new PC whose first person this is. Made by the shipped first load, once per process.
pub fn file(person: Uuid, version: i64) -> Arc<Vec<u8>> {
    type Made = Mutex<HashMap<(Uuid, i64), Arc<Vec<u8>>>>;
    static MADE: OnceLock<Made> = OnceLock::new();
    let mut made = MADE
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let file = made
        .entry((person, version))
        .or_insert_with(|| Arc::new(make(person, version)));
    file.clone()
}

fn make(person: Uuid, version: i64) -> Vec<u8> {
    let mut world = World::new(server(version), 1_000, MORNING, None, Trace::default());
    let login = world.enrol(person);
    // Enrolment moved the clock; the file is to stand where the run's database stands.
    (world.server.version, world.server.past) = (version, server(version).past);
    world.wires.push(Wire::default());
    world.wires[0].logins.insert(person, login);
    first_file(&Arc::new(Mutex::new(world)), 0, person)
}
