/** What happened with a customer, as one line of time: bookings, payments, points, follow-ups and steps of the journey. */
import type { Appointment } from '../../backend/bindings/Appointment';
import type { VisitStep } from '../../backend/bindings/VisitStep';
import type { ContactRow } from '../../backend/bindings/ContactRow';
import type { CustomerCard } from '../../backend/bindings/CustomerCard';
import type { FollowupRow } from '../../backend/bindings/FollowupRow';
import type { MergeRow } from '../../backend/bindings/MergeRow';
import type { JourneyAction } from '../../backend/bindings/JourneyAction';
import type { PaymentRow } from '../../backend/bindings/PaymentRow';
import type { PointEntry } from '../../backend/bindings/PointEntry';
import { isoDay, startOfDay } from '../../i18n/dates';

export const HISTORY_TABS = ['all', 'appointments', 'points', 'followups', 'journey', 'calls', 'payments'] as const;
export type HistoryTab = (typeof HISTORY_TABS)[number];

export type Event =
  | { kind: 'appointments'; id: string; at: number; of: Appointment }
  | { kind: 'visits'; id: string; at: number; of: VisitStep }
  | { kind: 'payments'; id: string; at: number; of: PaymentRow }
  | { kind: 'points'; id: string; at: number; of: PointEntry }
  | { kind: 'followups'; id: string; at: number; of: FollowupRow }
  | { kind: 'journey'; id: string; at: number; of: JourneyAction }
  | { kind: 'calls'; id: string; at: number; of: ContactRow }
  | { kind: 'merges'; id: string; at: number; of: MergeRow };

function minutes(clock: string): number {
  const [hours = 0, rest = 0] = clock.split(':').map(Number);
  return (hours * 60 + rest) * 60_000;
}

/** Everything, newest first. Open follow-ups stand under what is to do, not here. */
export function eventsOf(card: CustomerCard, ledger: readonly PointEntry[]): Event[] {
  const closed = card.followups.filter(({ status }) => status !== 'pending');
  const events: Event[] = [
    ...card.appointments.map((of) => ({
      kind: 'appointments' as const,
      id: of.id,
      at: startOfDay(of.date) + minutes(of.startTime),
      of,
    })),
    ...card.visits.flatMap(({ id, steps }) =>
      steps.map((of, nth) => ({ kind: 'visits' as const, id: `${id}-${nth}`, at: of.at, of })),
    ),
    ...card.contacts.map((of) => ({ kind: 'calls' as const, id: of.id, at: of.at, of })),
    ...card.merges.map((of) => ({ kind: 'merges' as const, id: of.id, at: of.at, of })),
    ...card.payments.map((of) => ({ kind: 'payments' as const, id: of.id, at: of.at, of })),
    ...ledger.map((of) => ({ kind: 'points' as const, id: of.id, at: of.at, of })),
    ...closed.map((of) => ({ kind: 'followups' as const, id: of.id, at: of.executedAt ?? of.scheduledAt, of })),
    ...card.journeys
      .flatMap(({ actions }) => actions)
      .map((of) => ({ kind: 'journey' as const, id: of.id, at: of.at, of })),
  ];
  return events.sort((a, b) => b.at - a.at);
}

export interface Chapter {
  /** The month's first day or, for today and what is to come, the day itself. */
  key: string;
  at: number;
  events: Event[];
}

/** Events under heads: each day from today on, each month before. */
export function chapters(events: readonly Event[], now: number): Chapter[] {
  const today = isoDay(now);
  const found: Chapter[] = [];
  for (const event of events) {
    const day = isoDay(event.at);
    const key = day >= today ? day : day.slice(0, 7);
    const last = found.at(-1);
    if (last?.key === key) last.events.push(event);
    else found.push({ key, at: event.at, events: [event] });
  }
  return found;
}
