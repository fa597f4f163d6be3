/** Rewards in words: what one gives, and why somebody cannot have it. */
import type { RewardBar } from '../../backend/bindings/RewardBar';
import type { RewardKind } from '../../backend/bindings/RewardKind';
import { m } from '../../i18n';
import { baht, points } from '../../i18n/numbers';
import { tierName } from '../../i18n/words';

const BARS: Record<Exclude<RewardBar['why'], 'tier' | 'short'>, () => string> = {
  broken: m.redeem_reward_broken,
  inactive: m.redeem_reward_off,
  early: m.redeem_reward_early,
  late: m.redeem_reward_ended,
  gone: m.redeem_reward_gone,
  offline: m.redeem_reward_offline,
};

/** Why not: `ขาด 120`. */
export function whyNot(bar: RewardBar): string {
  if (bar.why === 'tier') return m.redeem_reward_tier({ tier: tierName(bar.needs) });
  if (bar.why === 'short') return m.redeem_reward_short({ points: points(bar.missing) });
  return BARS[bar.why]();
}

/** 5 from 500, 12.5 from 1250. */
export const percent = (hundredths: number) => String(hundredths / 100);

/** What it takes off a bill; nothing for what is handed over. */
export function takesOff(kind: RewardKind | null, value: number | null): string {
  if (value === null) return '';
  if (kind === 'discount_percentage') return m.reward_off({ what: `${percent(value)}%` });
  return kind === 'discount_amount' ? m.reward_off({ what: `${baht(value)} ฿` }) : '';
}
