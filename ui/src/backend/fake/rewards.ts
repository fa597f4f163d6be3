/** What points can buy in the fake clinic, the codes that they bought, and what these do to a bill: by the same rules as desk-core's reward. */
import type { CommandName, Request, Response } from '../backend';
import type { BillCoupon } from '../bindings/BillCoupon';
import type { CouponRow } from '../bindings/CouponRow';
import type { RewardBar } from '../bindings/RewardBar';
import type { RewardOffer } from '../bindings/RewardOffer';
import type { ReturnedCode } from '../bindings/ReturnedCode';
import type { RewardRow } from '../bindings/RewardRow';
import type { FakeClinic } from './clinic';
import * as day from './day';

type Answer<K extends CommandName> = (clinic: FakeClinic, request: Request<K>) => Response<K>;

/** A code as the fake keeps it: with whose it is, and what it may do on a bill. */
export interface FakeCoupon extends CouponRow {
  customer: string;
  isStackable: boolean;
  isAutomatic: boolean;
  /** The payment that it reduced. */
  payment?: string;
}

const DAY = 86_400_000;

const row = (id: string, name: string, rest: Partial<RewardRow>): RewardRow => ({
  id,
  name,
  description: null,
  kind: 'discount_percentage',
  value: 500,
  pointsCost: 500,
  isActive: true,
  limit: null,
  handedOut: 0,
  tier: 'bronze',
  from: day.at('2026-01-01 00:00'),
  until: null,
  isAutomatic: false,
  isStackable: false,
  days: null,
  version: 1,
  bar: null,
  isWaiting: false,
  ...rest,
});

export const rewards = (): RewardRow[] => [
  row('r1', 'ส่วนลด 5 %', {}),
  row('r2', 'มาสก์พรีเมียม', {
    kind: 'free_service',
    value: 0,
    pointsCost: 800,
    limit: 20,
    handedOut: 3,
    isStackable: true,
  }),
  row('r3', 'ส่วนลด 10 %', { value: 1000, pointsCost: 1000, tier: 'platinum' }),
  row('r4', 'ทรีตเมนต์หน้าพื้นฐาน', { kind: 'free_service', value: 0, pointsCost: 1500, isStackable: true }),
  row('r5', 'เซรั่มจำนวนจำกัด', { kind: 'free_service', value: 0, pointsCost: 300, limit: 5, handedOut: 5 }),
  row('r6', 'โปรโมชันเดือนกันยายน', { value: 1500, pointsCost: 200, until: day.at('2026-10-01 00:00') }),
  row('r7', 'คืนเงินสด', { kind: null, value: null, pointsCost: -5 }),
];

const RANK = ['bronze', 'silver', 'gold', 'platinum', 'diamond'];

function barOf(reward: RewardRow, points: number, tier: string, clinic: FakeClinic): RewardBar | null {
  const now = clinic.now();
  if (reward.kind === null || reward.value === null || reward.pointsCost < 1) return { why: 'broken' };
  if (!reward.isActive) return { why: 'inactive' };
  if (reward.from !== null && reward.from > now) return { why: 'early' };
  if (reward.until !== null && reward.until <= now) return { why: 'late' };
  if (reward.limit !== null && reward.handedOut >= reward.limit) return { why: 'gone' };
  if (RANK.indexOf(reward.tier) > RANK.indexOf(tier)) return { why: 'tier', needs: reward.tier };
  if (points < reward.pointsCost) return { why: 'short', missing: reward.pointsCost - points };
  return clinic.mode === 'offline' && reward.limit !== null ? { why: 'offline' } : null;
}

export function offersOf(clinic: FakeClinic, points: number, tier: string): RewardOffer[] {
  const offers = clinic.rewards.map((reward) => ({
    id: reward.id,
    name: reward.name,
    pointsCost: reward.pointsCost,
    left: reward.limit === null ? null : Math.max(0, reward.limit - reward.handedOut),
    bar: barOf(reward, points, tier, clinic),
  }));
  return offers.filter(({ bar }) => bar?.why !== 'broken' && bar?.why !== 'inactive');
}

export const couponsOf = (clinic: FakeClinic, customer: string): CouponRow[] =>
  clinic.coupons
    .filter((coupon) => coupon.customer === customer)
    .map(({ customer: _c, isStackable: _s, isAutomatic: _a, payment: _p, ...coupon }) => coupon);

/** What a point takes off a bill. */
export const POINT_SATANG = 20;

type Promised = Pick<FakeCoupon, 'name' | 'kind' | 'value' | 'points' | 'isStackable' | 'isAutomatic'>;

function hand(clinic: FakeClinic, customer: string, id: string, days: number, promised: Promised): void {
  clinic.coupons.unshift({
    ...promised,
    id,
    code: `K7QF-29M${clinic.coupons.length}`,
    expiresAt: clinic.now() + days * DAY,
    state: 'issued',
    issuedAt: clinic.now(),
    issuedBy: clinic.nickname(),
    endedAt: null,
    endedBy: null,
    satang: null,
    reason: null,
    isWaiting: clinic.mode === 'offline',
    customer,
  });
}

/** The code of a redemption for a reward. */
export function issue(clinic: FakeClinic, customer: string, id: string, rewardId: string): void {
  const reward = clinic.rewards.find((one) => one.id === rewardId);
  if (!reward?.kind || reward.value === null) return;
  reward.handedOut += 1;
  const { name, kind, value, pointsCost: points, isStackable, isAutomatic } = reward;
  hand(clinic, customer, id, reward.days ?? 365, { name, kind, value, points, isStackable, isAutomatic });
}

/** The code of points that name no reward. */
export function issueMoney(clinic: FakeClinic, customer: string, id: string, points: number): void {
  const money = { name: null, kind: 'discount_amount' as const, value: points * POINT_SATANG };
  hand(clinic, customer, id, 365, { ...money, points, isStackable: true, isAutomatic: false });
}

function lessOf(coupon: FakeCoupon, bill: number): number {
  if (coupon.kind === 'discount_percentage') return Math.floor((bill * coupon.value) / 10_000);
  return coupon.kind === 'discount_amount' ? Math.min(coupon.value, bill) : 0;
}

/** What is left of a bill, and what the codes that could be on it do. */
export function onBill(clinic: FakeClinic, customer: string, bill: number, chosen: string[] | null) {
  const held = clinic.coupons.filter((coupon) => coupon.customer === customer && coupon.state === 'issued');
  const ids = chosen ?? held.filter(({ isAutomatic }) => isAutomatic).map(({ id }) => id);
  const on = held.filter(({ id }) => ids.includes(id));
  if (on.length !== ids.length) clinic.refuse('coupon_ended');
  if (on.length > 1 && on.some(({ isStackable }) => !isStackable)) clinic.refuse('coupon_alone');
  let pays = bill;
  const coupons = held.map((coupon): BillCoupon => {
    const less = on.includes(coupon) ? Math.min(lessOf(coupon, bill), pays) : null;
    pays -= less ?? 0;
    const { id, code, name, value, isStackable, isAutomatic, expiresAt, kind } = coupon;
    const isDiscount = kind === 'discount_percentage' || kind === 'discount_amount';
    return { id, code, name, value, isDiscount, isStackable, isAutomatic, expiresAt, less };
  });
  return { pays, coupons };
}

export function end(
  clinic: FakeClinic,
  ids: string[],
  state: 'used' | 'cancelled',
  rest: Partial<FakeCoupon> = {},
): void {
  for (const coupon of clinic.coupons.filter(({ id }) => ids.includes(id))) {
    Object.assign(coupon, { state, endedAt: clinic.now(), endedBy: clinic.nickname(), ...rest });
  }
}

const onPayment = (clinic: FakeClinic, payment: string): FakeCoupon[] =>
  clinic.coupons.filter((coupon) => coupon.payment === payment && coupon.state === 'used');

/** The codes that go with a bill of which nothing is left. */
export const codesOf = (clinic: FakeClinic, payment: string): ReturnedCode[] =>
  onPayment(clinic, payment).map(({ code, name, value, points }) => ({ code, name, value, returns: points, ended: 0 }));

/** They go with it. */
export function goWith(clinic: FakeClinic, payment: string, reason: string): void {
  const ids = onPayment(clinic, payment).map(({ id }) => id);
  end(clinic, ids, 'cancelled', { reason });
}

const known = (clinic: FakeClinic, id: string): FakeCoupon =>
  clinic.coupons.find((coupon) => coupon.id === id) ?? clinic.refuse('coupon_not_found');

const use: Answer<'coupon_use'> = (clinic, { useId, customerId, coupons }) => {
  onBill(clinic, customerId, 0, coupons);
  end(clinic, coupons, 'used');
  return clinic.saved(useId, 'reward.use', clinic.customer(customerId).fullName, `customer:${customerId}`);
};

const preview: Answer<'coupon_cancel_preview'> = (clinic, { couponId }) => {
  const coupon = known(clinic, couponId);
  const isHead = ['manager', 'owner'].includes(clinic.role() ?? '');
  const had = Math.min(100, coupon.points);
  return {
    returns: [{ points: coupon.points - had, at: day.at('2027-12-31 23:59') }],
    ended: [{ points: had, at: day.at('2026-09-30 23:59') }],
    paysDebt: 0,
    availableAfter: clinic.customer(coupon.customer).points + coupon.points - had,
    mayCancel: coupon.state === 'issued' && (isHead || clinic.role() === 'front_desk'),
    mayGrant: isHead,
    grantEnds: clinic.now() + 30 * DAY,
  };
};

const cancel: Answer<'coupon_cancel'> = (clinic, { couponId, by, reason, grant }) => {
  const coupon = known(clinic, couponId);
  const { mayCancel, mayGrant, availableAfter, ended } = preview(clinic, { couponId });
  if (by === 'clinic' ? !mayGrant : !mayCancel) clinic.refuse('role_not_allowed');
  if (by === 'clinic' && !reason) clinic.refuse('reason_missing');
  end(clinic, [couponId], 'cancelled', { reason });
  clinic.customer(coupon.customer).points = availableAfter + (grant ? (ended[0]?.points ?? 0) : 0);
  return clinic.saved(couponId, 'reward.cancel', coupon.name, `customer:${coupon.customer}`);
};

const slip: Answer<'coupon_slip'> = (clinic, { couponId, language }) => {
  const coupon = known(clinic, couponId);
  const isThai = language === 'th';
  const lines = [
    { label: isThai ? 'โค้ดรางวัล' : 'Reward code', value: '' },
    { label: coupon.code, value: '' },
    { label: isThai ? 'รางวัล' : 'Reward', value: coupon.name ?? (isThai ? 'ส่วนลดจากแต้ม' : 'Paid with points') },
  ];
  return { lines, text: lines.map(({ label, value }) => `${label}: ${value}`).join('\n') };
};

function onlyHeads(clinic: FakeClinic): void {
  if (!['manager', 'owner'].includes(clinic.role() ?? ''))
    clinic.refuse('role_not_allowed', { needs: 'owner manager' });
}

const save: Answer<'reward_save'> = (clinic, request) => {
  onlyHeads(clinic);
  const { expected, from, until, ...offer } = request;
  if (!offer.name.trim()) clinic.refuse('reward_invalid', { field: 'name' });
  const before = clinic.rewards.find(({ id }) => id === offer.id);
  if (expected !== null && before?.version !== expected) clinic.refuse('changed_meanwhile');
  const instant = (text: string | null, hour: string) => (text ? day.at(`${text} ${hour}`) : null);
  const made = row(offer.id, offer.name, {
    ...before,
    ...offer,
    from: instant(from, '00:00') ?? before?.from ?? clinic.now(),
    until: instant(until, '23:59'),
    version: (before?.version ?? 0) + 1,
    isWaiting: clinic.mode === 'offline',
  });
  clinic.rewards = before ? clinic.rewards.map((one) => (one === before ? made : one)) : [...clinic.rewards, made];
  return clinic.saved(offer.id, 'reward.save', offer.name, 'rewards');
};

const addUsual: Answer<'reward_add_usual'> = (clinic) => {
  onlyHeads(clinic);
  if (clinic.rewards.length) clinic.refuse('rewards_exist');
  clinic.rewards = rewards().slice(0, 4);
  return clinic.saved('usual', 'reward.add_usual', null, 'rewards');
};

export const rewardAnswers = {
  coupon_use: use,
  coupon_cancel_preview: preview,
  coupon_cancel: cancel,
  coupon_slip: slip,
  reward_list: ((clinic) => ({
    rows: clinic.rewards.map((reward) => ({ ...reward, bar: barOf(reward, Infinity, 'diamond', clinic) })),
    mayChange: ['manager', 'owner'].includes(clinic.role() ?? ''),
  })) as Answer<'reward_list'>,
  reward_save: save,
  reward_add_usual: addUsual,
};
