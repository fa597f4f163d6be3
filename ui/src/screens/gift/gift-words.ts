/** Why points are given by hand, in words. */
import type { ApprovalRow } from '../../backend/bindings/ApprovalRow';
import type { GiftWhy } from '../../backend/bindings/GiftWhy';
import { m } from '../../i18n';

const REASONS: Record<GiftWhy, () => string> = {
  goodwill: m.gift_reason_goodwill,
  complaint: m.gift_reason_complaint,
  clinic_birthday: m.gift_reason_clinic_birthday,
  correction: m.gift_reason_correction,
  other: m.gift_reason_other,
};

export const reasonName = (reason: GiftWhy): string => REASONS[reason]();

/** What a second person is asked about, in a few words. */
export function askedFor({ kind, reason, reward }: ApprovalRow): string {
  if (kind === 'redemption') return reward ?? m.second_redemption();
  return reason ? reasonName(reason) : m.second_gift();
}
