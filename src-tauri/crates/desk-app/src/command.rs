//! The one list of commands. From it come the dispatch below, the desktop adapters, the window's permissions (its `build.rs` reads
//! the names between the two marker lines) and the TypeScript map.

pub use crate::api::{
    Nothing, Saved,
    agenda::{Agenda, AgendaList, QueueNumber, VisitCheckIn, VisitLeave, VisitMove, VisitNumber},
    booking::{AppointmentBook, AppointmentCancel, AppointmentNoShow, AppointmentReschedule},
    call::{CallChoices, CallDial, CallWith, CallerFind, Callers, ContactLog, MomentRead, Understood},
    customer::{
        CustomerCard, CustomerCreate, CustomerEdit, CustomerOpen, CustomerSearch, CustomersFound, LedgerPage,
        PointEntries, PointsAward, PointsPreview, PointsPromise,
    },
    display::{DisplayAnswer, DisplayAsk, DisplayCharge, DisplayShown, DisplayStanding, DisplayTurn},
    followup::{FollowupCancel, FollowupDone},
    journey::{Board, BoardAsk, JourneyAssign, JourneyMove, JourneyOpen, JourneyShow, JourneyShown},
    lead::{LeadAnswer, LeadClaim, LeadOpen, LeadRelease, LeadRow, LeadSnooze, Leads},
    notification::{
        Disturb, DisturbSet, MuteAnswer, NotificationDismiss, NotificationRead, Notifications, WithCustomer,
    },
    opening::{DayClose, DayOpen, OpeningSet, OpeningShown},
    payment::{
        PaymentPreview, PaymentPromise, PaymentRefund, PaymentTake, PromptpaySet, PromptpayShown, ReceiptAsk,
        ReceiptShown, RefundPreview, RefundPromise,
    },
    points::{PointsRedeem, RedeemPreview, RedeemPromise, Redeemed},
    rule::{RuleAsk, RuleBackfill, RuleDryRun, RuleFigures, RuleRows, RuleSave, RuleSwitch},
    session::{Connect, StartState, Unlock},
    settings::{Settings, SettingsSet},
    support::SupportFile,
    sync::{AttentionSettle, SyncState},
    task::{
        Colleagues, StaffAway, StaffBack, TaskComplete, TaskCreate, TaskList, TaskNote, TaskReassign, TaskRows,
        TaskSnooze, TaskSnoozeUntil, TaskStart,
    },
    today::Today,
    undo::{Undo, UndoNext, Undone},
};

/// Calls `$apply!` with every command: `name: Request => Response`.
#[macro_export]
macro_rules! for_each_command {
    ($apply:ident) => {
        $apply! {
            // begin commands
            start: Nothing => StartState,
            connect: Connect => StartState,
            demo_open: Nothing => StartState,
            demo_remove: Nothing => StartState,
            unlock: Unlock => StartState,
            lock: Nothing => StartState,
            today: Nothing => Today,
            agenda_list: AgendaList => Agenda,
            visit_number: VisitNumber => QueueNumber,
            visit_check_in: VisitCheckIn => Saved,
            visit_start: VisitMove => Saved,
            visit_finish: VisitMove => Saved,
            visit_leave: VisitLeave => Saved,
            appointment_book: AppointmentBook => Saved,
            appointment_reschedule: AppointmentReschedule => Saved,
            appointment_no_show: AppointmentNoShow => Saved,
            appointment_cancel: AppointmentCancel => Saved,
            lead_list: Nothing => Leads,
            lead_open: LeadOpen => LeadRow,
            lead_claim: LeadClaim => Saved,
            lead_release: LeadRelease => Saved,
            lead_answer: LeadAnswer => Saved,
            lead_snooze: LeadSnooze => Nothing,
            customer_search: CustomerSearch => CustomersFound,
            customer_card: CustomerOpen => CustomerCard,
            customer_create: CustomerCreate => Saved,
            customer_edit: CustomerEdit => Saved,
            journey_board: BoardAsk => Board,
            journey_show: JourneyShow => JourneyShown,
            journey_open: JourneyOpen => Saved,
            journey_move: JourneyMove => Saved,
            journey_assign: JourneyAssign => Saved,
            points_ledger: LedgerPage => PointEntries,
            points_preview: PointsPreview => PointsPromise,
            points_award: PointsAward => Saved,
            redeem_preview: RedeemPreview => RedeemPromise,
            points_redeem: PointsRedeem => Redeemed,
            display_open: Nothing => DisplayStanding,
            display_close: Nothing => DisplayStanding,
            display_standing: Nothing => DisplayStanding,
            display_turn: DisplayTurn => DisplayStanding,
            display_ask: DisplayAsk => DisplayStanding,
            display_charge: DisplayCharge => DisplayStanding,
            display_shown: Nothing => DisplayShown,
            display_answer: DisplayAnswer => DisplayShown,
            payment_preview: PaymentPreview => PaymentPromise,
            payment_take: PaymentTake => Saved,
            payment_refund_preview: RefundPreview => RefundPromise,
            payment_refund: PaymentRefund => Saved,
            payment_receipt: ReceiptAsk => ReceiptShown,
            promptpay: Nothing => PromptpayShown,
            promptpay_set: PromptpaySet => Saved,
            opening: Nothing => OpeningShown,
            opening_set: OpeningSet => Saved,
            day_close: DayClose => Saved,
            day_open: DayOpen => Saved,
            task_list: TaskList => TaskRows,
            task_complete: TaskComplete => Saved,
            task_reassign: TaskReassign => Saved,
            task_snooze: TaskSnooze => Saved,
            task_snooze_until: TaskSnoozeUntil => Saved,
            task_note: TaskNote => Saved,
            task_start: TaskStart => Saved,
            task_create: TaskCreate => Saved,
            task_reprioritise: Nothing => Saved,
            task_assign_all: Nothing => Saved,
            staff_list: Nothing => Colleagues,
            staff_away: StaffAway => Saved,
            staff_back: StaffBack => Saved,
            moment_read: MomentRead => Understood,
            call_choices: CallWith => CallChoices,
            call_dial: CallDial => Nothing,
            contact_log: ContactLog => Saved,
            caller_find: CallerFind => Callers,
            followup_done: FollowupDone => Saved,
            followup_cancel: FollowupCancel => Saved,
            undo: Undo => Undone,
            undo_next: Nothing => UndoNext,
            notification_list: Nothing => Notifications,
            notification_read: NotificationRead => Saved,
            notification_dismiss: NotificationDismiss => Saved,
            notification_read_all: Nothing => Nothing,
            notification_mute: MuteAnswer => Nothing,
            disturb_set: DisturbSet => Disturb,
            with_customer: WithCustomer => Nothing,
            rule_list: Nothing => RuleRows,
            rule_figures: Nothing => RuleFigures,
            rule_save: RuleSave => Saved,
            rule_switch: RuleSwitch => Saved,
            rule_dry_run: RuleAsk => RuleDryRun,
            rule_backfill: RuleBackfill => Saved,
            sync_state: Nothing => SyncState,
            sync_now: Nothing => SyncState,
            attention_settle: AttentionSettle => SyncState,
            settings: Nothing => Settings,
            settings_set: SettingsSet => Settings,
            support_file: Nothing => SupportFile,
            // end commands
        }
    };
}

macro_rules! command_names {
    ($($name:ident: $request:ty => $response:ty,)+) => {
        /// Every command's name, in the order of the list.
        pub const COMMANDS: &[&str] = &[$(stringify!($name)),+];
    };
}
for_each_command!(command_names);

#[cfg(test)]
mod bindings;
