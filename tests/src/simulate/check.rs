//! What must hold after every step, on every PC and in the database.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    pc::Pc,
    person::Intention,
    predict, predict_door, predict_pay,
    row::{Key, Rows, Scope, key, noun, table},
    seen::{Place, Seen, Stream, Table, Waits},
    world::World,
};

/// A promise that was broken.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which one, in a few words that never change.
    pub promise: &'static str,
    /// How.
    pub how: String,
}

/// What a check answers.
pub type Checked = Result<(), Violation>;

/// Complains.
pub fn broken<T>(promise: &'static str, how: impl Into<String>) -> Result<T, Violation> {
    Err(Violation {
        promise,
        how: how.into(),
    })
}

/// What was seen of a PC before.
#[derive(Clone, Debug, Default)]
pub struct Before {
    streams: BTreeMap<String, Stream>,
    places: BTreeMap<Uuid, Place>,
    unanswered: BTreeSet<Uuid>,
    /// What waiting actions touched, as the clinic last said it.
    kept: Rows,
}

impl Before {
    /// Remembers what is seen now.
    pub fn of(seen: &Seen) -> Self {
        Self {
            streams: seen.streams.clone(),
            places: seen.places.clone(),
            unanswered: unanswered(seen).map(|action| action.id).collect(),
            kept: kept_rows(seen),
        }
    }
}

/// Everything that must hold on one PC.
///
/// # Errors
/// The first promise that is broken.
pub fn pc(pc: &Pc, before: &Before, world: &World) -> Checked {
    let seen = &pc.seen;
    for (scope, stream) in &seen.streams {
        snapshot(pc, scope, stream, world)?;
    }
    own_rows_only(pc)?;
    replayed(seen)?;
    kept(seen)?;
    numbered(seen)?;
    if !pc.was_replaced {
        forward(&before.streams, &seen.streams)?;
        settled(before, pc, world)?;
        in_order(before, pc)?;
        together(before, pc, world)?;
    }
    access(pc, world)
}

/// At each consistent point the base is what the clinic had at exactly that version, row for row, and nothing else.
fn snapshot(pc: &Pc, scope: &str, stream: &Stream, world: &World) -> Checked {
    if !world.is_whole(pc.nth, scope, stream) {
        return Ok(());
    }
    let Some(expected) = world.rows_at(&stream.life, stream.at.version) else {
        return broken(
            "snapshot",
            format!(
                "PC {} {scope} stands at version {} of no life",
                pc.nth, stream.at.version
            ),
        );
    };
    let scope = scope_of(scope);
    let mine = |key: &Key| pc.seen.base.get(key).filter(|row| row.scope() == scope);
    let theirs = expected.iter().filter(|(_, row)| row.scope() == scope);
    for (key, row) in theirs {
        if mine(key).is_none_or(|mine| mine != row) && !moved_on(pc, *key, scope, stream, world) {
            let mine = mine(key).map(|row| &row.values);
            return broken(
                "snapshot",
                format!(
                    "PC {} v{} {}: clinic {:?}, here {mine:?}",
                    pc.nth,
                    stream.at.version,
                    name(*key),
                    row.values
                ),
            );
        }
    }
    let is_theirs = |key: &Key| expected.get(key).is_some_and(|row| row.scope() == scope);
    let mut here = pc.seen.base.iter().filter(|(_, row)| row.scope() == scope);
    match here.find(|(key, _)| !is_theirs(key)) {
        Some((key, _)) => broken(
            "snapshot",
            format!("PC {} v{} {} is here only", pc.nth, stream.at.version, name(*key)),
        ),
        None => Ok(()),
    }
}

fn scope_of(text: &str) -> Scope {
    let person = text.strip_prefix("person:").and_then(|id| Uuid::parse_str(id).ok());
    person.map_or(Scope::Clinic, Scope::Person)
}

fn name(key: Key) -> String {
    format!("{} {}", table(key.0).name, key.1)
}

/// A notification that has gone on to another person of this PC since: that person's stream knows better. So it does where it is in another
/// life of the database, which a colleague's stream whose access has ended never reaches.
fn moved_on(pc: &Pc, key: Key, scope: Scope, stream: &Stream, world: &World) -> bool {
    let others = pc.seen.streams.iter().map(|(other, there)| (scope_of(other), there));
    let mut others = others.filter(|(other, _)| !matches!(other, Scope::Clinic) && *other != scope);
    let took_it = |other: Scope, there: &Stream| {
        let between = world.rows_between(&stream.life, stream.at.version, there.at.version);
        there.life != stream.life
            || between
                .iter()
                .any(|rows| rows.get(&key).is_some_and(|row| row.scope() == other))
    };
    scope != Scope::Clinic && others.any(|(other, there)| took_it(other, there))
}

/// No row of a person who does not use this PC.
fn own_rows_only(pc: &Pc) -> Checked {
    let number = noun("notification").number;
    let range = pc.seen.view.range((number, Uuid::nil())..=(number, Uuid::max()));
    for (key, row) in range {
        let owner = row.id("user_id").unwrap_or_default();
        if !pc.people.contains(&owner) {
            return broken("scope", format!("PC {} holds {} of {owner}", pc.nth, name(*key)));
        }
    }
    Ok(())
}

/// The screen shows the base with everything that waits on top: nothing of it flickers away, nothing else is there.
fn replayed(seen: &Seen) -> Checked {
    let mut expected = seen.base.clone();
    predict::replay(&mut expected, &seen.waiting);
    match difference(&expected, &seen.view) {
        Some(how) => broken("read your writes", how),
        None => Ok(()),
    }
}

fn difference(expected: &Table, view: &Table) -> Option<String> {
    if expected == view {
        return None;
    }
    let keys: BTreeSet<&Key> = expected.keys().chain(view.keys()).collect();
    let other = keys.into_iter().find(|key| expected.get(key) != view.get(key))?;
    let (must, is) = (expected.get(other), view.get(other));
    Some(format!(
        "{}: must be {:?}, is {:?}",
        name(*other),
        must.map(|row| &row.values),
        is.map(|row| &row.values)
    ))
}

/// Rows are kept only for what waiting actions touch.
fn kept(seen: &Seen) -> Checked {
    for kept in &seen.kept {
        if !seen.waiting.iter().any(|action| touches(action, *kept, seen)) {
            return broken("rebase", format!("{} is kept, and nothing waits for it", name(*kept)));
        }
    }
    Ok(())
}

fn touches(action: &Waits, kept: Key, seen: &Seen) -> bool {
    let id = |field: &str| {
        action
            .args
            .get(field)
            .and_then(|id| id.as_str())
            .and_then(|id| Uuid::parse_str(id).ok())
    };
    let profile_of = |customer: Option<Uuid>| {
        let of = |table: &Table| table.get(&kept).and_then(|row| row.id("customer_id"));
        [noun("loyalty_profile").number, noun("lot").number].contains(&kept.0)
            && customer.is_some()
            && (of(&seen.base) == customer || of(&seen.view) == customer)
    };
    match action.name.split('.').next() {
        Some("task") => id("id").is_some_and(|id| kept == key("task", id)),
        Some("customer") => id("id").is_some_and(|id| kept == key("customer", id)),
        Some("followup") => id("id").is_some_and(|id| kept == key("followup", id)),
        Some("notification") => id("id").is_some_and(|id| kept == key("notification", id)),
        Some("lead") => id("id").is_some_and(|id| kept == key("lead", id)),
        Some("payment") => predict_pay::touches(action, kept, [&seen.base, &seen.view]),
        Some("points") => {
            let is = |noun: &str, field: &str| id(field).is_some_and(|id| kept == key(noun, id));
            is("point_entry", "id") || is("coupon", "id") || is("coupon", "of") || profile_of(id("customer_id"))
        }
        _ => predict_door::touches(action, kept, [&seen.base, &seen.view]),
    }
}

/// Numbers of what was not answered follow one another, up to the last one given out.
fn numbered(seen: &Seen) -> Checked {
    let mut last: BTreeMap<Uuid, i64> = BTreeMap::new();
    for action in seen.waiting.iter().filter(|action| !action.is_answered) {
        let before = last.insert(action.person, action.seq);
        if before.is_some_and(|before| action.seq != before + 1) {
            return broken("outbox numbers", format!("{} follows {before:?}", action.seq));
        }
    }
    match last
        .iter()
        .find(|(person, last)| seen.numbers.get(person) != Some(last))
    {
        Some((person, last)) => broken(
            "outbox numbers",
            format!("{last} is the last, {:?} was given out", seen.numbers.get(person)),
        ),
        None => Ok(()),
    }
}

fn unanswered(seen: &Seen) -> impl Iterator<Item = &Waits> {
    seen.waiting.iter().filter(|action| !action.is_answered)
}

/// What people did at one PC reaches the clinic in the order in which they did it: nothing is answered while something older waits whose person
/// the clinic lets in, unless it has not taken it for several rounds.
fn in_order(before: &Before, pc: &Pc) -> Checked {
    let waits = |action: &&Waits| !action.is_answered && pc.session.contains(&action.person);
    let Some(oldest) = pc
        .seen
        .waiting
        .iter()
        .position(|action| waits(&action))
        .filter(|_| pc.engine.is_patient())
    else {
        return Ok(());
    };
    let mut later = pc.seen.waiting.iter().skip(oldest);
    match later.find(|action| action.is_answered && before.unanswered.contains(&action.id)) {
        Some(early) => broken(
            "order of doing",
            format!("{} {} was answered early", early.name, early.id),
        ),
        None => Ok(()),
    }
}

fn kept_rows(seen: &Seen) -> Rows {
    let kept = seen.kept.iter();
    kept.filter_map(|key| Some((*key, seen.base.get(key)?.clone())))
        .collect()
}

/// In the middle of a catch-up the rows that waiting actions touch stay as they were: one half of a transaction under an action that is part of it
/// would show what it gives or takes twice.
fn together(before: &Before, pc: &Pc, world: &World) -> Checked {
    let now = kept_rows(&pc.seen);
    let is_whole = |row: &super::row::Row| {
        let scope = row.scope().text();
        let stream = pc.seen.streams.get(&scope);
        stream.is_none_or(|stream| world.is_whole(pc.nth, &scope, stream))
    };
    let moved = |(key, row): &(&Key, &std::sync::Arc<super::row::Row>)| {
        before.kept.get(key).is_some_and(|before| before != *row)
    };
    match now.iter().filter(moved).find(|(_, row)| !is_whole(row)) {
        Some((key, _)) => broken(
            "together",
            format!("PC {} {} moved in the middle of a catch-up", pc.nth, name(*key)),
        ),
        None => Ok(()),
    }
}

/// A stream goes forward, in one life of the database, unless everything was loaded anew.
fn forward(before: &BTreeMap<String, Stream>, now: &BTreeMap<String, Stream>) -> Checked {
    for (scope, old) in before {
        match now.get(scope) {
            None => return broken("monotonic", format!("{scope} is forgotten")),
            Some(new) if new.life != old.life => {
                return broken("monotonic", format!("{scope} went from {} to {}", old.life, new.life));
            }
            Some(new) if new.at < old.at => {
                return broken(
                    "monotonic",
                    format!("{scope} went back from {:?} to {:?}", old.at, new.at),
                );
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// An action leaves the outbox with the rows that show it, and as what the database decided.
fn settled(before: &Before, pc: &Pc, world: &World) -> Checked {
    let seen = &pc.seen;
    let Some(clinic) = seen.streams.get("clinic").filter(|clinic| clinic.life == world.life()) else {
        return Ok(());
    };
    let left = seen
        .places
        .iter()
        .filter(|(id, place)| before.places.get(id) == Some(&Place::Waits) && **place != Place::Waits);
    for (id, place) in left {
        if *place == Place::TakenBack {
            continue;
        }
        let Some(known) = world.server.mutations.get(id) else {
            return broken(
                "settled",
                format!("{id} is {place:?}, and the database does not know it"),
            );
        };
        let fits = match place {
            Place::Done => known.outcome.refused.is_none(),
            Place::Attention | Place::Settled => known.outcome.refused.is_some(),
            Place::TakenBack | Place::Waits => false,
        };
        if !fits {
            return broken(
                "settled",
                format!(
                    "{} is {place:?}, the database says {:?}",
                    known.action.name, known.outcome.refused
                ),
            );
        }
        if clinic.at.version < known.version || !world.is_whole(pc.nth, "clinic", clinic) {
            return broken(
                "settled",
                format!(
                    "{} of v{} was let go at {:?}",
                    known.action.name, known.version, clinic.at
                ),
            );
        }
        let person = seen.streams.get(&Scope::Person(known.person).text());
        // Nobody reads the stream of a person whose access has ended.
        let is_personal = known.action.name.starts_with("notification.") && pc.session.contains(&known.person);
        if is_personal && person.is_some_and(|person| person.at.version < known.version) {
            return broken(
                "settled",
                format!("{} was let go before its row came", known.action.name),
            );
        }
    }
    Ok(())
}

/// After access has ended for everybody here, nothing newer comes.
fn access(pc: &Pc, world: &World) -> Checked {
    let Some(until) = world.read_until(pc.nth) else {
        return Ok(());
    };
    let newest = pc
        .seen
        .streams
        .values()
        .filter(|stream| stream.life == until.0)
        .map(|stream| stream.at.version)
        .max();
    if newest.is_some_and(|newest| newest > until.1) {
        return broken(
            "scope",
            format!("PC {} read v{newest:?} after access ended at v{}", pc.nth, until.1),
        );
    }
    Ok(())
}

/// Everything that must hold in the database, whoever asks: once each, and a ledger that adds up.
///
/// # Errors
/// The first promise that is broken.
pub fn server(world: &World, intentions: &BTreeMap<Uuid, Intention>) -> Checked {
    if let Some((id, times)) = world.server.effects.iter().find(|(_, times)| **times > 1) {
        return broken("exactly once", format!("{id} took effect {times} times"));
    }
    let strange = world.server.effects.keys().find(|id| !intentions.contains_key(id));
    match strange {
        Some(id) => broken("exactly once", format!("nobody did {id}")),
        None => ledger(world),
    }
}

fn ledger(world: &World) -> Checked {
    let rows = &world.server.rows;
    let number = noun("loyalty_profile").number;
    for (key, profile) in rows.range((number, Uuid::nil())..=(number, Uuid::max())) {
        let entries = rows
            .values()
            .filter(|row| row.tbl == noun("point_entry").number && row.id("customer_id") == profile.id("customer_id"));
        let sum: i64 = entries.filter_map(|row| row.int("amount")).sum();
        let lots = rows
            .values()
            .filter(|row| row.tbl == noun("lot").number && row.id("customer_id") == profile.id("customer_id"));
        let left: i64 = lots.filter_map(|row| row.int("remaining")).sum();
        // Points of money that was given back and had been spent are owed.
        let (has, owes) = (sum.max(0), (-sum).max(0));
        let says = (profile.int("available_points"), profile.int("owed"));
        if says != (Some(has), Some(owes)) || left != has {
            return broken(
                "ledger",
                format!("{} has {says:?}, its entries {sum}, its lots {left}", name(*key)),
            );
        }
    }
    Ok(())
}

/// An edit that knew the current value is accepted; one that did not is refused: whatever the clocks say.
///
/// # Errors
/// The promise, if it is broken.
pub fn causal(world: &World, from: i64) -> Checked {
    for known in world
        .server
        .mutations
        .values()
        .filter(|known| known.version > from && known.action.name == "customer.edit")
    {
        let Some(before) = world.server.past.get(usize::try_from(known.version - 1).unwrap_or(0)) else {
            continue;
        };
        let edits = world.server.mutations.values().filter(|other| {
            other.version == known.version && other.action.args.get("id") == known.action.args.get("id")
        });
        // Of several edits of one customer in one batch each knows the one before it; only lone ones are judged.
        if edits.count() == 1 {
            judge(known, before)?;
        }
    }
    Ok(())
}

fn judge(known: &super::server::Mutation, before: &Rows) -> Checked {
    let args = &known.action.args;
    let id = args
        .get("id")
        .and_then(|id| id.as_str())
        .and_then(|id| Uuid::parse_str(id).ok());
    let Some(row) = id.and_then(|id| before.get(&key("customer", id))) else {
        return Ok(());
    };
    let fields = args.get("set").and_then(|set| set.as_object()).into_iter().flatten();
    let is_behind = fields.into_iter().any(|(field, mine)| {
        let theirs = row.text(field).unwrap_or_default();
        let seen = args.get("base").and_then(|base| base.get(field));
        // Who saw nothing there has seen something: an empty field.
        let seen = seen.map(|seen| seen.as_str().unwrap_or_default());
        seen.is_some_and(|seen| seen != theirs) && mine.as_str().unwrap_or_default() != theirs
    });
    let code = known.outcome.refused.as_ref().map(|refused| refused.code.as_str());
    match (is_behind, code) {
        (true, None) => broken("causal edit", "an edit won over what its person never saw"),
        (false, Some("changed_meanwhile")) => broken("causal edit", "an edit lost though nobody had changed anything"),
        _ => Ok(()),
    }
}

/// What a person did is somewhere: on a PC, or done in the database.
pub fn survives(id: Uuid, pcs: &[Pc], world: &World) -> bool {
    let on_a_pc = pcs.iter().any(|pc| pc.seen.places.contains_key(&id));
    let is_done = world
        .server
        .mutations
        .get(&id)
        .is_some_and(|known| known.outcome.refused.is_none());
    on_a_pc || is_done
}

#[cfg(test)]
mod tests {
    use desk_cache::outbox::{Outcome, Refusal, Waiting};
    use serde_json::json;

    use super::*;
    use crate::simulate::{server::Mutation, start::rows, web};

    const CUSTOMER: Uuid = Uuid::from_u128(1 << 64);

    /// An edit of a customer's note by somebody who saw `seen`, decided while `stands` stood there.
    fn decided(seen: serde_json::Value, stands: &str, refused: Option<&str>) -> Checked {
        let mut customer = web::customer(CUSTOMER, "c", 0);
        customer.set("notes", crate::simulate::row::text(stands));
        let mut before = rows();
        before.insert(customer.key(), customer.into());
        let action = Waiting {
            id: CUSTOMER,
            person: CUSTOMER,
            seq: 1,
            name: "customer.edit".into(),
            args: json!({ "id": CUSTOMER, "set": { "notes": "mine" }, "base": { "notes": seen } }),
            v: 1,
            at: 0,
            is_answered: false,
        };
        let refused = refused.map(|code| Refusal {
            code: code.into(),
            detail: None,
        });
        let outcome = Outcome { id: action.id, refused };
        let (person, at, version) = (action.person, 0, 1);
        judge(
            &Mutation {
                action,
                person,
                at,
                outcome,
                version,
            },
            &before,
        )
    }

    #[test]
    fn who_saw_an_empty_field_is_behind_as_soon_as_something_stands_there() {
        for nothing in [json!(null), json!("")] {
            assert!(decided(nothing.clone(), "theirs", Some("changed_meanwhile")).is_ok());
            assert!(
                decided(nothing.clone(), "theirs", None).is_err(),
                "an edit won over what nobody saw"
            );
            assert!(
                decided(nothing, "", Some("changed_meanwhile")).is_err(),
                "an edit lost without a reason"
            );
        }
        assert!(decided(json!("theirs"), "theirs", None).is_ok());
        assert!(
            decided(json!("older"), "mine", None).is_ok(),
            "who wants what stands there loses nothing"
        );
    }
}
