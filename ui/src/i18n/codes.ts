/**
 * Every code of the backend in words: what happened, and what to do next. One exhaustive table: a code that Rust adds and this
 * file has no words for is a type error.
 */
import type { AppError } from '../backend/bindings/AppError';
import type { Code } from '../backend/bindings/Code';
import { date, time } from './dates';
import { m } from './index';
import { baht, points } from './numbers';
import { afterThai, beforeThai } from './spacing';
import { rewardField, roleName, ruleField, stageName } from './words';

type Fields = AppError['fields'];
interface Words {
  what: (fields: Fields) => string;
  next: (fields: Fields) => string;
}

/** The time in `until`: milliseconds since 1970 or an ISO instant. */
function untilTime(until: string | undefined): string {
  if (!until) return '';
  const ms = /^\d+$/.test(until) ? Number(until) : Date.parse(until);
  return Number.isNaN(ms) ? until : time(ms);
}

const bahtOf = (satang: string) => baht(Number(satang));
const pointsOf = (count: string | undefined) => points(Number(count ?? 0));

/** What staff may redeem without the customer: the clinic's limit, and what is left of it today. */
export function onlySoMuchAlone(most: string, left = most): string {
  return left === most
    ? m.code_second_person_needed({ most: pointsOf(most) })
    : m.code_second_person_needed_left({ left: pointsOf(left), most: pointsOf(most) });
}

/** Day and time of an instant in milliseconds since 1970. */
function instant(ms: string | undefined): string {
  return ms ? `${date(Number(ms))} ${time(Number(ms))}` : '';
}

/** A sentence that names the stage, where the stage is known. */
function withStage(fields: Fields, words: (facts: { stage: string }) => string): string | undefined {
  return fields['stage'] ? words({ stage: stageName(fields['stage']) }) : undefined;
}

/** Roles in words; the clinic's own automation is none that could be asked. */
function roles(words: string): string {
  const people = words.split(' ').filter((word) => word !== 'system');
  return people.map(roleName).join(', ');
}

const LACKING: Record<string, () => string> = {
  amount: m.code_condition_not_met_amount,
  sessions_left: m.code_condition_not_met_sessions,
};

export const CODES: Record<Code, Words> = {
  code_malformed: { what: () => m.code_code_malformed(), next: m.code_code_malformed_next },
  code_expired: { what: () => m.code_code_expired(), next: m.code_code_expired_next },
  code_used: { what: () => m.code_code_used(), next: m.code_code_used_next },
  clinic_unreachable: { what: () => m.code_clinic_unreachable(), next: m.code_clinic_unreachable_next },
  certificate_refused: { what: () => m.code_certificate_refused(), next: m.code_certificate_refused_next },
  access_ended: { what: () => m.code_access_ended(), next: m.code_access_ended_next },
  login_ended: { what: () => m.code_login_ended(), next: m.code_login_ended_next },
  login_refused: { what: () => m.code_login_refused(), next: m.code_login_refused_next },
  wipe_ordered: { what: () => m.code_wipe_ordered(), next: m.code_wipe_ordered_next },
  pc_wiped: { what: () => m.code_pc_wiped(), next: m.code_pc_wiped_next },
  cache_stale: { what: (f) => m.code_cache_stale({ since: instant(f['since']) }), next: m.code_cache_stale_next },
  other_clinic: { what: () => m.code_other_clinic(), next: m.code_other_clinic_next },
  pin_weak: { what: () => m.code_pin_weak(), next: m.code_pin_weak_next },
  wrong_pin: {
    what: (f) => (f['left'] === '1' ? m.code_wrong_pin_last() : m.code_wrong_pin({ left: f['left'] ?? '0' })),
    next: m.code_wrong_pin_next,
  },
  pin_paused: { what: (f) => m.code_pin_paused({ until: untilTime(f['until']) }), next: m.code_pin_paused_next },
  keyring_missing: { what: () => m.code_keyring_missing(), next: m.code_keyring_missing_next },
  keyring_locked: { what: () => m.code_keyring_locked(), next: m.code_keyring_locked_next },
  keyring_empty: { what: () => m.code_keyring_empty(), next: m.code_keyring_empty_next },
  cache_newer: { what: () => m.code_cache_newer(), next: m.code_cache_newer_next },
  cache_damaged: { what: () => m.code_cache_damaged(), next: m.code_cache_damaged_next },
  cache_busy: { what: () => m.code_cache_busy(), next: m.code_cache_busy_next },
  disk_full: { what: () => m.code_disk_full(), next: m.code_disk_full_next },
  locked: { what: () => m.code_locked(), next: m.code_locked_next },
  customer_not_found: { what: () => m.code_customer_not_found(), next: m.code_customer_not_found_next },
  task_not_found: { what: () => m.code_task_not_found(), next: m.code_task_not_found_next },
  task_already_closed: { what: () => m.code_task_already_closed(), next: m.code_task_already_closed_next },
  person_not_found: { what: () => m.code_person_not_found(), next: m.code_person_not_found_next },
  task_started: { what: () => m.code_task_started(), next: m.code_task_started_next },
  task_exists: { what: () => m.code_task_exists(), next: m.code_task_exists_next },
  journey_not_found: { what: () => m.code_journey_not_found(), next: m.code_journey_not_found_next },
  journey_changed: {
    what: (f) => withStage(f, m.code_journey_changed_to) ?? m.code_journey_changed(),
    next: m.code_journey_changed_next,
  },
  journey_closed: { what: () => m.code_journey_closed(), next: m.code_journey_closed_next },
  move_not_allowed: {
    what: (f) => withStage(f, m.code_move_not_allowed_from) ?? m.code_move_not_allowed(),
    next: m.code_move_not_allowed_next,
  },
  role_not_allowed: {
    what: (f) => (f['needs'] ? m.code_role_not_allowed_for({ roles: roles(f['needs']) }) : m.code_role_not_allowed()),
    next: m.code_role_not_allowed_next,
  },
  reason_missing: { what: () => m.code_reason_missing(), next: m.code_reason_missing_next },
  condition_not_met: {
    what: (f) => (LACKING[f['needs'] ?? ''] ?? m.code_condition_not_met)(),
    next: m.code_condition_not_met_next,
  },
  sessions_left: {
    what: (f) => (f['left'] === '1' ? m.code_sessions_left_one() : m.code_sessions_left({ left: f['left'] ?? '' })),
    next: m.code_sessions_left_next,
  },
  followup_not_found: { what: () => m.code_followup_not_found(), next: m.code_followup_not_found_next },
  followup_already_closed: { what: () => m.code_followup_already_closed(), next: m.code_followup_already_closed_next },
  notification_not_found: { what: () => m.code_notification_not_found(), next: m.code_notification_not_found_next },
  visit_not_found: { what: () => m.code_visit_not_found(), next: m.code_visit_not_found_next },
  visit_not_started: { what: () => m.code_visit_not_started(), next: m.code_visit_not_started_next },
  visit_already_started: { what: () => m.code_visit_already_started(), next: m.code_visit_already_started_next },
  visit_ended: { what: () => m.code_visit_ended(), next: m.code_visit_ended_next },
  appointment_not_found: { what: () => m.code_appointment_not_found(), next: m.code_appointment_not_found_next },
  appointment_closed: { what: () => m.code_appointment_closed(), next: m.code_appointment_closed_next },
  booking_of_another_day: { what: () => m.code_booking_of_another_day(), next: m.code_booking_of_another_day_next },
  already_arrived: { what: () => m.code_already_arrived(), next: m.code_already_arrived_next },
  not_yet: { what: () => m.code_not_yet(), next: m.code_not_yet_next },
  lead_not_found: { what: () => m.code_lead_not_found(), next: m.code_lead_not_found_next },
  lead_taken: { what: () => m.code_lead_taken(), next: m.code_lead_taken_next },
  lead_closed: { what: () => m.code_lead_closed(), next: m.code_lead_closed_next },
  attention_not_found: { what: () => m.code_attention_not_found(), next: m.code_attention_not_found_next },
  name_empty: { what: () => m.code_name_empty(), next: m.code_name_empty_next },
  text_empty: { what: () => m.code_text_empty(), next: m.code_text_empty_next },
  text_too_long: { what: (f) => m.code_text_too_long({ most: f['most'] ?? '' }), next: m.code_text_too_long_next },
  phone_invalid: { what: () => m.code_phone_invalid(), next: m.code_phone_invalid_next },
  email_invalid: { what: () => m.code_email_invalid(), next: m.code_email_invalid_next },
  date_out_of_range: { what: () => m.code_date_out_of_range(), next: m.code_date_out_of_range_next },
  amount_out_of_range: {
    what: (f) => (f['least'] ? m.code_amount_too_small({ baht: bahtOf(f['least']) }) : m.code_amount_out_of_range()),
    next: (f) =>
      f['least'] ? m.code_amount_too_small_next({ baht: bahtOf(f['least']) }) : m.code_amount_out_of_range_next(),
  },
  value_not_allowed: { what: () => m.code_value_not_allowed(), next: m.code_value_not_allowed_next },
  changed_meanwhile: { what: () => m.code_changed_meanwhile(), next: m.code_changed_meanwhile_next },
  nothing_to_undo: { what: () => m.code_nothing_to_undo(), next: m.code_nothing_to_undo_next },
  already_undone: { what: () => m.code_already_undone(), next: m.code_already_undone_next },
  points_spent: { what: () => m.code_points_spent(), next: m.code_points_spent_next },
  display_closed: { what: () => m.code_display_closed(), next: m.code_display_closed_next },
  points_short: {
    what: (f) =>
      f['missing']
        ? m.code_points_short({ missing: pointsOf(f['missing']), available: pointsOf(f['available']) })
        : m.code_points_short_plain(),
    next: m.code_points_short_next,
  },
  points_taken: { what: () => m.code_points_taken(), next: m.code_points_taken_next },
  payment_not_found: { what: () => m.code_payment_not_found(), next: m.code_payment_not_found_next },
  referral_code_unknown: { what: () => m.code_referral_code_unknown(), next: m.code_referral_code_unknown_next },
  merge_of_oneself: { what: () => m.code_merge_of_oneself(), next: m.code_merge_of_oneself_next },
  merged_already: { what: () => m.code_merged_already(), next: m.code_merged_already_next },
  merge_needs_clinic: { what: () => m.code_merge_needs_clinic(), next: m.code_merge_needs_clinic_next },
  confirmer_ended: {
    what: (f) => m.code_confirmer_ended({ name: beforeThai(f['name'] ?? '') }),
    next: (f) => m.code_confirmer_ended_next({ name: beforeThai(afterThai(f['name'] ?? '')) }),
  },
  merge_not_found: { what: () => m.code_merge_not_found(), next: m.code_merge_not_found_next },
  separated_already: { what: () => m.code_separated_already(), next: m.code_separated_already_next },
  separation_too_late: { what: () => m.code_separation_too_late(), next: m.code_separation_too_late_next },
  separate_newer_first: { what: () => m.code_separate_newer_first(), next: m.code_separate_newer_first_next },
  referral_of_oneself: { what: () => m.code_referral_of_oneself(), next: m.code_referral_of_oneself_next },
  already_referred: {
    what: (f) => (f['by'] ? m.code_already_referred({ by: f['by'] }) : m.code_already_referred_plain()),
    next: m.code_already_referred_next,
  },
  referral_not_found: { what: () => m.code_referral_not_found(), next: m.code_referral_not_found_next },
  referral_decided: { what: () => m.code_referral_decided(), next: m.code_referral_decided_next },
  referral_not_paid_for: { what: () => m.code_referral_not_paid_for(), next: m.code_referral_not_paid_for_next },
  refund_too_large: {
    what: (f) => (f['most'] ? m.code_refund_too_large({ most: bahtOf(f['most']) }) : m.code_refund_too_large_plain()),
    next: m.code_refund_too_large_next,
  },
  held_short: {
    what: (f) => (f['most'] ? m.code_held_short({ most: bahtOf(f['most']) }) : m.code_held_short_plain()),
    next: m.code_held_short_next,
  },
  held_used: {
    what: (f) => (f['most'] ? m.code_held_used({ most: bahtOf(f['most']) }) : m.code_held_used_plain()),
    next: m.code_held_used_next,
  },
  held_takes_no_code: { what: () => m.code_held_takes_no_code(), next: m.code_held_takes_no_code_next },
  separation_held: {
    what: (f) =>
      f['missing'] ? m.code_separation_held({ missing: bahtOf(f['missing']) }) : m.code_separation_held_plain(),
    next: m.code_separation_held_next,
  },
  payment_booked: { what: () => m.code_payment_booked(), next: m.code_payment_booked_next },
  not_to_be_called: { what: () => m.code_not_to_be_called(), next: m.code_not_to_be_called_next },
  dial_failed: { what: () => m.code_dial_failed(), next: m.code_dial_failed_next },
  opening_invalid: { what: () => m.code_opening_invalid(), next: m.code_opening_invalid_next },
  day_closed_already: {
    what: (f) => (f['name'] ? m.code_day_closed_already({ name: f['name'] }) : m.code_day_closed_already_plain()),
    next: m.code_day_closed_already_next,
  },
  month_closed: { what: () => m.code_month_closed(), next: m.code_month_closed_next },
  month_not_over: { what: () => m.code_month_not_over(), next: m.code_month_not_over_next },
  policy_invalid: { what: () => m.code_policy_invalid(), next: m.code_policy_invalid_next },
  promptpay_invalid: { what: () => m.code_promptpay_invalid(), next: m.code_promptpay_invalid_next },
  reward_unavailable: { what: () => m.code_reward_unavailable(), next: m.code_reward_unavailable_next },
  reward_needs_clinic: { what: () => m.code_reward_needs_clinic(), next: m.code_reward_needs_clinic_next },
  reward_not_found: { what: () => m.code_reward_not_found(), next: m.code_reward_not_found_next },
  rewards_exist: { what: () => m.code_rewards_exist(), next: m.code_rewards_exist_next },
  second_person_needed: {
    what: (f) => (f['most'] ? onlySoMuchAlone(f['most'], f['left']) : m.code_second_person_needed_plain()),
    next: m.code_second_person_needed_next,
  },
  nobody_to_agree: { what: () => m.code_nobody_to_agree(), next: m.code_nobody_to_agree_next },
  approval_not_found: { what: () => m.code_approval_not_found(), next: m.code_approval_not_found_next },
  approval_decided: { what: () => m.code_approval_decided(), next: m.code_approval_decided_next },
  gift_limit_reached: {
    what: (f) =>
      f['most']
        ? m.code_gift_limit_reached({ left: pointsOf(f['left']), most: pointsOf(f['most']) })
        : m.code_gift_limit_reached_plain(),
    next: m.code_gift_limit_reached_next,
  },
  coupon_not_found: { what: () => m.code_coupon_not_found(), next: m.code_coupon_not_found_next },
  coupon_ended: { what: () => m.code_coupon_ended(), next: m.code_coupon_ended_next },
  coupon_alone: { what: () => m.code_coupon_alone(), next: m.code_coupon_alone_next },
  coupon_sum_differs: { what: () => m.code_coupon_sum_differs(), next: m.code_coupon_sum_differs_next },
  coupon_on_bill: { what: () => m.code_coupon_on_bill(), next: m.code_coupon_on_bill_next },
  achievement_not_found: { what: m.code_achievement_not_found, next: m.code_achievement_not_found_next },
  achievement_invalid: { what: m.code_achievement_invalid, next: m.code_achievement_invalid_next },
  reward_invalid: {
    what: (f) => m.code_reward_invalid({ field: rewardField(f['field'] ?? '') }),
    next: m.code_reward_invalid_next,
  },
  lease_missing: { what: () => m.code_lease_missing(), next: m.code_lease_missing_next },
  balance_stale: { what: () => m.code_balance_stale(), next: m.code_balance_stale_next },
  lease_exceeded: {
    what: (f) => (f['left'] ? m.code_lease_exceeded({ left: pointsOf(f['left']) }) : m.code_lease_exceeded_plain()),
    next: m.code_lease_exceeded_next,
  },
  lease_expired: { what: () => m.code_lease_expired(), next: m.code_lease_expired_next },
  lease_unknown: { what: () => m.code_lease_unknown(), next: m.code_lease_unknown_next },
  customer_in_use: { what: () => m.code_customer_in_use(), next: m.code_customer_in_use_next },
  not_allowed: { what: () => m.code_not_allowed(), next: m.code_not_allowed_next },
  rule_not_found: { what: () => m.code_rule_not_found(), next: m.code_rule_not_found_next },
  rule_invalid: {
    what: (f) => m.code_rule_invalid({ field: ruleField(f['field'] ?? '') }),
    next: m.code_rule_invalid_next,
  },
  dry_run_outdated: { what: () => m.code_dry_run_outdated(), next: m.code_dry_run_outdated_next },
  schema_mismatch: { what: () => m.code_schema_mismatch(), next: m.code_schema_mismatch_next },
  action_unknown: { what: () => m.code_action_unknown(), next: m.code_action_unknown_next },
  action_failed: { what: () => m.code_action_failed(), next: m.code_action_failed_next },
  unexpected: { what: () => m.code_unexpected(), next: m.code_unexpected_next },
};

export interface Sentence {
  what: string;
  next: string;
  /** Only where support has to look into the log. */
  refId?: string | undefined;
}

/** An error in the words of the current language. */
export function sentence(error: AppError): Sentence {
  const words = CODES[error.code] ?? CODES.unexpected;
  const isUnexpected = CODES[error.code] === undefined || error.code === 'unexpected';
  return {
    what: words.what(error.fields),
    next: words.next(error.fields),
    refId: isUnexpected ? error.refId : undefined,
  };
}

/** The sentence for a code that arrives as a plain word (needs attention, a blocked start, a failing connection). */
export function sentenceOf(word: string, fields: Fields = {}): Sentence {
  return sentence({ code: (word in CODES ? word : 'unexpected') as Code, fields, refId: '' });
}

/** Why an action was refused. Where nobody is left two sides to choose from, somebody has changed what was to be taken back. */
export function refusalOf(code: string, sides = 0): Sentence {
  if (code !== 'changed_meanwhile' || sides > 0) return sentenceOf(code);
  return { what: m.undo_changed(), next: m.undo_changed_next() };
}
