//! What may lead where, as data. A change of these rules is a new version here and in a migration.

use super::{
    Action::{self, *},
    Need, Outcome,
    Stage::{self, *},
};
use crate::role::Role::{self, Beautician, FrontDesk, Manager, Owner, Sales, System};

/// The version of the rules below; the database uses its newest.
pub const VERSION: i64 = 1;

/// One rule: an action from any of some stages to any of others.
#[derive(Debug)]
pub struct Rule {
    /// What is done.
    pub action: Action,
    /// Where it may be done.
    pub from: &'static [Stage],
    /// Where it leads.
    pub to: &'static [Stage],
    /// Who may.
    pub roles: &'static [Role],
    /// What it needs.
    pub needs: Option<Need>,
    /// Whether a person must say why.
    pub asks_reason: bool,
    /// As what it ends the journey.
    pub outcome: Option<Outcome>,
    /// Under which of its eight words the web system sees it.
    pub web: Action,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// The rule it comes from.
    pub rule: &'static Rule,
    /// From this stage …
    pub from: Stage,
    /// … to this one.
    pub to: Stage,
}

/// Every row, in the order in which they are offered.
pub fn transitions() -> impl Iterator<Item = Transition> {
    RULES.iter().flat_map(|rule| {
        let pairs = rule.from.iter().flat_map(|from| rule.to.iter().map(|to| (*from, *to)));
        pairs.map(move |(from, to)| Transition { rule, from, to })
    })
}

/// A manager may do what anybody may, and so may the owner.
const SELLING: &[Role] = &[Owner, Manager, Sales];
const COUNTER: &[Role] = &[Owner, Manager, FrontDesk, Sales];
const TREATING: &[Role] = &[Owner, Manager, FrontDesk, Beautician];
const EVERYONE: &[Role] = &[Owner, Manager, FrontDesk, Sales, Beautician];
const HEADS: &[Role] = &[Owner, Manager];

const fn step(action: Action, from: &'static [Stage], to: &'static [Stage], roles: &'static [Role]) -> Rule {
    Rule {
        action,
        from,
        to,
        roles,
        needs: None,
        asks_reason: false,
        outcome: None,
        web: action,
    }
}

const fn back(from: &'static [Stage], to: &'static [Stage], web: Action) -> Rule {
    Rule {
        asks_reason: true,
        web,
        ..step(StepBack, from, to, HEADS)
    }
}

const RULES: &[Rule] = &[
    Rule {
        web: ScanCustomer,
        ..step(Open, &[LeadCreated], &[LeadCreated], COUNTER)
    },
    step(ScanCustomer, &[LeadCreated], &[Scanned], SELLING),
    step(
        SendProposal,
        &[Scanned],
        &[ProposalSent],
        &[Owner, Manager, Sales, System],
    ),
    Rule {
        needs: Some(Need::Amount),
        ..step(ConfirmPayment, &[ProposalSent], &[PaymentConfirmed], COUNTER)
    },
    step(
        ScheduleAppointment,
        &[PaymentConfirmed],
        &[TreatmentScheduled],
        EVERYONE,
    ),
    step(StartTreatment, &[TreatmentScheduled], &[InTreatment], TREATING),
    step(CompleteTreatment, &[InTreatment], &[TreatmentCompleted], TREATING),
    step(
        SendFollowUp,
        &[TreatmentCompleted],
        &[FollowUp],
        &[Owner, Manager, FrontDesk, Sales, Beautician, System],
    ),
    Rule {
        needs: Some(Need::SessionsLeft),
        web: ScheduleAppointment,
        ..step(
            NextSession,
            &[TreatmentCompleted, FollowUp],
            &[TreatmentScheduled],
            EVERYONE,
        )
    },
    Rule {
        needs: Some(Need::NoSessionsLeft),
        outcome: Some(Outcome::Completed),
        ..step(CloseCase, &[FollowUp], &[Completed], &[Owner, Manager, Sales, System])
    },
    Rule {
        web: ScheduleAppointment,
        ..step(Reschedule, &[TreatmentScheduled], &[TreatmentScheduled], EVERYONE)
    },
    Rule {
        web: ScheduleAppointment,
        ..step(NoShow, &[TreatmentScheduled], &[PaymentConfirmed], EVERYONE)
    },
    Rule {
        asks_reason: true,
        outcome: Some(Outcome::Lost),
        web: CloseCase,
        ..step(MarkLost, &[LeadCreated, Scanned, ProposalSent], &[Completed], SELLING)
    },
    Rule {
        asks_reason: true,
        outcome: Some(Outcome::Cancelled),
        web: CloseCase,
        ..step(Cancel, ALL_BUT_IN_TREATMENT, &[Completed], COUNTER)
    },
    back(&[Scanned], &[LeadCreated], ScanCustomer),
    back(&[ProposalSent], &[Scanned], SendProposal),
    back(&[PaymentConfirmed], &[ProposalSent], ConfirmPayment),
    back(&[TreatmentScheduled], &[PaymentConfirmed], ScheduleAppointment),
    back(&[InTreatment], &[TreatmentScheduled], StartTreatment),
    back(&[TreatmentCompleted], &[InTreatment], CompleteTreatment),
    back(&[FollowUp], &[TreatmentCompleted], SendFollowUp),
    Rule {
        needs: Some(Need::ClosedFrom),
        ..back(&[Completed], ALL_BUT_IN_TREATMENT, CloseCase)
    },
];

/// Where a journey can be called off: not while somebody is being treated.
const ALL_BUT_IN_TREATMENT: &[Stage] = &[
    LeadCreated,
    Scanned,
    ProposalSent,
    PaymentConfirmed,
    TreatmentScheduled,
    TreatmentCompleted,
    FollowUp,
];
