/** Why a row is here, in words: one sentence for each code of `Reason`. A new code is a type error here. */
import type { Reason } from '../backend/bindings/Reason';
import type { WokenBy } from '../backend/bindings/WokenBy';
import { dayNumber, span, time, whenAfter } from './dates';
import { m } from './index';
import { factorLine } from './leads';
import { afterThai } from './spacing';
import { priorityName, stageName, taskKind } from './words';

type Teller<C extends Reason['code']> = (reason: Extract<Reason, { code: C }>, now: number) => string;

/** What woke a task, or that its time came. */
const WOKEN: Record<WokenBy | 'time', (facts: { when: string }) => string> = {
  time: m.reason_woke,
  reply: m.reason_woke_reply,
  payment: m.reason_woke_payment,
  check_in: m.reason_woke_check_in,
};

const TELLERS: { [C in Reason['code']]: Teller<C> } = {
  overdue: ({ since }, now) => m.reason_overdue({ span: span(now - since) }),
  due_at: ({ at }, now) =>
    dayNumber(at) === dayNumber(now)
      ? m.reason_due_today({ time: time(at) })
      : m.reason_due_at({ when: whenAfter(at, now) }),
  no_due_date: () => m.reason_no_due_date(),
  urgent: ({ priority }) => m.reason_urgent({ priority: priorityName(priority) }),
  booked_today: ({ time: at }) => m.reason_booked_today({ time: at }),
  kind: ({ kind }) => m.reason_kind({ kind: taskKind(kind) }),
  stage: ({ stage }) => m.reason_stage({ stage: afterThai(stageName(stage)) }),
  woke: ({ at, because }, now) => WOKEN[because ?? 'time']({ when: whenAfter(at, now) }),
  tried: ({ times }) => m.reason_tried({ times }),
  fact: ({ text }) => text,
  score: ({ score, threshold }) => m.reason_score({ score, threshold }),
  waiting_since: ({ at }, now) => m.reason_waiting_since({ when: whenAfter(at, now) }),
  lead: ({ factor }) => factorLine(factor),
  do_not_contact: () => m.reason_do_not_contact(),
  rule: ({ name }) => m.reason_rule({ name }),
};

export function tell(reason: Reason, now: number): string {
  // The table pairs each code with its own shape; TypeScript cannot follow that through an index.
  return (TELLERS[reason.code] as Teller<Reason['code']>)(reason as never, now);
}

/** The why-line of a row: its reasons in order, none twice. */
export function whyLine(reasons: readonly Reason[], now: number): string[] {
  return [...new Set(reasons.map((reason) => tell(reason, now)))];
}
