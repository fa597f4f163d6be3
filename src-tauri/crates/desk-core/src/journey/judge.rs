//! Whether a move is possible on what is known, in the order in which the database asks: so both refuse for the same reason.

use super::{Action, Need, Outcome, Stage, Transition, transitions};
use crate::role::Role;

/// A journey as far as the rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Where it is.
    pub stage: Stage,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
    /// Where it was when it ended.
    pub closed_from: Option<Stage>,
    /// Sessions of its course; none where it is not one.
    pub planned: Option<i64>,
    /// Of these done.
    pub done: i64,
    /// Its plan names a sum.
    pub has_amount: bool,
}

impl Standing {
    /// Sessions that are still owed.
    pub fn left(&self) -> i64 {
        (self.planned.unwrap_or(0) - self.done).max(0)
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// What.
    pub action: Action,
    /// What they are here; none for who left.
    pub role: Option<Role>,
    /// A sum comes with it.
    pub gives_amount: bool,
    /// A reason comes with it.
    pub gives_reason: bool,
}

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has ended.
    Closed,
    /// Nothing of this kind leads on from here.
    NotFromHere,
    /// Others may.
    Role(&'static [Role]),
    /// No reason was given.
    ReasonMissing,
    /// Something is lacking.
    Needs(Need),
    /// So many sessions are owed.
    SessionsLeft(i64),
}

impl Refusal {
    /// The code by which the database and the window know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Closed => "journey_closed",
            Self::NotFromHere => "move_not_allowed",
            Self::Role(_) => "role_not_allowed",
            Self::ReasonMissing => "reason_missing",
            Self::Needs(_) => "condition_not_met",
            Self::SessionsLeft(_) => "sessions_left",
        }
    }
}

/// Where the move leads, or what stands in its way.
///
/// # Errors
/// The first thing that stands in the way.
pub fn judge(standing: &Standing, wish: &Wish) -> Result<Transition, Refusal> {
    let found = transitions().find(|row| leads_on(standing, wish.action, row));
    let Some(row) = found else {
        let closed = standing.stage == Stage::Completed;
        return Err(if closed { Refusal::Closed } else { Refusal::NotFromHere });
    };
    if !wish.role.is_some_and(|role| row.rule.roles.contains(&role)) {
        return Err(Refusal::Role(row.rule.roles));
    }
    if row.rule.asks_reason && !wish.gives_reason {
        return Err(Refusal::ReasonMissing);
    }
    meets(standing, wish, row.rule.needs)?;
    Ok(row)
}

fn leads_on(standing: &Standing, action: Action, row: &Transition) -> bool {
    let is_it = row.rule.action == action && action != Action::Open && row.from == standing.stage;
    is_it && (row.rule.needs != Some(Need::ClosedFrom) || standing.closed_from == Some(row.to))
}

fn meets(standing: &Standing, wish: &Wish, needs: Option<Need>) -> Result<(), Refusal> {
    let left = standing.left();
    match needs {
        Some(Need::Amount) if !wish.gives_amount && !standing.has_amount => Err(Refusal::Needs(Need::Amount)),
        Some(Need::SessionsLeft) if left == 0 => Err(Refusal::Needs(Need::SessionsLeft)),
        Some(Need::NoSessionsLeft) if left > 0 => Err(Refusal::SessionsLeft(left)),
        Some(_) | None => Ok(()),
    }
}

/// One line of what can be done with a journey, or why not.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What.
    pub action: Action,
    /// Where it leads, or what stands in the way, if everything it asks for is given.
    pub verdict: Result<Transition, Refusal>,
}

/// Everything somebody could think of doing: what they may in the order of the rules, then what they may not.
pub fn offers(standing: &Standing, role: Option<Role>) -> Vec<Offer> {
    let mut actions: Vec<Action> = transitions().map(|row| row.rule.action).collect();
    actions.dedup();
    let mut all: Vec<Offer> = actions
        .into_iter()
        .filter(|action| *action != Action::Open)
        .map(|action| {
            let wish = Wish {
                action,
                role,
                gives_amount: true,
                gives_reason: true,
            };
            let verdict = judge(standing, &wish);
            Offer { action, verdict }
        })
        .collect();
    all.sort_by_key(|offer| offer.verdict.is_err());
    all
}
