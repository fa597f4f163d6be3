/** Who sent whom in the fake clinic. The rule itself is desk-core's: here some wait already. */
import type { AchievementRow } from '../bindings/AchievementRow';
import type { CustomerRef } from '../bindings/CustomerRef';
import type { FriendShown } from '../bindings/FriendShown';
import type { ReferralRow } from '../bindings/ReferralRow';
import type { Request, Response } from '../backend';
import type { FakeClinic } from './clinic';
import { search } from './search';

/** A referral as the fake keeps it: people by their id. */
export type FakeReferral = Omit<ReferralRow, 'referrer' | 'friend'> & { referrer: string; friend: string };

const HEADS = ['owner', 'manager'];
const POINTS = 200;

const BLANK = {
  madeBy: 'นก',
  byCode: true,
  decidedAt: null,
  decidedBy: null,
  note: null,
  points: 0,
  promised: POINTS,
  isWaiting: false,
};

export const referrals = (): FakeReferral[] => [
  {
    ...BLANK,
    id: 'rf1',
    referrer: 'c1',
    friend: 'c3',
    madeAt: Date.parse('2026-09-10T04:00:00Z'),
    state: 'review',
    reasons: ['same_address'],
  },
  {
    ...BLANK,
    id: 'rf2',
    referrer: 'c1',
    friend: 'c4',
    madeAt: Date.parse('2026-09-20T04:00:00Z'),
    state: 'waiting',
    reasons: ['waits_for_days'],
  },
];

export const achievements = (): AchievementRow[] => [
  {
    id: 'a1',
    name: 'ก้าวแรก',
    description: 'ชำระเงินครั้งแรก',
    icon: '🌱',
    period: '',
    percent: 100,
    earnedAt: Date.parse('2025-06-01T04:00:00Z'),
    points: 100,
    reward: null,
  },
  {
    id: 'a2',
    name: 'ดูแลตัวเอง',
    description: 'ใช้บริการครบ 10,000 บาท',
    icon: '💗',
    period: '',
    percent: 62,
    earnedAt: null,
    points: 300,
    reward: null,
  },
];

const ref = (clinic: FakeClinic, id: string): CustomerRef => {
  const { fullName, nickname, preference } = clinic.customer(id);
  return { id, fullName, nickname, doNotContact: preference?.doNotContact ?? false };
};

function shown(clinic: FakeClinic, id: string): FriendShown {
  const { phoneShown, lineName, birthDate, firstVisitDate } = clinic.customer(id);
  const paid = clinic.payments
    .filter(({ customer, heldAs }) => customer === id && heldAs === null)
    .reduce((sum, { satang, isRefund }) => sum + (isRefund ? -satang : satang), 0);
  return { customer: ref(clinic, id), phone: phoneShown, lineName, birthDate, firstVisit: firstVisitDate, paid };
}

const row = (clinic: FakeClinic, of: FakeReferral): ReferralRow => ({
  ...of,
  referrer: shown(clinic, of.referrer),
  friend: shown(clinic, of.friend),
});

const isHead = (clinic: FakeClinic) => HEADS.includes(clinic.role() ?? '');
const codeOf = (clinic: FakeClinic, id: string) =>
  clinic.customer(id).isMember ? `BN00000${id.slice(1)}`.slice(0, 8) : null;

export function friends(clinic: FakeClinic, { customerId }: Request<'friends'>): Response<'friends'> {
  const referredBy = clinic.referrals.find(({ friend }) => friend === customerId);
  return {
    code: codeOf(clinic, customerId),
    referredBy: referredBy ? row(clinic, referredBy) : null,
    referred: clinic.referrals.filter(({ referrer }) => referrer === customerId).map((of) => row(clinic, of)),
    achievements: clinic.achievements,
    mayRecord: !referredBy && clinic.role() !== 'beautician',
    mayAddUsual: clinic.achievements.length === 0 && isHead(clinic),
  };
}

export function find(clinic: FakeClinic, { text }: Request<'referrer_find'>): Response<'referrer_find'> {
  const wanted = text.trim().toUpperCase();
  const byCode = clinic.customers.find(({ id }) => codeOf(clinic, id) === wanted);
  if (byCode) return { byCode: ref(clinic, byCode.id), found: [] };
  const hits = wanted ? search(clinic.customers, text).hits.slice(0, 5) : [];
  return {
    byCode: null,
    found: hits.map(({ id }) => {
      const { code, phoneShown: phone } = clinic.customer(id);
      return { customer: ref(clinic, id), code, phone };
    }),
  };
}

export function record(clinic: FakeClinic, request: Request<'referral_record'>): Response<'referral_record'> {
  const { customerId, code, referrerId } = request;
  const wanted = code?.trim().toUpperCase();
  const referrer = wanted ? clinic.customers.find(({ id }) => codeOf(clinic, id) === wanted)?.id : referrerId;
  if (!referrer) return clinic.refuse('referral_code_unknown');
  if (referrer === customerId) clinic.refuse('referral_of_oneself');
  if (clinic.referrals.some(({ friend }) => friend === customerId)) clinic.refuse('already_referred');
  const id = clinic.id();
  const made = {
    madeAt: clinic.now(),
    madeBy: clinic.nickname(),
    byCode: !!code,
    isWaiting: clinic.mode === 'offline',
  };
  clinic.referrals.unshift({
    ...BLANK,
    ...made,
    id,
    referrer,
    friend: customerId,
    state: 'waiting',
    reasons: ['waits_for_payment'],
  });
  return clinic.saved(id, 'referral.record', clinic.customer(customerId).nickname, 'customers');
}

export function queue(clinic: FakeClinic): Response<'referral_queue'> {
  const rows = clinic.referrals.filter(({ state }) => state === 'review').map((of) => row(clinic, of));
  return { rows: isHead(clinic) ? rows : [], mayDecide: isHead(clinic) };
}

export function decide(clinic: FakeClinic, request: Request<'referral_decide'>): Response<'referral_decide'> {
  const { referralId, decision, reason } = request;
  if (!isHead(clinic)) clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: 'owner manager' });
  if (!reason.trim()) clinic.refuse('reason_missing');
  const of = clinic.referrals.find(({ id }) => id === referralId) ?? clinic.refuse('referral_not_found');
  if (of.state !== 'review') clinic.refuse('referral_decided');
  const word = { decidedAt: clinic.now(), decidedBy: clinic.nickname(), note: reason };
  const isPaid = decision === 'pay';
  Object.assign(of, { ...word, state: isPaid ? 'paid' : 'refused', points: isPaid ? POINTS : 0 });
  return clinic.saved(referralId, 'referral.decide', clinic.customer(of.referrer).nickname, 'customers');
}

export function addUsual(clinic: FakeClinic): Response<'achievement_add_usual'> {
  if (!isHead(clinic)) clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: 'owner manager' });
  if (clinic.achievements.length === 0) clinic.achievements = achievements();
  return clinic.saved(clinic.id(), 'achievement.add_usual', null, 'customers');
}

/** Not a code that a reader could read: which squares are dark is the program's to know. */
export function memberCard(clinic: FakeClinic, { customerId }: Request<'member_card'>): Response<'member_card'> {
  const { code } = clinic.customer(customerId);
  return {
    clinic: ['ออร่า อารีย์', 'Aura Ari'],
    customer: ref(clinic, customerId),
    code,
    referralCode: codeOf(clinic, customerId),
    qr: code ? { side: 29, path: 'M4 4h7v7h-7z', payload: code, payee: '' } : null,
  };
}
