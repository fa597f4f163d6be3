/** Points of the fake clinic, by the same rules as desk-core's loyalty. */
import type { Loyalty } from '../bindings/Loyalty';
import type { PointsPromise } from '../bindings/PointsPromise';
import type { RedeemPromise } from '../bindings/RedeemPromise';
import type { Tier } from '../bindings/Tier';
import type { TierDiscount } from '../bindings/TierDiscount';
import type { WhatIf } from '../bindings/WhatIf';
import type { FakeClinic } from './clinic';
import { shownEntry, type FakeEntry } from './ledger';
import type { FakeCustomer } from './people';
import { offersOf, POINT_SATANG } from './rewards';

const TIERS: [Tier, number, number][] = [
  ['bronze', 0, 10],
  ['silver', 1000, 15],
  ['gold', 3000, 20],
  ['platinum', 7000, 25],
  ['diamond', 15_000, 30],
];
const PERCENT: Record<Tier, number> = { bronze: 5, silver: 8, gold: 10, platinum: 12, diamond: 15 };

/** What a member's tier takes off what codes have left of a bill. */
export function tierDiscount(of: FakeCustomer, satang: number, isOn: boolean): TierDiscount | null {
  const tier = tierOf(of.lifetime);
  const less = Math.floor((satang * PERCENT[tier]) / 100);
  return of.isMember && less ? { tier, percent: PERCENT[tier], less, isOn } : null;
}

function row(lifetime: number): [Tier, number, number] {
  return TIERS.filter(([, floor]) => lifetime >= floor).at(-1) ?? ['bronze', 0, 10];
}

export const tierOf = (lifetime: number): Tier => row(lifetime)[0];
export const tenthsOf = (lifetime: number): number => row(lifetime)[2];
export const WELCOME = 100;
export const pointsFor = (satang: number, tenths: number): number => Math.floor((satang * tenths) / 10_000);

export function loyaltyOf(clinic: FakeClinic, of: FakeCustomer, entries: FakeEntry[], now: number): Loyalty | null {
  if (!of.isMember) return null;
  const [tier, tierFloor, multiplierTenths] = row(of.lifetime);
  const next = TIERS.find(([, floor]) => floor > of.lifetime);
  const lots = entries.flatMap((entry) =>
    entry.expiresAt !== null && entry.expiresAt > now && entry.amount > 0
      ? [{ points: entry.amount, at: entry.expiresAt }]
      : [],
  );
  lots.sort((a, b) => a.at - b.at);
  return {
    availablePoints: of.points,
    owed: 0,
    lifetimePoints: of.lifetime,
    tier,
    multiplierTenths,
    basis: 'points',
    measure: of.lifetime,
    nextTier: next ? { tier: next[0], missing: next[1] - of.lifetime } : null,
    tierFloor,
    tierSince: tier === 'bronze' ? null : '2026-03-14',
    tierUntil: tier === 'bronze' ? null : '2027-03-14',
    keepMissing: 0,
    referralCode: null,
    ledger: entries.slice(0, 50).map(shownEntry),
    ledgerTotal: entries.length,
    expiring: lots,
    affordable: offersOf(clinic, of.points, tier)
      .filter(({ bar }) => bar === null)
      .map(({ id, name, pointsCost }) => ({ id, name, pointsCost })),
    waitingPoints: entries.filter((entry) => entry.isWaiting).reduce((sum, entry) => sum + entry.amount, 0),
  };
}

/** "What if they pay so much today?" */
export function whatIf(of: FakeCustomer, earns: PointsPromise): WhatIf {
  const measure = of.lifetime + earns.points + earns.welcomePoints;
  const next = TIERS.find(([, floor]) => floor > measure);
  return {
    earns,
    basis: 'points',
    tier: of.isMember ? tierOf(of.lifetime) : 'bronze',
    nextTier: next ? { tier: next[0], missing: next[1] - measure } : null,
    keepMissing: of.isMember && of.lifetime >= 1000 ? 0 : null,
  };
}

/** What redeeming does. The fake's points end on one day: which lot is which is desk-core's to know. */
export function redeemPreviewOf(clinic: FakeClinic, of: FakeCustomer, points: number): RedeemPromise {
  const [isOffline, now] = [clinic.mode === 'offline', clinic.now()];
  const left = Math.max(0, Math.min(500, of.points));
  const missing = Math.max(0, points - of.points);
  return {
    available: of.points,
    most: isOffline ? left : of.points,
    alone: Math.max(0, clinic.gifts.limits.redeemAlone - (clinic.gifts.alone[of.id] ?? 0)),
    aloneADay: clinic.gifts.limits.redeemAlone,
    missing,
    takes: points > 0 && !missing ? [{ points, at: now + 30 * 86_400_000 }] : [],
    availableAfter: missing ? of.points : of.points - points,
    tier: tierOf(of.lifetime),
    offline: isOffline ? { left, barred: null } : null,
    asOf: now,
    rewards: offersOf(clinic, of.points, tierOf(of.lifetime)),
    worth: points * POINT_SATANG,
    worthUntil: now + 365 * 86_400_000,
  };
}
