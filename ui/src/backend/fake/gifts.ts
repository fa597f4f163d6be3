/** Points by hand in the fake clinic, and what waits for a second person, by the same rules as desk-core's gift. */
import type { ApprovalRow } from '../bindings/ApprovalRow';
import type { GiftPromise } from '../bindings/GiftPromise';
import type { GiftWhy } from '../bindings/GiftWhy';
import type { PointLimits } from '../bindings/PointLimits';
import type { Request, Response } from '../backend';
import type { FakeClinic } from './clinic';
import { tierOf, WELCOME } from './loyalty';
import { PEOPLE } from './people';

/** What waits, with whom and about whom. */
export type FakeApproval = Omit<ApprovalRow, 'isMine' | 'mayDecide' | 'askedBy'> & {
  customer: string;
  asker: string;
};

/** What the fake knows of points by hand. */
export interface FakeGifts {
  approvals: FakeApproval[];
  given: Record<string, number>;
  /** What staff alone have redeemed today, by customer. */
  alone: Record<string, number>;
  limits: Omit<PointLimits, 'mayChange'>;
}

export const gifts = (): FakeGifts => ({
  approvals: [],
  given: {},
  alone: {},
  limits: { giftDaily: 2000, giftAlone: 300, redeemAlone: 2000 },
});

const HEADS = ['owner', 'manager'];
const GIVERS = [...HEADS, 'front_desk'];
const seconds = (kind: ApprovalRow['kind']) => (kind === 'gift' ? HEADS : GIVERS);
const NEEDS_NOTE: Record<GiftWhy, boolean> = {
  goodwill: false,
  complaint: false,
  clinic_birthday: false,
  correction: true,
  other: true,
};

const isOne = (clinic: FakeClinic, roles: string[]) => roles.includes(clinic.role() ?? '');
const hasOther = (clinic: FakeClinic, roles: string[]) =>
  PEOPLE.some(({ id, role }) => id !== clinic.me && roles.includes(role));
const leftToday = (clinic: FakeClinic) =>
  Math.max(0, clinic.gifts.limits.giftDaily - (clinic.gifts.given[clinic.me ?? ''] ?? 0));

export function approvalsOf(clinic: FakeClinic, customer: string): ApprovalRow[] {
  const waits = clinic.gifts.approvals.filter((one) => one.customer === customer);
  return waits.map(({ customer: _, asker, ...one }) => ({
    ...one,
    askedBy: PEOPLE.find(({ id }) => id === asker)?.nickname ?? null,
    isMine: asker === clinic.me,
    mayDecide: asker !== clinic.me && isOne(clinic, seconds(one.kind)),
  }));
}

export function giftPreview(clinic: FakeClinic, { customerId, points }: Request<'gift_preview'>): GiftPromise {
  const of = clinic.customer(customerId);
  const { giftDaily, giftAlone } = clinic.gifts.limits;
  const welcomePoints = of.isMember ? 0 : WELCOME;
  const tier = tierOf(of.lifetime + points);
  return {
    mayGive: isOne(clinic, GIVERS),
    leftToday: leftToday(clinic),
    daily: giftDaily,
    alone: giftAlone,
    needsSecond: points > giftAlone && points <= leftToday(clinic),
    hasSecond: hasOther(clinic, HEADS),
    welcomePoints,
    available: of.points,
    availableAfter: of.points + points + welcomePoints,
    paysDebt: 0,
    endsAt: clinic.now() + 730 * 86_400_000,
    tierAfter: of.isMember && tier !== tierOf(of.lifetime) ? tier : null,
    reasons: Object.entries(NEEDS_NOTE).map(([reason, needsNote]) => ({ reason: reason as GiftWhy, needsNote })),
  };
}

function ask(
  clinic: FakeClinic,
  one: Pick<FakeApproval, 'id' | 'kind' | 'points' | 'customer'> & Partial<FakeApproval>,
) {
  if (!hasOther(clinic, seconds(one.kind))) clinic.refuse('nobody_to_agree');
  const blank = { reason: null, note: null, reward: null, isWaiting: clinic.mode === 'offline' };
  clinic.gifts.approvals.push({ ...blank, askedAt: clinic.now(), asker: clinic.me ?? '', ...one });
  return () => void (clinic.gifts.approvals = clinic.gifts.approvals.filter(({ id }) => id !== one.id));
}

/** What is given, or spent with a second person's word. */
type Booked = Pick<FakeApproval, 'customer' | 'kind' | 'reason' | 'note' | 'points' | 'asker'>;

function book(clinic: FakeClinic, id: string, one: Booked, agreedBy: string | null) {
  const of = clinic.customer(one.customer);
  const [isGift, isWaiting] = [one.kind === 'gift', clinic.mode === 'offline'];
  const [points, expiresAt] = isGift ? [one.points, clinic.now() + 730 * 86_400_000] : [-one.points, null];
  const by = PEOPLE.find((person) => person.id === one.asker)?.nickname ?? null;
  clinic.ledger(one.customer).unshift({
    id,
    kind: isGift ? 'bonus' : 'redeemed',
    origin: isGift ? 'gift' : 'redemption',
    amount: points,
    description: one.note,
    at: clinic.now(),
    expiresAt,
    isWaiting,
    why: { policy: 1, gift: isGift ? one.reason : null, method: isGift ? null : 'two', by, agreedBy },
  });
  Object.assign(of, { points: of.points + points, lifetime: of.lifetime + Math.max(0, points), isMember: true });
}

export function give(clinic: FakeClinic, request: Request<'points_give'>): Response<'points_give'> {
  const { giftId: id, customerId, points, reason, note } = request;
  if (!isOne(clinic, GIVERS)) clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: GIVERS.join(' ') });
  if (NEEDS_NOTE[reason] && !note) clinic.refuse('reason_missing');
  const [of, left, me] = [clinic.customer(customerId), leftToday(clinic), clinic.me ?? ''];
  if (points > left) {
    clinic.refuse('gift_limit_reached', { left: String(left), most: String(clinic.gifts.limits.giftDaily) });
  }
  clinic.gifts.given[me] = (clinic.gifts.given[me] ?? 0) + points;
  const free = () => (clinic.gifts.given[me] = (clinic.gifts.given[me] ?? 0) - points);
  let revert: () => void;
  if (points > clinic.gifts.limits.giftAlone) {
    revert = ask(clinic, { id, kind: 'gift', points, customer: customerId, reason, note });
  } else {
    book(clinic, id, { customer: customerId, kind: 'gift', reason, note, points, asker: me }, null);
    revert = () => {
      if (of.points < points) clinic.refuse('points_spent');
      Object.assign(of, { points: of.points - points, lifetime: of.lifetime - points });
    };
  }
  const back = () => {
    revert();
    free();
  };
  return clinic.undoable(id, 'points.give', of.nickname ?? of.fullName, back, `customer:${customerId}`);
}

export function askToRedeem(clinic: FakeClinic, request: Request<'points_ask'>): Response<'points_ask'> {
  const { askId: id, customerId, points, rewardId } = request;
  const of = clinic.customer(customerId);
  if (of.points < points) {
    clinic.refuse('points_short', { missing: String(points - of.points), available: String(of.points) });
  }
  const reward = clinic.rewards.find((one) => one.id === rewardId)?.name ?? null;
  const revert = ask(clinic, { id, kind: 'redemption', points, customer: customerId, reward });
  return clinic.undoable(id, 'points.ask', of.nickname ?? of.fullName, revert, `customer:${customerId}`);
}

export function decide(clinic: FakeClinic, request: Request<'approval_decide'>): Response<'approval_decide'> {
  const { decisionId, approvalId, agree, why } = request;
  const one = clinic.gifts.approvals.find(({ id }) => id === approvalId) ?? clinic.refuse('approval_decided');
  if (one.asker === clinic.me) clinic.refuse('second_person_needed');
  if (!isOne(clinic, seconds(one.kind))) clinic.refuse('role_not_allowed', { needs: seconds(one.kind).join(' ') });
  if (!agree && !why) clinic.refuse('reason_missing');
  clinic.gifts.approvals = clinic.gifts.approvals.filter((other) => other !== one);
  if (agree) book(clinic, decisionId, one, clinic.nickname());
  const of = clinic.customer(one.customer);
  return clinic.saved(approvalId, 'approval.decide', of.nickname ?? of.fullName, `customer:${of.id}`);
}

export const limits = (clinic: FakeClinic): PointLimits => ({
  ...clinic.gifts.limits,
  mayChange: isOne(clinic, HEADS),
});

export function setLimits(clinic: FakeClinic, request: Request<'point_limits_set'>): Response<'point_limits_set'> {
  if (!isOne(clinic, HEADS)) clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: HEADS.join(' ') });
  clinic.gifts.limits = { ...request };
  return clinic.saved(clinic.id(), 'clinic.set_point_limits', '', 'start');
}
