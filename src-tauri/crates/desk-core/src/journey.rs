//! Journeys: nine stages, what may lead where, who may, and what stands in the way. The database decides by the table `desk.transition`; the
//! same rows stand here, so that a desk without a line can say yes and no, and why. A test holds the two against each other.

mod age;
mod judge;
mod rules;

pub use age::{Bounds, Clock, Limit, Order, bounds, limit, order};
pub use judge::{Offer, Refusal, Standing, Wish, judge, offers};
pub use rules::{Rule, Transition, VERSION, transitions};

use crate::words::words;

words! {
    /// Where a journey is.
    pub enum Stage {
        /// Somebody asked.
        LeadCreated = "lead_created",
        /// Her skin was looked at.
        Scanned = "scanned",
        /// She has an offer.
        ProposalSent = "proposal_sent",
        /// She has paid.
        PaymentConfirmed = "payment_confirmed",
        /// She has a booking.
        TreatmentScheduled = "treatment_scheduled",
        /// She is being treated.
        InTreatment = "in_treatment",
        /// A session is done.
        TreatmentCompleted = "treatment_completed",
        /// Somebody asks how she is.
        FollowUp = "follow_up",
        /// It has ended, in whichever way.
        Completed = "completed",
    }
}

words! {
    /// What moves it. The first eight are the web system's.
    #[ts(rename = "StageMove")]
    pub enum Action {
        /// Skin scanned.
        ScanCustomer = "scan_customer",
        /// Offer sent.
        SendProposal = "send_proposal",
        /// Paid.
        ConfirmPayment = "confirm_payment",
        /// Booked.
        ScheduleAppointment = "schedule_appointment",
        /// Treatment begun.
        StartTreatment = "start_treatment",
        /// A session done.
        CompleteTreatment = "complete_treatment",
        /// After-care begun.
        SendFollowUp = "send_follow_up",
        /// Ended well.
        CloseCase = "close_case",
        /// Begun.
        Open = "open",
        /// The next session of a course is booked.
        NextSession = "next_session",
        /// Booked for another time.
        Reschedule = "reschedule",
        /// She did not come.
        NoShow = "no_show",
        /// She will not buy.
        MarkLost = "mark_lost",
        /// It ends before its end.
        Cancel = "cancel",
        /// A manager puts it one stage back.
        StepBack = "step_back",
    }
}

words! {
    /// What a move needs besides the right stage and person.
    #[ts(rename = "MoveNeed")]
    pub enum Need {
        /// A sum: in the plan, or said with the move.
        Amount = "amount",
        /// Sessions of the course that are still owed.
        SessionsLeft = "sessions_left",
        /// None of them.
        NoSessionsLeft = "no_sessions_left",
        /// The stage in which it was closed.
        ClosedFrom = "closed_from",
    }
}

words! {
    /// How a journey ended.
    #[ts(rename = "JourneyOutcome")]
    pub enum Outcome {
        /// Well.
        Completed = "completed",
        /// She did not buy.
        Lost = "lost",
        /// It was called off.
        Cancelled = "cancelled",
    }
}

impl Stage {
    /// Its place among the nine, from 1.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|stage| *stage == self).unwrap_or(0) + 1
    }
}

#[cfg(test)]
mod tests;
