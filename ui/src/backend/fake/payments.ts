/** Money of the fake clinic, by the same rules as desk-core's payment and loyalty. */
import type { Method } from '../bindings/Method';
import type { PaymentPromise } from '../bindings/PaymentPromise';
import type { PaymentRow } from '../bindings/PaymentRow';
import type { PointsPromise } from '../bindings/PointsPromise';
import type { QrPicture } from '../bindings/QrPicture';
import type { ReceiptShown } from '../bindings/ReceiptShown';
import type { RefundPromise } from '../bindings/RefundPromise';
import type { WhatIf } from '../bindings/WhatIf';
import type { Request, Response } from '../backend';
import type { FakeClinic } from './clinic';
import { daysUntil, isoDay, startOfDay } from '../../i18n/dates';
import { pointsFor, tenthsOf, tierDiscount, tierOf, WELCOME, whatIf } from './loyalty';
import { codesOf, end, goWith, offersOf, onBill, POINT_SATANG } from './rewards';

/** A payment as the fake keeps it: with whose it is, and what its points were counted with. */
export interface FakePayment extends Omit<PaymentRow, 'refundable'> {
  customer: string;
  refunds: string | null;
  tenths: number;
}

const MOST = 100_000_000;
const MANAGERS = ['manager', 'owner'];
const REFUNDERS = ['front_desk', 'manager', 'owner'];
const METHOD_WORDS: Record<Method, string> = {
  cash: 'เงินสด',
  card: 'บัตร',
  promptpay: 'พร้อมเพย์',
  transfer: 'โอนเงิน',
  held: 'เงินรับล่วงหน้า',
};

const rest = (clinic: FakeClinic, paid: FakePayment): number =>
  paid.isRefund
    ? 0
    : clinic.payments
        .filter(({ refunds }) => refunds === paid.id)
        .reduce((left, { satang }) => left - satang, paid.satang);

/** What is held for a customer, of these payments or of all: what came in, less what paid bills and was given back. */
export const heldLeft = (clinic: FakeClinic, of: string, which?: string[]): number =>
  clinic.payments
    .filter(({ id, customer }) => customer === of && (which?.includes(id) ?? true))
    .reduce((sum, { satang, held, heldAs, isRefund }) => {
      const adds = heldAs === null ? -held : satang;
      return sum + (isRefund ? -adds : adds);
    }, 0);

/** What can be given back of a payment: of what is held only what has paid no bill. */
const most = (clinic: FakeClinic, paid: FakePayment): number =>
  paid.heldAs === null ? rest(clinic, paid) : Math.min(rest(clinic, paid), heldLeft(clinic, paid.customer));

/** What of money given back is held again: the rest of the bill's own money goes back first. */
function heldBack(clinic: FakeClinic, paid: FakePayment, satang: number): number {
  if (paid.heldAs !== null) return 0;
  const back = clinic.payments.filter(({ refunds }) => refunds === paid.id);
  const money = back.reduce((left, row) => left - (row.satang - row.held), paid.satang - paid.held);
  return Math.max(0, satang - money);
}

function mayRefund(clinic: FakeClinic): boolean {
  return REFUNDERS.includes(clinic.role() ?? '');
}

/** A customer's payments as their card shows them. */
export function paymentsOf(clinic: FakeClinic, id: string): PaymentRow[] {
  const rows = clinic.payments.filter(({ customer }) => customer === id);
  return rows.map(({ customer: _c, refunds: _r, tenths: _t, ...row }) => ({
    ...row,
    refundable: mayRefund(clinic)
      ? most(clinic, clinic.payments.find((paid) => paid.id === row.id) ?? clinic.refuse('payment_not_found'))
      : 0,
  }));
}

function earns(clinic: FakeClinic, customerId: string, satang: number): PointsPromise {
  const of = clinic.customer(customerId);
  if (satang < 0 || satang > MOST) clinic.refuse('amount_out_of_range', { field: 'satang' });
  const multiplierTenths = tenthsOf(of.lifetime);
  const points = pointsFor(satang, multiplierTenths);
  const welcomePoints = of.isMember || !points ? 0 : WELCOME;
  const added = points + welcomePoints;
  const after = { availableAfter: of.points + added, owedAfter: 0, tierAfter: tierOf(of.lifetime + added) };
  return { points, multiplierTenths, welcomePoints, ...after };
}

/** Not a code that a phone could read: which squares are dark is the program's to know. */
const picture = (clinic: FakeClinic, satang: number): QrPicture | null =>
  clinic.promptpay === null
    ? null
    : {
        side: 29,
        path: 'M4 4h1v1h-1zM24 4h1v1h-1zM4 24h1v1h-1z',
        payload: `promptpay:${satang}`,
        payee: clinic.promptpay,
      };

/** The code that asks for a sum, where this way of paying has one. */
export const codeOf = (clinic: FakeClinic, { satang, method }: { satang: number; method: Method }): QrPicture | null =>
  method === 'promptpay' ? picture(clinic, satang) : null;

/** From when a payment counts: the desk asks the same (rule L10). */
function late(clinic: FakeClinic, paidOn: string | null): { at: number; isLongAgo: boolean } {
  if (paidOn === null) return { at: clinic.now(), isLongAgo: false };
  const at = startOfDay(paidOn) + 12 * 3_600_000;
  const days = daysUntil(clinic.now(), at);
  if (days < 0 || days > 366) clinic.refuse('date_out_of_range');
  return { at: Math.min(at, clinic.now()), isLongAgo: days > 7 };
}

export function whatIfPaid(clinic: FakeClinic, { customerId, satang }: Request<'loyalty_what_if'>): WhatIf {
  return whatIf(clinic.customer(customerId), earns(clinic, customerId, satang));
}

export function preview(clinic: FakeClinic, request: Request<'payment_preview'>): PaymentPromise {
  const { customerId, satang, method, paidOn, heldAs } = request;
  if (satang <= 0 || satang > MOST) clinic.refuse('amount_out_of_range', { field: 'satang' });
  const { isLongAgo, at } = late(clinic, paidOn);
  if (heldAs && request.coupons?.length) clinic.refuse('held_takes_no_code');
  const { pays: rest, coupons } = onBill(clinic, customerId, satang, heldAs ? [] : request.coupons);
  const of = clinic.customer(customerId);
  const off = heldAs ? null : tierDiscount(of, rest, request.usesTier);
  const pays = off?.isOn ? rest - off.less : rest;
  const left = heldLeft(clinic, customerId);
  const held = request.usesHeld && !heldAs ? Math.min(pays, left) : 0;
  const own = clinic.rewards.filter(({ isAutomatic }) => isAutomatic).map(({ id }) => id);
  const offers = offersOf(clinic, of.points, tierOf(of.lifetime)).filter(
    ({ id, bar }) => bar === null && own.includes(id),
  );
  return {
    pays,
    tierDiscount: off,
    pointsWorth: heldAs ? 0 : of.points * POINT_SATANG,
    held,
    heldLeft: left,
    heldAfter: heldAs ? left + pays : left - held,
    coupons: heldAs ? [] : coupons,
    offers: heldAs ? [] : offers,
    earns: earns(clinic, customerId, heldAs ? 0 : pays),
    qr: pays > held ? codeOf(clinic, { satang: pays - held, method }) : null,
    needsReason: isLongAgo,
    needsManager: isLongAgo && !MANAGERS.includes(clinic.role() ?? ''),
    pointsEnd: isoDay(at + 730 * 86_400_000),
  };
}

function number(clinic: FakeClinic): number | null {
  return clinic.mode === 'offline' ? null : clinic.payments.length + 1;
}

const TAKERS = ['owner', 'manager', 'front_desk', 'sales'];
export const mayTake = (clinic: FakeClinic): boolean => TAKERS.includes(clinic.role() ?? '');

/** The lines of a bill: what it earned and, of a first one, the welcome before it. */
function earn(
  clinic: FakeClinic,
  customer: string,
  paid: Pick<FakePayment, 'id' | 'number' | 'satang' | 'note' | 'by' | 'lateReason' | 'isWaiting'>,
  { points, welcomePoints, multiplierTenths }: Pick<PointsPromise, 'points' | 'welcomePoints' | 'multiplierTenths'>,
) {
  const [ledger, at] = [clinic.ledger(customer), clinic.now()];
  const line = { at, expiresAt: at + 730 * 86_400_000, isWaiting: paid.isWaiting };
  if (welcomePoints) {
    const welcome = { kind: 'bonus', origin: 'welcome' as const, amount: welcomePoints, description: null };
    ledger.unshift({ id: clinic.id(), ...welcome, ...line });
  }
  if (!points) return;
  const why = {
    sum: { satang: paid.satang, left: null, multiplierTenths },
    policy: 1,
    by: paid.by,
    reason: paid.lateReason,
    paymentId: paid.id,
    paymentNumber: paid.number,
  };
  const earned = { kind: 'earned', origin: 'bill' as const, amount: points, description: paid.note };
  ledger.unshift({ id: `${paid.id}-points`, ...earned, ...line, why });
}

/** What is to be paid, and what the tier took off it. */
function due(clinic: FakeClinic, { customerId, satang, coupons, discountPercent }: Request<'payment_take'>) {
  const { pays } = onBill(clinic, customerId, satang, coupons);
  const discount = Math.floor((pays * (discountPercent ?? 0)) / 100);
  return { satang: pays - discount, discount, discountPercent: discountPercent ?? 0 };
}

export function take(clinic: FakeClinic, request: Request<'payment_take'>): Response<'payment_take'> {
  if (!mayTake(clinic)) clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: TAKERS.join(' ') });
  const { paymentId: id, customerId, note, heldAs, held } = request;
  const { satang, ...less } = due(clinic, request);
  if (held > heldLeft(clinic, customerId)) clinic.refuse('held_short', { most: String(heldLeft(clinic, customerId)) });
  end(clinic, request.coupons, 'used', { payment: id });
  if (!satang) return clinic.saved(id, 'reward.use', clinic.customer(customerId).fullName, `customer:${customerId}`);
  const { points, welcomePoints, availableAfter, multiplierTenths } = earns(clinic, customerId, heldAs ? 0 : satang);
  const of = clinic.customer(customerId);
  const [name, topic] = [of.nickname ?? of.fullName, `customer:${of.id}`];
  if (clinic.payments.some((paid) => paid.id === id)) return clinic.saved(id, 'payment.take', name, topic);
  const before = { points: of.points, lifetime: of.lifetime, isMember: of.isMember };
  const isWaiting = clinic.mode === 'offline';
  const row = {
    id,
    number: number(clinic),
    satang,
    isRefund: false,
    method: held === satang ? ('held' as const) : request.method,
    at: late(clinic, request.paidOn).at,
    by: clinic.nickname(),
    note,
    points,
    isWaiting,
    postedAt: request.paidOn === null ? null : clinic.now(),
    lateReason: request.lateReason,
    heldAs,
    held,
    ...less,
  };
  clinic.payments.unshift({ ...row, customer: of.id, refunds: null, tenths: multiplierTenths });
  earn(clinic, of.id, row, { points, welcomePoints, multiplierTenths });
  if (points)
    Object.assign(of, { points: availableAfter, lifetime: of.lifetime + points + welcomePoints, isMember: true });
  const revert = () => {
    if (!isWaiting) clinic.refuse('payment_booked');
    if (heldAs && heldLeft(clinic, of.id) < satang) clinic.refuse('held_used');
    clinic.payments = clinic.payments.filter((paid) => paid.id !== id);
    clinic.ledgers.set(
      of.id,
      clinic.ledger(of.id).filter((line) => line.id !== `${id}-points`),
    );
    Object.assign(of, before);
  };
  return clinic.undoable(id, 'payment.take', name, revert, topic);
}

export function refundPreview(
  clinic: FakeClinic,
  { paymentId, satang }: Request<'payment_refund_preview'>,
): RefundPromise {
  const paid =
    clinic.payments.find(({ id, isRefund }) => id === paymentId && !isRefund) ?? clinic.refuse('payment_not_found');
  const left = rest(clinic, paid);
  if (satang > left) clinic.refuse('refund_too_large', { most: String(left) });
  const can = most(clinic, paid);
  if (satang > can) clinic.refuse('held_used', { most: String(can) });
  const held = heldBack(clinic, paid, satang);
  const of = clinic.customer(paid.customer);
  const points = paid.points ? pointsFor(left, paid.tenths) - pointsFor(left - satang, paid.tenths) : 0;
  const owes = Math.max(0, points - of.points);
  const tier = tierOf(of.lifetime - points);
  const codes = left === satang ? codesOf(clinic, paymentId) : [];
  const returned = codes.reduce((sum, { returns }) => sum + returns, 0);
  return {
    rest: can,
    restAfter: can - satang,
    held,
    heldAfter: heldLeft(clinic, paid.customer) + (paid.heldAs === null ? held : -satang),
    points,
    owes,
    availableAfter: of.isMember ? Math.max(0, of.points - points) + returned : null,
    owedAfter: owes,
    tierAfter: points && tier !== tierOf(of.lifetime) ? tier : null,
    codes,
  };
}

export function refund(clinic: FakeClinic, request: Request<'payment_refund'>): Response<'payment_refund'> {
  const { refundId: id, paymentId, satang, reason } = request;
  if (!mayRefund(clinic))
    clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: 'owner manager front_desk' });
  if (!reason.trim()) clinic.refuse('reason_missing');
  const { points, availableAfter, held } = refundPreview(clinic, { paymentId, satang });
  const paid = clinic.payments.find((row) => row.id === paymentId) ?? clinic.refuse('payment_not_found');
  const of = clinic.customer(paid.customer);
  const isWaiting = clinic.mode === 'offline';
  const made = {
    id,
    number: number(clinic),
    satang,
    isRefund: true,
    at: clinic.now(),
    by: clinic.nickname(),
    note: reason,
    points: -points,
    isWaiting,
    held,
    discount: 0,
    discountPercent: 0,
  };
  const method = held === satang ? 'held' : paid.method;
  clinic.payments.unshift({ ...paid, ...made, method, refunds: paid.id });
  if (paid.points) {
    const left = rest(clinic, paid);
    const entry = {
      kind: 'refund',
      amount: -points,
      origin: 'refund' as const,
      description: null,
      at: clinic.now(),
      expiresAt: null,
      isWaiting,
      why: {
        sum: { satang: left + satang, left, multiplierTenths: paid.tenths },
        policy: 1,
        by: made.by,
        reason,
        paymentId: id,
        paymentNumber: made.number,
        other: { amount: paid.points, at: paid.at },
      },
    };
    clinic.ledger(of.id).unshift({ id: `${id}-points`, ...entry });
  }
  if (rest(clinic, paid) === 0) goWith(clinic, paid.id, reason);
  Object.assign(of, { points: availableAfter ?? of.points, lifetime: of.lifetime - points });
  return clinic.saved(id, 'payment.refund', of.nickname ?? of.fullName, `customer:${of.id}`);
}

export function receipt(clinic: FakeClinic, { paymentId, language }: Request<'payment_receipt'>): ReceiptShown {
  const paid = clinic.payments.find(({ id }) => id === paymentId) ?? clinic.refuse('payment_not_found');
  const isThai = language === 'th';
  const no = paid.number === null ? (isThai ? 'ได้เมื่อส่งถึงคลินิก' : 'given when sent') : String(paid.number);
  const lines = [
    { label: isThai ? 'ออร่าคลินิก' : 'Aura Clinic', value: '' },
    { label: isThai ? 'เลขที่' : 'No.', value: no },
    { label: isThai ? 'รับเงิน' : 'Received', value: `${(paid.satang / 100).toFixed(2)} ${isThai ? 'บาท' : 'THB'}` },
    { label: isThai ? 'ชำระโดย' : 'Paid by', value: METHOD_WORDS[paid.method] },
    {
      label: isThai ? 'แต้มที่ได้' : 'Points earned',
      value: paid.heldAs === null ? String(paid.points) : isThai ? 'เมื่อใช้เงินนี้' : 'when it is used',
    },
  ];
  return { lines, text: lines.map(({ label, value }) => `${label}: ${value}`).join('\n') };
}

export function setPromptpay(clinic: FakeClinic, { id }: Request<'promptpay_set'>): Response<'promptpay_set'> {
  if (!['manager', 'owner'].includes(clinic.role() ?? ''))
    clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: 'owner manager' });
  const digits = id?.replace(/\D/g, '') ?? '';
  if (id && ![10, 13, 15].includes(digits.length)) clinic.refuse('promptpay_invalid');
  clinic.promptpay = id;
  return clinic.saved(clinic.id(), 'clinic.set_promptpay', '', 'start');
}
