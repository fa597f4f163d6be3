/** "Why 149?" of a line of the ledger, as facts in words. */
import type { PointEntry } from '../../backend/bindings/PointEntry';
import type { PointOrigin } from '../../backend/bindings/PointOrigin';
import type { PointSum } from '../../backend/bindings/PointSum';
import { m } from '../../i18n';
import { date } from '../../i18n/dates';
import { baht, movement, multiplier, points } from '../../i18n/numbers';
import { reasonName } from '../gift/gift-words';

/** What the kind of the line says already has no name here. */
const ORIGINS: Record<PointOrigin, (() => string) | null> = {
  bill: m.origin_bill,
  refund: m.origin_refund,
  gift: m.origin_gift,
  welcome: m.origin_welcome,
  birthday: m.origin_birthday,
  check_in: m.origin_check_in,
  treatment: m.origin_treatment,
  review: m.origin_review,
  referral: m.origin_referral,
  achievement: m.origin_achievement,
  special: m.origin_special,
  redemption: null,
  code: m.origin_code,
  grant: m.origin_grant,
  ended: null,
  ended_once: m.origin_ended_once,
  opening: m.origin_opening,
  merge: m.origin_merge,
  undone: m.origin_undone,
  called_off: m.origin_called_off,
  other: null,
};
export const originName = (origin: PointOrigin): string => ORIGINS[origin]?.() ?? '';

/** What the terms promise for something that is no bill. */
const PROMISED: PointOrigin[] = ['welcome', 'birthday', 'check_in', 'treatment', 'review', 'referral'];

const METHODS: Record<string, () => string> = {
  staff: m.why_by_staff,
  display: m.why_by_display,
  pin: m.why_by_pin,
  line: m.why_by_line,
  two: m.why_by_two,
};

function counted(amount: number, { satang, left, multiplierTenths }: PointSum): string {
  const times = multiplier(multiplierTenths).slice(1);
  const of = (sum: number) => m.award_formula({ baht: baht(sum), multiplier: times });
  return `${points(amount)} = ${left === null ? of(satang) : `${of(left)} \u2212 ${of(satang)}`}`;
}

export function whyPoints({ amount, origin, why }: PointEntry): string[] {
  const version = why.policy === null ? '' : String(why.policy);
  const isPromised = version && PROMISED.includes(origin);
  const facts = [
    why.sum && counted(amount, why.sum),
    why.sum && m.why_counted(),
    isPromised && m.why_promised({ points: points(amount), version }),
    version && !isPromised && m.why_terms({ version }),
    why.paymentId !== null &&
      (why.paymentNumber === null ? m.pay_number_waits() : m.why_payment({ number: why.paymentNumber })),
    why.other && m.why_other({ points: movement(why.other.amount), date: date(why.other.at) }),
    why.gift && reasonName(why.gift),
    why.reason,
    origin === 'called_off' && m.referral_reason_not_kept(),
    why.method && METHODS[why.method]?.(),
    why.by !== null && m.why_booked_by({ name: why.by }),
    why.agreedBy !== null && m.why_agreed_by({ name: why.agreedBy }),
  ].filter((fact): fact is string => Boolean(fact));
  return facts.length ? facts : [m.why_unknown()];
}
