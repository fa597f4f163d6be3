/**
 * The database's own words in the words of people. The backend's enums have exhaustive tables; words that are plain text in the
 * database (another system may write new ones) fall back to the word itself rather than to nothing.
 */
import type { Class } from '../backend/bindings/Class';
import type { Density } from '../backend/bindings/Density';
import type { JourneyOutcome } from '../backend/bindings/JourneyOutcome';
import type { Priority } from '../backend/bindings/Priority';
import type { RewardKind } from '../backend/bindings/RewardKind';
import type { Role } from '../backend/bindings/Role';
import type { SnoozeUntil } from '../backend/bindings/SnoozeUntil';
import type { Theme } from '../backend/bindings/Theme';
import type { Bonuses } from '../backend/bindings/Bonuses';
import type { Tier } from '../backend/bindings/Tier';
import type { UndoStep } from '../backend/bindings/UndoStep';
import type { VisitStepKind } from '../backend/bindings/VisitStepKind';
import { weekdayName } from './dates';
import { m } from './index';
import { baht } from './numbers';

type Words = Record<string, () => string>;

/** The nine stages of a journey, in order. */
export const STAGES = [
  'lead_created',
  'scanned',
  'proposal_sent',
  'payment_confirmed',
  'treatment_scheduled',
  'in_treatment',
  'treatment_completed',
  'follow_up',
  'completed',
] as const;

const ROLE: Record<Role, () => string> = {
  owner: m.role_owner,
  manager: m.role_manager,
  front_desk: m.role_front_desk,
  sales: m.role_sales,
  beautician: m.role_beautician,
};
const PRIORITY: Record<Priority, () => string> = {
  low: m.priority_low,
  medium: m.priority_medium,
  high: m.priority_high,
  critical: m.priority_critical,
};
const TIER: Record<Tier, () => string> = {
  bronze: m.tier_bronze,
  silver: m.tier_silver,
  gold: m.tier_gold,
  platinum: m.tier_platinum,
  diamond: m.tier_diamond,
};
export const SNOOZES: Record<SnoozeUntil, () => string> = {
  quarter: m.snooze_quarter,
  hour: m.snooze_hour,
  tomorrow: m.snooze_tomorrow,
  next_week: m.snooze_next_week,
};
export const THEMES: Record<Theme, () => string> = {
  system: m.settings_theme_system,
  light: m.settings_theme_light,
  dark: m.settings_theme_dark,
};
export const DENSITIES: Record<Density, () => string> = {
  compact: m.settings_compact,
  comfortable: m.settings_comfortable,
};
/** The eight kinds of task. */
export const KINDS: Words = {
  customer_follow_up: m.kind_customer_follow_up,
  appointment_reminder: m.kind_appointment_reminder,
  payment_reminder: m.kind_payment_reminder,
  send_proposal: m.kind_send_proposal,
  follow_up_upsell: m.kind_follow_up_upsell,
  review_request: m.kind_review_request,
  scan_customer: m.kind_scan_customer,
  prepare_treatment: m.kind_prepare_treatment,
};
const STAGE: Words = {
  lead_created: m.stage_lead_created,
  scanned: m.stage_scanned,
  proposal_sent: m.stage_proposal_sent,
  payment_confirmed: m.stage_payment_confirmed,
  treatment_scheduled: m.stage_treatment_scheduled,
  in_treatment: m.stage_in_treatment,
  treatment_completed: m.stage_treatment_completed,
  follow_up: m.stage_follow_up,
  completed: m.stage_completed,
};
const JOURNEY_OUTCOME: Record<JourneyOutcome, () => string> = {
  completed: m.stage_completed,
  lost: m.action_mark_lost,
  cancelled: m.action_cancel,
};
const FOLLOWUP: Words = {
  post_treatment: m.followup_post_treatment,
  payment_reminder: m.followup_payment_reminder,
  appointment_reminder: m.followup_appointment_reminder,
  satisfaction_survey: m.followup_satisfaction_survey,
  upsell_opportunity: m.followup_upsell_opportunity,
  loyalty_reward: m.followup_loyalty_reward,
  birthday_special: m.followup_birthday_special,
  inactive_reactivation: m.followup_inactive_reactivation,
};
const FOLLOWUP_STATUS: Words = {
  pending: m.followup_status_pending,
  sent: m.followup_status_sent,
  delivered: m.followup_status_delivered,
  failed: m.followup_status_failed,
  cancelled: m.followup_status_cancelled,
};
const ACTION: Words = {
  scan_customer: m.action_scan_customer,
  send_proposal: m.action_send_proposal,
  confirm_payment: m.action_confirm_payment,
  schedule_appointment: m.action_schedule_appointment,
  start_treatment: m.action_start_treatment,
  complete_treatment: m.action_complete_treatment,
  send_follow_up: m.action_send_follow_up,
  close_case: m.action_close_case,
  open: m.action_open,
  next_session: m.action_next_session,
  reschedule: m.action_reschedule,
  no_show: m.action_no_show,
  mark_lost: m.action_mark_lost,
  cancel: m.action_cancel,
  step_back: m.action_step_back,
  unbook: m.action_unbook,
  unmove: m.action_unmove,
  noted: m.action_noted,
};
const CHANNEL: Words = {
  call: m.channel_call,
  in_app: m.channel_in_app,
  line: m.channel_line,
  sms: m.channel_sms,
  email: m.channel_email,
};
const APPOINTMENT: Words = {
  scheduled: m.appointment_scheduled,
  confirmed: m.appointment_confirmed,
  in_progress: m.appointment_in_progress,
  completed: m.appointment_completed,
  cancelled: m.appointment_cancelled,
  no_show: m.appointment_no_show,
};
const VISIT: Words = {
  consultation: m.visit_consultation,
  treatment: m.visit_treatment,
  follow_up: m.visit_follow_up,
  scan: m.visit_scan,
};
const STEP: Record<VisitStepKind, () => string> = {
  arrived: m.step_arrived,
  undone: m.step_undone,
  started: m.step_started,
  finished: m.step_finished,
  left: m.step_left,
};
const ENTRY: Words = {
  earned: m.entry_earned,
  redeemed: m.entry_redeemed,
  expired: m.entry_expired,
  bonus: m.entry_bonus,
  refund: m.entry_refund,
};
const OUTCOME: Words = {
  talked: m.outcome_talked,
  booked: m.outcome_booked,
  asked_price: m.outcome_asked_price,
  thinking: m.outcome_thinking,
  no_answer: m.outcome_no_answer,
  call_back: m.outcome_call_back,
  not_interested: m.outcome_not_interested,
  wrong_number: m.outcome_wrong_number,
  do_not_call: m.outcome_do_not_call,
  messaged: m.outcome_messaged,
};
/** What can come of a contact with a lead: those of a call by their number keys, then the message. */
export const OUTCOMES = Object.keys(OUTCOME);
const SOURCE: Words = {
  walk_in: m.source_walk_in,
  referral: m.source_referral,
  social_media: m.source_social_media,
  website: m.source_website,
  ads: m.source_ads,
  line: m.source_line,
  phone: m.source_phone,
  journey: m.source_journey,
  // What no source was given of: the table it came by.
  sales_leads: m.source_web,
  lead_scoring_data: m.source_web,
};
const GENDER: Words = {
  female: m.gender_female,
  male: m.gender_male,
  other: m.gender_other,
  unknown: m.gender_unknown,
};
const FIELD: Words = {
  full_name: m.field_full_name,
  nickname: m.field_nickname,
  phone: m.field_phone,
  email: m.field_email,
  birth_date: m.field_birth_date,
  gender: m.field_gender,
  notes: m.field_notes,
  note: m.field_note,
  text: m.field_text,
  amount: m.field_amount,
  satang: m.field_satang,
  held: m.field_held,
  bill: m.pay_bill,
  discount_percent: m.field_discount_percent,
  paid_on: m.pay_late_on,
  late_reason: m.pay_late_why,
  to: m.field_to,
  until: m.field_until,
  reason: m.field_reason,
  title: m.field_title,
  customer: m.field_customer,
  slot: m.field_slot,
  next: m.field_next,
  kind: m.field_kind,
  due_at: m.field_due_at,
  next_at: m.field_due_at,
  number: m.field_number,
  visit: m.field_visit,
  room: m.booking_room,
  type: m.booking_kind,
  service: m.booking_service,
  day: m.opening_day,
  name: m.opening_day_name,
};
const MUTATION: Words = {
  task_complete: m.mutation_task_complete,
  lead_claim: m.mutation_lead_claim,
  lead_release: m.mutation_lead_release,
  lead_answer: m.mutation_lead_answer,
  lead_unclaim: m.mutation_lead_unclaim,
  lead_unanswer: m.mutation_lead_unanswer,
  task_reassign: m.mutation_task_reassign,
  task_snooze: m.mutation_task_snooze,
  task_note: m.mutation_task_note,
  customer_create: m.mutation_customer_create,
  customer_edit: m.mutation_customer_edit,
  customer_merge: m.mutation_customer_merge,
  customer_separate: m.mutation_customer_separate,
  journey_open: m.mutation_journey_open,
  journey_move: m.mutation_journey_move,
  journey_assign: m.mutation_journey_assign,
  journey_unmove: m.mutation_journey_unmove,
  journey_withdraw: m.mutation_journey_withdraw,
  journey_unassign: m.mutation_journey_unassign,
  points_award: m.mutation_points_award,
  payment_take: m.mutation_payment_take,
  policy_plan: m.mutation_policy_plan,
  month_close: m.mutation_month_close,
  month_open: m.mutation_month_open,
  payment_refund: m.mutation_payment_refund,
  referral_record: m.mutation_referral_record,
  referral_decide: m.mutation_referral_decide,
  achievement_add_usual: m.mutation_achievement_add_usual,
  achievement_save: m.mutation_achievement_save,
  clinic_set_promptpay: m.mutation_clinic_set_promptpay,
  clinic_set_opening: m.mutation_clinic_set_opening,
  clinic_close_day: m.mutation_clinic_close_day,
  clinic_open_day: m.mutation_clinic_open_day,
  clinic_revert_opening: m.mutation_clinic_revert_opening,
  clinic_unclose_day: m.mutation_clinic_unclose_day,
  clinic_reclose_day: m.mutation_clinic_reclose_day,
  points_redeem: m.mutation_points_redeem,
  points_give: m.mutation_points_give,
  points_ask: m.mutation_points_ask,
  points_ungive: m.mutation_points_ungive,
  approval_decide: m.mutation_approval_decide,
  clinic_set_point_limits: m.mutation_clinic_set_point_limits,
  reward_use: m.mutation_reward_use,
  reward_cancel: m.mutation_reward_cancel,
  reward_save: m.mutation_reward_save,
  reward_add_usual: m.mutation_reward_add_usual,
  followup_done: m.mutation_followup_done,
  followup_cancel: m.mutation_followup_cancel,
  notification_read: m.mutation_notification_read,
  notification_dismiss: m.mutation_notification_dismiss,
  task_reopen: m.mutation_task_reopen,
  task_unsnooze: m.mutation_task_unsnooze,
  task_hand_back: m.mutation_task_hand_back,
  task_unnote: m.mutation_task_unnote,
  task_start: m.mutation_task_start,
  task_unstart: m.mutation_task_unstart,
  task_create: m.mutation_task_create,
  task_withdraw: m.mutation_task_withdraw,
  task_reprioritise: m.mutation_task_reprioritise,
  task_assign_all: m.mutation_task_assign_all,
  staff_away: m.mutation_staff_away,
  staff_back: m.mutation_staff_back,
  contact_log: m.mutation_contact_log,
  contact_retract: m.mutation_contact_retract,
  customer_revert: m.mutation_customer_revert,
  customer_remove: m.mutation_customer_remove,
  points_reverse: m.mutation_points_reverse,
  points_unredeem: m.mutation_points_unredeem,
  followup_reopen: m.mutation_followup_reopen,
  visit_check_in: m.mutation_visit_check_in,
  visit_undo_check_in: m.mutation_visit_undo_check_in,
  visit_start: m.mutation_visit_start,
  visit_unstart: m.mutation_visit_unstart,
  visit_finish: m.mutation_visit_finish,
  visit_unfinish: m.mutation_visit_unfinish,
  visit_leave: m.mutation_visit_leave,
  visit_return: m.mutation_visit_return,
  appointment_book: m.mutation_appointment_book,
  appointment_unbook: m.mutation_appointment_unbook,
  appointment_reschedule: m.mutation_appointment_reschedule,
  appointment_move_back: m.mutation_appointment_move_back,
  appointment_no_show: m.mutation_appointment_no_show,
  appointment_cancel: m.mutation_appointment_cancel,
  appointment_reopen: m.mutation_appointment_reopen,
  rule_save: m.mutation_rule_save,
  rule_switch: m.mutation_rule_switch,
  rule_backfill: m.mutation_rule_backfill,
  other: m.mutation_other,
};
const NOUN: Words = {
  customer: m.noun_customer,
  journey: m.noun_journey,
  journey_action: m.noun_journey_action,
  task: m.noun_task,
  followup: m.noun_followup,
  followup_rule: m.noun_followup_rule,
  automation_rule: m.noun_automation_rule,
  loyalty_profile: m.noun_loyalty_profile,
  point_entry: m.noun_point_entry,
  lot: m.noun_lot,
  lease: m.noun_lease,
  payment: m.noun_payment,
  referral: m.noun_referral,
  achievement: m.noun_achievement,
  achieved: m.noun_achieved,
  approval: m.noun_approval,
  merge: m.noun_merge,
  loyalty_policy: m.noun_loyalty_policy,
  reward: m.noun_reward,
  coupon: m.noun_coupon,
  notification: m.noun_notification,
  staff: m.noun_staff,
  appointment: m.noun_appointment,
  visit: m.noun_visit,
  lead: m.noun_lead,
  clinic: m.noun_clinic,
  closed_day: m.noun_closed_day,
  preference: m.noun_preference,
  contact: m.noun_contact,
  other: m.noun_other,
};
const WHY: Words = {
  code: m.search_why_code,
  phone: m.search_why_phone,
  booked_today: m.search_why_booked_today,
  nickname: m.search_why_nickname,
  nickname_prefix: m.search_why_nickname_prefix,
  name: m.search_why_name,
  line_name: m.search_why_line_name,
  email: m.search_why_email,
  substring: m.search_why_substring,
};

/** The fields of a rule, by the database's names of them. */
/** What a notification may be about, as in the settings. */
const CLASS: Record<Class, () => string> = {
  task: m.settings_toast_tasks,
  followup: m.settings_toast_followups,
  visit: m.settings_toast_visits,
  booking: m.settings_toast_bookings,
  journey: m.settings_toast_journeys,
  attention: m.settings_toast_attention,
  clinic: m.settings_toast_clinic,
  hot_lead: m.settings_toast_leads,
};
export const className = (of: Class) => CLASS[of]();
const RULE_FIELD: Words = {
  rule_name: m.rule_name,
  trigger_stage: m.rule_stage,
  trigger_action: m.rule_action,
  delay_minutes: m.rule_delay,
  conditions: m.rule_section_if,
  target_action: m.rule_does,
  target_data: m.rule_section_then,
  'target_data.kind': m.rule_kind,
  'target_data.to': m.rule_to,
  'target_data.text': m.rule_text,
  'target_data.importance': m.rule_importance,
  'target_data.action': m.rule_move,
  'target_data.followup_rule': m.rule_followup,
  'target_data.due_minutes': m.rule_due,
  'target_data.after_minutes': m.rule_after,
  'conditions.types': m.rule_types,
  'conditions.tags': m.rule_tags,
  'conditions.not_visited_days': m.rule_away,
  'conditions.without_task': m.rule_without,
};

/** The fields of a reward, by the database's names of them. */
const REWARD_FIELD: Words = {
  name: m.reward_name,
  description: m.reward_description,
  points_cost: m.reward_cost,
  value: m.reward_worth,
  max_redemptions: m.reward_limit,
  tier_requirement: m.reward_tier,
  valid_from: m.reward_from,
  valid_until: m.reward_until,
  days: m.reward_days,
};
const REWARD_KIND: Record<RewardKind, () => string> = {
  discount_percentage: m.reward_kind_discount_percentage,
  discount_amount: m.reward_kind_discount_amount,
  free_service: m.reward_kind_free_service,
  upgrade_service: m.reward_kind_upgrade_service,
  birthday_special: m.reward_kind_birthday_special,
  referral_bonus: m.reward_kind_referral_bonus,
};
/** What a code promises; of the money that its points were worth nobody wrote a name. */
export const couponName = ({ name, value }: { name: string | null; value: number }) =>
  name ?? m.code_money({ baht: baht(value) });
export const rewardKind = (kind: RewardKind) => REWARD_KIND[kind]();

function word(table: Words): (of: string) => string {
  return (of) => table[of]?.() ?? of;
}

export const roleName = word(ROLE);
export const priorityName = (priority: Priority) => PRIORITY[priority]();
/** From the lowest up. */
export const TIERS = Object.keys(TIER) as Tier[];
export const tierName = (tier: Tier) => TIER[tier]();
const BONUS: Record<keyof Bonuses, () => string> = {
  treatment: m.policy_bonus_treatment,
  review: m.policy_bonus_review,
  referral: m.policy_bonus_referral,
  birthday: m.policy_bonus_birthday,
  checkIn: m.policy_bonus_check_in,
};
/** What the clinic thanks for, in the order of its terms. */
export const BONUSES = Object.keys(BONUS) as (keyof Bonuses)[];
export const bonusName = (bonus: keyof Bonuses) => BONUS[bonus]();
export const taskKind = word(KINDS);
export const stageName = word(STAGE);
export const actionName = word(ACTION);
export const journeyOutcome = (outcome: JourneyOutcome) => JOURNEY_OUTCOME[outcome]();
export const followupKind = word(FOLLOWUP);
export const followupStatus = word(FOLLOWUP_STATUS);
export const channelName = word(CHANNEL);
export const appointmentStatus = word(APPOINTMENT);
export const visitKind = word(VISIT);
/** What happened at the door. */
export const stepWord = (kind: VisitStepKind) => STEP[kind]();
const entryWord = word(ENTRY);
/** An entry that gives points back the other way cancels an award. */
export const entryKind = (kind: string, amount: number) =>
  kind === 'refund' && amount < 0 ? m.entry_reversed() : entryWord(kind);
const sourceWord = word(SOURCE);
/** Other systems write it in any case: LINE, Walk In. */
export const sourceName = (source: string) => {
  const known = sourceWord(source.trim().toLowerCase().replaceAll(' ', '_'));
  return known === source.trim().toLowerCase().replaceAll(' ', '_') ? source : known;
};
export const outcomeName = word(OUTCOME);
export const genderName = word(GENDER);
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
export const fieldName = (field: string) => (WEEK.includes(field) ? weekdayName(field) : word(FIELD)(field));
export const ruleField = word(RULE_FIELD);
export const rewardField = word(REWARD_FIELD);
export const searchWhy = word(WHY);
export const nounName = (noun: string) => NOUN[noun]?.() ?? m.noun_other();
/** `task.complete` in words. */
export const mutationName = (name: string) => MUTATION[name.replace('.', '_')]?.() ?? m.mutation_other();
/** What somebody did, and about whom or what: `ปิดงาน โทรยืนยันนัด`. */
export const stepName = ({ name, subject }: UndoStep) =>
  subject === null ? mutationName(name) : m.undo_what({ what: mutationName(name), subject });

/** So many bookings of a day. */
export function bookingCount(count: number): string {
  return count === 1 ? m.agenda_count_one() : m.agenda_count({ count });
}
