//! Doing something here: the action's effect on the cache and its outbox row, in one transaction. The same effects are replayed over what
//! the clinic sends until the clinic's own answer is among it. The database decides; this is the desk's honest guess.

mod account;
pub mod achievement;
mod assign;
mod booked;
mod booking;
mod contact;
pub mod coupon;
mod customer;
mod followup;
pub mod gift;
mod journey;
pub mod late;
mod lead;
mod merged;
mod notification;
mod opening;
pub mod payment;
mod points;
mod policy;
mod redeem;
pub mod referral;
pub mod reward;
mod rule;
mod task;
mod task_work;
mod visit;

use chrono::{DateTime, SecondsFormat, TimeZone as _, Utc};
use desk_core::synced::{self, Table};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    error::{CacheError, Result},
    open::Cache,
    outbox,
    query::clinic,
    search::Stale,
    shadow,
};

/// Something a person did.
#[derive(Clone, Debug)]
pub struct Action {
    /// The mutation's identity: doing the same one twice does it once.
    pub id: Uuid,
    /// Who.
    pub person: Uuid,
    /// For example `task.complete`.
    pub name: String,
    /// As in the list of actions in the architecture page.
    pub args: Json,
    /// Microseconds since 1970.
    pub at: i64,
}

/// Whether there is a clinic to send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The clinic's PostgreSQL: the action waits in the outbox.
    Clinic,
    /// The demo clinic: this file is all there is.
    Here,
}

/// Does it: when this returns, the effect and the outbox row are on the disk.
///
/// # Errors
/// [`CacheError::Refused`] when it cannot be done on what this PC knows (nothing is changed), else what SQLite says.
pub fn perform(cache: &Cache, action: &Action, destination: Destination) -> Result<()> {
    cache.write(|transaction| {
        if outbox::is_known(transaction, action.id)? {
            return Ok(());
        }
        let before = before(transaction, action)?;
        enact(transaction, action, destination, before.as_ref())
    })
}

/// Does several things at once: all of them, or none.
///
/// # Errors
/// As for [`perform`].
pub fn perform_all(cache: &Cache, actions: &[Action], destination: Destination) -> Result<()> {
    cache.write(|transaction| {
        for action in actions {
            if !outbox::is_known(transaction, action.id)? {
                let before = before(transaction, action)?;
                enact(transaction, action, destination, before.as_ref())?;
            }
        }
        Ok(())
    })
}

/// The effect and the outbox row. `before` is what the action replaces, where it can be taken back.
pub(crate) fn enact(
    connection: &Connection,
    action: &Action,
    destination: Destination,
    before: Option<&Json>,
) -> Result<()> {
    let stale = Stale::default();
    let ledger = Ledger {
        connection,
        keeps_shadows: destination == Destination::Clinic,
        stale: &stale,
    };
    apply(&ledger, action)?;
    stale.follow(connection)?;
    match destination {
        Destination::Clinic => outbox::add(connection, action, before),
        Destination::Here => outbox::archive(connection, action, before),
    }
}

/// Whether an action of this name can be taken back at all.
pub fn can_be_undone(name: &str) -> bool {
    matches!(
        name,
        "task.complete"
            | "task.reassign"
            | "task.snooze"
            | "task.note"
            | "task.start"
            | "task.create"
            | "contact.log"
            | "customer.create"
            | "customer.edit"
            | "points.award"
            | "points.redeem"
            | "points.give"
            | "points.ask"
            | "payment.take"
            | "followup.done"
            | "followup.cancel"
            | "visit.check_in"
            | "visit.leave"
            | "visit.start"
            | "visit.finish"
            | "appointment.book"
            | "appointment.reschedule"
            | "appointment.no_show"
            | "appointment.cancel"
            | "journey.open"
            | "journey.move"
            | "journey.assign"
            | "lead.claim"
            | "lead.answer"
            | "clinic.set_opening"
            | "clinic.close_day"
            | "clinic.open_day"
    )
}

/// What the action is about to replace, for taking it back later; none for what is not taken back.
pub(crate) fn before(connection: &Connection, action: &Action) -> Result<Option<Json>> {
    if !can_be_undone(&action.name) {
        return Ok(None);
    }
    match action.name.split('.').next() {
        Some("contact") => contact::before(connection, action).map(Some),
        Some("task") => task::before(connection, action).map(Some),
        Some("followup") => followup::before(connection, action).map(Some),
        Some("points") if action.name == "points.redeem" => redeem::before(connection, action).map(Some),
        // What takes them back knows them by their name.
        Some("points") if action.name != "points.award" => Ok(Some(Json::Object(serde_json::Map::new()))),
        Some("journey") => journey::before(connection, action).map(Some),
        Some("lead") => lead::before(connection, action).map(Some),
        Some("points") => points::before(connection, action).map(Some),
        // Only what has not left this PC is taken out; nothing else needs to be known of it.
        Some("payment") => Ok(Some(Json::Object(serde_json::Map::new()))),
        Some("visit") => visit::before(connection, action).map(Some),
        Some("clinic") => opening::before(connection, action).map(Some),
        Some("appointment") => booking::before(connection, action).map(Some),
        _ => customer::before(connection, action).map(Some),
    }
}

/// The name and arguments of the action `id` that takes another one back, given what that one replaced.
///
/// # Errors
/// [`CacheError::Refused`] when this PC knows that somebody has changed it since, or that something hangs on it.
pub(crate) fn reversal(
    connection: &Connection,
    id: Uuid,
    done: &Action,
    before: &Json,
) -> Result<(&'static str, Json)> {
    match done.name.as_str() {
        "task.complete" => Ok(("task.reopen", task::reopening(done, before))),
        "task.snooze" => Ok(("task.unsnooze", task::waking(connection, done, before)?)),
        "task.reassign" => Ok(("task.hand_back", task::handing_back(connection, done, before)?)),
        "task.note" => Ok(("task.unnote", task::unnoting(done))),
        "task.start" => Ok(("task.unstart", task_work::unstarting(done, before))),
        "task.create" => Ok(("task.withdraw", task_work::withdrawing(done))),
        "contact.log" => Ok(("contact.retract", contact::retracting(done, before))),
        "followup.done" | "followup.cancel" => Ok(("followup.reopen", followup::reopening(done, before))),
        "lead.claim" => Ok(("lead.unclaim", lead::unclaiming(connection, done)?)),
        "lead.answer" => Ok(("lead.unanswer", lead::unanswering(done, before))),
        "points.award" => Ok(("points.reverse", points::reversing(id, done, before))),
        "points.redeem" => Ok(("points.unredeem", redeem::unredeeming(id, done, before))),
        "points.give" | "points.ask" => Ok(("points.ungive", gift::ungiving(id, done))),
        // Money that the clinic has booked is given back, with a reason, by who may.
        "payment.take" => Err(CacheError::Refused("payment_booked")),
        "customer.edit" => Ok(("customer.revert", customer::reverting(connection, done, before)?)),
        "customer.create" => Ok(("customer.remove", customer::removing(done))),
        "visit.check_in" => Ok(("visit.undo_check_in", visit::reversing(id, done, before))),
        "visit.leave" => Ok(("visit.return", visit::reversing(id, done, before))),
        "visit.start" => Ok(("visit.unstart", visit::reversing(id, done, before))),
        "visit.finish" => Ok(("visit.unfinish", visit::reversing(id, done, before))),
        "appointment.book" => Ok(("appointment.unbook", booking::unbooking(id, done, before))),
        "appointment.reschedule" => Ok(("appointment.move_back", booking::moving_back(id, done, before))),
        "appointment.no_show" | "appointment.cancel" => {
            Ok(("appointment.reopen", booking::reopening(id, done, before)))
        }
        "journey.move" => Ok(("journey.unmove", journey::unmoving(connection, id, done, before)?)),
        "journey.open" => Ok(("journey.withdraw", journey::withdrawing(id, done))),
        "journey.assign" => Ok(("journey.unassign", journey::unassigning(connection, done, before)?)),
        "clinic.set_opening" => Ok(("clinic.revert_opening", opening::reverting(connection, done, before)?)),
        "clinic.close_day" => Ok(("clinic.unclose_day", opening::unclosing(done))),
        "clinic.open_day" => Ok(("clinic.reclose_day", opening::reclosing(done, before)?)),
        _ => Err(CacheError::Refused("nothing_to_undo")),
    }
}

/// Whether taking an action back leaves something standing that was decided after it.
pub(crate) fn leaves_standing(connection: &Connection, done: &Action, before: &Json) -> Result<bool> {
    match done.name.as_str() {
        "contact.log" => contact::leaves_standing(connection, done, before),
        _ => Ok(false),
    }
}

/// Whether something hangs on what this action made, so that it cannot simply be taken out.
///
/// # Errors
/// [`CacheError::Refused`] if so.
pub(crate) fn nothing_hangs_on(connection: &Connection, done: &Action) -> Result<()> {
    match done.name.as_str() {
        "customer.create" => customer::is_unused(connection, done),
        "task.complete" => nobody_works_on(connection, done.uuid("next").ok()),
        "contact.log" => nobody_works_on(connection, done.uuid("next_id").ok()),
        "points.award" => points::are_unspent(connection, done),
        "points.give" | "points.ask" => gift::is_unspent(connection, done),
        "points.redeem" => coupon::is_unused(connection, done.uuid("id")?),
        "payment.take" => payment::is_untouched(connection, done),
        "clinic.set_opening" => opening::still_stands(connection, done),
        _ => Ok(()),
    }
}

/// Whether somebody here has done something to the task that followed.
fn nobody_works_on(connection: &Connection, next: Option<Uuid>) -> Result<()> {
    let Some(next) = next else { return Ok(()) };
    let sql =
        "SELECT 1 FROM outbox WHERE undone_at IS NULL AND lower(coalesce(args ->> 'task_id', args ->> 'id')) = ?1";
    if connection.prepare_cached(sql)?.exists([next.to_string()])? {
        Err(CacheError::Refused("changed_meanwhile"))
    } else {
        Ok(())
    }
}

/// Replays what waits over rows that have just arrived. What no longer fits changes nothing and is left to the database's answer.
pub(crate) fn replay(connection: &Connection, stale: &Stale) -> Result<()> {
    let ledger = Ledger {
        connection,
        keeps_shadows: true,
        stale,
    };
    for waiting in outbox::waiting(connection)? {
        let action = Action {
            id: waiting.id,
            person: waiting.person,
            name: waiting.name,
            args: waiting.args,
            at: waiting.at,
        };
        do_again(&ledger, &action)?;
    }
    Ok(())
}

/// The whole effect of a waiting action, or none of it: what it has changed before the rest turned out not to fit goes back with it. Else a screen would
/// show half of it, a customer who has left a booking that was not moved, until the database has answered.
fn do_again(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    let run = |sql: &str| -> Result<usize> { Ok(ledger.connection.prepare_cached(sql)?.execute([])?) };
    run("SAVEPOINT again")?;
    match apply(ledger, action) {
        Ok(()) => {}
        Err(CacheError::Refused(_)) => {
            run("ROLLBACK TO again")?;
        }
        Err(error) => return Err(error),
    }
    run("RELEASE again")?;
    Ok(())
}

/// The effect; of an action that names a customer who was merged, on who was kept: the database does the same.
fn apply(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match merged::to_survivors(ledger.connection, action)? {
        Some(action) => apply_as_said(ledger, &action),
        None => apply_as_said(ledger, action),
    }
}

fn apply_as_said(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "task.complete" => task::complete(ledger, action),
        "task.reassign" | "task.hand_back" => task::reassign(ledger, action),
        "task.snooze" => task::snooze(ledger, action),
        "task.note" => task::note(ledger, action),
        "task.start" => task_work::start(ledger, action),
        "task.create" => task_work::create(ledger, action),
        "task.reprioritise" => assign::reprioritise(ledger, action),
        "task.assign_all" => assign::assign_all(ledger, action),
        "staff.away" => assign::away(ledger, action),
        "staff.back" => assign::back(ledger, action),
        "contact.log" => contact::log(ledger, action),
        "customer.create" => customer::create(ledger, action),
        "customer.edit" => customer::edit(ledger, action),
        "points.award" | "points.reverse" => points::apply(ledger, action),
        "points.give" | "points.ask" | "points.ungive" | "approval.decide" | "clinic.set_point_limits" => {
            gift::apply(ledger, action)
        }
        "payment.take" | "payment.refund" | "clinic.set_promptpay" => payment::apply(ledger, action),
        "clinic.set_opening" | "clinic.close_day" | "clinic.open_day" => opening::apply(ledger, action),
        "clinic.revert_opening" | "clinic.unclose_day" | "clinic.reclose_day" => opening::apply(ledger, action),
        "referral.record" | "referral.decide" => referral::apply(ledger, action),
        "achievement.add_usual" | "achievement.save" => achievement::apply(ledger, action),
        "reward.use" | "reward.cancel" | "reward.save" | "reward.add_usual" => reward::apply(ledger, action),
        "policy.plan" | "month.close" | "month.open" => late::of_the_books(ledger, action),
        "followup.done" => followup::close(ledger, action, "sent"),
        "followup.cancel" => followup::close(ledger, action, "cancelled"),
        "lead.claim" | "lead.release" | "lead.answer" | "lead.unclaim" | "lead.unanswer" => lead::apply(ledger, action),
        "notification.read" | "notification.dismiss" => notification::apply(ledger, action),
        "rule.save" => rule::save(ledger, action),
        "rule.switch" => rule::switch(ledger, action),
        "rule.backfill" => rule::backfill(ledger, action),
        "task.reopen" => task::reopen(ledger, action),
        "task.unsnooze" => task::unsnooze(ledger, action),
        "task.unnote" => task::unnote(ledger, action),
        "task.unstart" => task_work::unstart(ledger, action),
        "task.withdraw" => task_work::withdraw(ledger, action),
        "contact.retract" => contact::retract(ledger, action),
        "customer.revert" => customer::edit(ledger, action),
        "customer.remove" => customer::remove(ledger, action),
        // The clinic's word is awaited: what was put together and what is given back is known there alone.
        "customer.merge" | "customer.separate" => merged::asks(ledger, action),
        "points.redeem" | "points.unredeem" => redeem::apply(ledger, action),
        "followup.reopen" => followup::reopen(ledger, action),
        "journey.open" => journey::open(ledger, action),
        "journey.move" => journey::step(ledger, action),
        "journey.assign" | "journey.unassign" => journey::assign(ledger, action),
        "journey.unmove" => journey::unmove(ledger, action),
        "journey.withdraw" => journey::withdraw(ledger, action),
        _ => apply_at_the_door(ledger, action),
    }
}

/// Who comes, and who is booked.
fn apply_at_the_door(ledger: &Ledger<'_>, action: &Action) -> Result<()> {
    match action.name.as_str() {
        "visit.check_in" => visit::check_in(ledger, action),
        "visit.undo_check_in" => visit::undo_check_in(ledger, action),
        "visit.leave" => visit::leave(ledger, action),
        "visit.return" => visit::come_back(ledger, action),
        "visit.start" => visit::start(ledger, action),
        "visit.unstart" => visit::unstart(ledger, action),
        "visit.finish" => visit::finish(ledger, action),
        "visit.unfinish" => visit::unfinish(ledger, action),
        "appointment.book" => booking::book(ledger, action),
        "appointment.unbook" => booking::unbook(ledger, action),
        "appointment.reschedule" => booking::reschedule(ledger, action),
        "appointment.move_back" => booking::move_back(ledger, action),
        "appointment.no_show" => booking::close(ledger, action, "no_show"),
        "appointment.cancel" => booking::close(ledger, action, "cancelled"),
        "appointment.reopen" => booking::reopen(ledger, action),
        _ => Err(CacheError::Refused("value_not_allowed")),
    }
}

/// The cache while an action is applied: every row is kept as it was before it is touched.
struct Ledger<'a> {
    connection: &'a Connection,
    keeps_shadows: bool,
    stale: &'a Stale,
}

impl Ledger<'_> {
    /// Whether this file is all there is: in the demo clinic nobody else does what the database does.
    fn is_the_clinic(&self) -> bool {
        !self.keeps_shadows
    }

    /// Announces that a row is about to change. Search follows a customer's.
    fn touch(&self, noun: &str, id: Uuid) -> Result<&'static Table> {
        let table = synced::named(noun).ok_or(CacheError::Shape { table: "unknown" })?;
        if self.keeps_shadows {
            shadow::keep(self.connection, table, id)?;
        }
        self.stale.note(table, id);
        Ok(table)
    }
}

impl Action {
    fn uuid(&self, field: &str) -> Result<Uuid> {
        self.text(field)
            .and_then(|text| Uuid::parse_str(text).ok())
            .ok_or(CacheError::Refused("value_not_allowed"))
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.args.get(field).and_then(Json::as_str)
    }

    /// An instant; none where there is none.
    fn instant(&self, field: &str) -> Option<i64> {
        let at = DateTime::parse_from_rfc3339(self.text(field)?).ok()?;
        Some(at.timestamp_micros())
    }
}

/// Microseconds since 1970 as arguments carry an instant.
pub(crate) fn written(at: Option<i64>) -> Json {
    let at = at.and_then(|at| Utc.timestamp_micros(at).single());
    at.map_or(Json::Null, |at| {
        Json::from(at.to_rfc3339_opts(SecondsFormat::Micros, true))
    })
}

/// `DD/MM HH:MM nickname: text`, a line of the running notes of a task or a lead.
fn note_line(connection: &Connection, action: &Action, text: &str) -> Result<String> {
    let nickname: Option<String> = connection
        .prepare_cached("SELECT coalesce(nickname, display_name) FROM staff WHERE id = ?1")?
        .query_row([action.person], |row| row.get(0))
        .optional()?
        .flatten();
    let utc = Utc.timestamp_micros(action.at).single().unwrap_or_default();
    let at = utc.with_timezone(&clinic::zone(connection)?).format("%d/%m %H:%M");
    Ok(format!("{at} {}: {}", nickname.unwrap_or_default(), one_line(text)))
}

/// A note is one line, whatever was typed: the database makes it so too.
fn one_line(text: &str) -> String {
    let parts = text.split(['\r', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}
