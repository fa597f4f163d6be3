//! Bugs planted on purpose: each is a mistake that somebody's sync has made (`sync.md` §3.3, §5, §1.2). They live in the model or in the
//! simulation's own copy of a step; shipped code has no switch for them. A test proves that the simulation catches every one.

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The database decides an action again that it has decided.
    NoDedupe,
    /// An action is known by its number in an outbox, not by its id.
    KnownByNumber,
    /// A refusal fails the whole batch.
    PoisonBlocks,
    /// A refusal is answered as done.
    RefusalsAnsweredOk,
    /// The last action of a batch is answered, and its record forgotten.
    LastOfBatchLost,
    /// An edit wins over what its person never saw.
    BaseIgnored,
    /// A transaction takes its number when it begins, not when it becomes visible.
    SequenceCursor,
    /// A full page ends at the end of its last version.
    PageByVersion,
    /// A full page ends at the head.
    NextIsHead,
    /// A full page counts as consistent.
    ConsistentOnFullPage,
    /// A page at the head says that there is more.
    EmptyPageForever,
    /// Keys and rows of a page are of two moments.
    PayloadOfAnotherSnapshot,
    /// Rows are read after their keys, and nobody looks whether the clinic went on in between.
    VersionUnchecked,
    /// Deletes are left out of the feed.
    DeletesLost,
    /// A row that was written and deleted in one transaction leaves no tombstone.
    DeleteLostInOneTransaction,
    /// A row that left a scope is deleted wherever it lives now.
    LeaveIsDelete,
    /// A row that moved to another person is not taken from the one before.
    NoLeave,
    /// In a row that moved back and forth the leave wins over the arrival.
    LeaveNotForgotten,
    /// A load sends everybody's notifications.
    ScopeLeak,
    /// A login whose access has ended is answered.
    RevokedServed,
    /// Another life of the database is not noticed.
    LifeIgnored,
    /// A place below the trimmed stretch is taken.
    TrimIgnored,
    /// A place in the middle of the trimmed version is taken.
    TrimByVersion,
    /// A standby answers as if it were the primary.
    StandbyBelieved,
    /// A load notes the head after its copies instead of before.
    HeadAfterCopies,
    /// An empty text is copied as nothing, and pulled as empty.
    EmptyTextIsNothing,
    /// After a restore the server says that it knows every action.
    KnownToAll,
    /// The answer to an earlier request is taken for this one's.
    LateAnswer,
    /// An action is let go when the push is answered, not when its rows are here.
    SettledOnPush,
    /// An answered action is let go in the middle of a catch-up.
    SettledOnPartialPage,
    /// The place is saved before the rows.
    PositionFirst,
    /// The clinic's stream, where answered actions are let go, is read before the people's.
    ClinicFirst,
    /// Kept rows are forgotten instead of put back.
    ShadowsForgotten,
    /// A refused action leaves nothing behind.
    RefusalForgotten,
    /// A load anew begins with an empty outbox.
    ReloadForgetsOutbox,
    /// A load anew lets go of what was answered in the life before.
    ReloadKeepsAnswers,
    /// A place that does not hold any more is tried again and again.
    ReloadIgnored,
    /// An outbox that was continued elsewhere keeps its identity.
    ForkIgnored,
    /// An action sent again has a new id.
    NewIdOnRetry,
    /// A new person's stream begins where the clinic's stands.
    StreamFromHead,
    /// An action under way counts as never sent.
    TakenOutThoughSent,
    /// What the people of one PC did is sent person by person, not in the order in which they did it.
    PersonByPerson,
    /// In the middle of a catch-up, rows are taken in under actions that belong to the same transaction.
    HeldTooShort,
    /// A queue number is one more than are here, not one more than was given.
    NumberOfWhoIsHere,
    /// A second counter that checks the same customer in makes a second visit.
    SecondCheckIn,
    /// A booking is moved, whatever its person saw.
    SlotIgnored,
    /// Who takes a lead second has it.
    SecondClaimWins,
    /// The last answer of a lead stops its clock, not the earliest.
    LastAnswerCounts,
    /// The number of a payment is one more than the last bill's, not one more than was given.
    NumberOfLastPaid,
    /// What was given back of a payment before is not looked at.
    RefundsForgotten,
    /// Money that is given back leaves the points that it earned.
    PointsStay,
    /// Who comes second to a lead is not told who has it.
    WhoIsUntold,
}

impl Bug {
    /// Every one of them.
    pub const ALL: &[Self] = &[
        Self::NoDedupe,
        Self::KnownByNumber,
        Self::PoisonBlocks,
        Self::RefusalsAnsweredOk,
        Self::LastOfBatchLost,
        Self::BaseIgnored,
        Self::SequenceCursor,
        Self::PageByVersion,
        Self::NextIsHead,
        Self::ConsistentOnFullPage,
        Self::EmptyPageForever,
        Self::PayloadOfAnotherSnapshot,
        Self::VersionUnchecked,
        Self::DeletesLost,
        Self::DeleteLostInOneTransaction,
        Self::LeaveIsDelete,
        Self::NoLeave,
        Self::LeaveNotForgotten,
        Self::ScopeLeak,
        Self::RevokedServed,
        Self::LifeIgnored,
        Self::TrimIgnored,
        Self::TrimByVersion,
        Self::StandbyBelieved,
        Self::HeadAfterCopies,
        Self::EmptyTextIsNothing,
        Self::KnownToAll,
        Self::LateAnswer,
        Self::SettledOnPush,
        Self::SettledOnPartialPage,
        Self::PositionFirst,
        Self::ClinicFirst,
        Self::ShadowsForgotten,
        Self::RefusalForgotten,
        Self::ReloadForgetsOutbox,
        Self::ReloadKeepsAnswers,
        Self::ReloadIgnored,
        Self::ForkIgnored,
        Self::NewIdOnRetry,
        Self::StreamFromHead,
        Self::TakenOutThoughSent,
        Self::PersonByPerson,
        Self::HeldTooShort,
        Self::NumberOfWhoIsHere,
        Self::SecondCheckIn,
        Self::SlotIgnored,
        Self::SecondClaimWins,
        Self::LastAnswerCounts,
        Self::NumberOfLastPaid,
        Self::RefundsForgotten,
        Self::PointsStay,
        Self::WhoIsUntold,
    ];

    /// The bug with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| format!("{bug:?}") == name)
    }
}
