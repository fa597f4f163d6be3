/** Referrals in words: how one stands, and why. A reason that Rust adds and this file has no words for is a type error. */
import type { ReferralReason } from '../backend/bindings/ReferralReason';
import type { ReferralState } from '../backend/bindings/ReferralState';
import { m } from './index';

const STATE: Record<ReferralState, () => string> = {
  waiting: m.referral_state_waiting,
  review: m.referral_state_review,
  paid: m.referral_state_paid,
  refused: m.referral_state_refused,
  reversed: m.referral_state_reversed,
};

const REASON: Record<ReferralReason, () => string> = {
  same_person: m.referral_reason_same_person,
  same_phone: m.referral_reason_same_phone,
  same_line: m.referral_reason_same_line,
  same_id_card: m.referral_reason_same_id_card,
  same_card: m.referral_reason_same_card,
  same_home_and_device: m.referral_reason_same_home_and_device,
  not_new: m.referral_reason_not_new,
  already_referred: m.referral_reason_already_referred,
  circle: m.referral_reason_circle,
  refund_habit: m.referral_reason_refund_habit,
  waits_for_payment: m.referral_reason_waits_for_payment,
  waits_for_days: m.referral_reason_waits_for_days,
  not_kept: m.referral_reason_not_kept,
  paid_too_little: m.referral_reason_paid_too_little,
  same_address: m.referral_reason_same_address,
  same_name: m.referral_reason_same_name,
  same_device: m.referral_reason_same_device,
  many_from_one_device: m.referral_reason_many_from_one_device,
  many_with_one_card: m.referral_reason_many_with_one_card,
  others_refunded: m.referral_reason_others_refunded,
  perhaps_known: m.referral_reason_perhaps_known,
  recorded_by_themselves: m.referral_reason_recorded_by_themselves,
  unreadable: m.referral_reason_unreadable,
  second_in_a_day: m.referral_reason_second_in_a_day,
  many_in_a_month: m.referral_reason_many_in_a_month,
};

export const referralState = (state: ReferralState): string => STATE[state]();
export const referralReason = (reason: ReferralReason): string => REASON[reason]();
