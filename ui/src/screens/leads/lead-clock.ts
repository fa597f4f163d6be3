/** How long a lead has waited for its first answer. Only opening time counts; the backend says how much there is and when it goes on. */
import type { LeadRow } from '../../backend/bindings/LeadRow';
import { waited, waitedShort } from '../../i18n/dates';

/** Opening time that has passed until `now`, in milliseconds. */
export function waitedMs({ clock }: LeadRow, now: number): number {
  if (!clock.isRunning) return clock.waited;
  const until = Math.min(now, clock.turnsAt ?? now);
  return clock.waited + Math.max(0, until - clock.at);
}

/** It waits for somebody: nobody has taken or answered it. */
export function isUnclaimed(lead: LeadRow): boolean {
  return lead.status === 'open' && lead.answeredAt === null;
}

/** Nobody has taken it for so long that the next person was told, or is about to be. */
export function isLate(lead: LeadRow, now: number): boolean {
  return isUnclaimed(lead) && waitedMs(lead, now) >= lead.escalation.passAfter;
}

/** Minutes and seconds; hours and days stand still. */
export function isTicking(lead: LeadRow, now: number): boolean {
  return waitedMs(lead, now) < 3_600_000;
}

export function waitedText(lead: LeadRow, now: number): string {
  return waited(0, waitedMs(lead, now));
}

export function waitedBrief(lead: LeadRow, now: number): string {
  return waitedShort(0, waitedMs(lead, now));
}

/** When the first of these clocks stops or goes on, because the clinic closes or opens. */
export function nextTurn(leads: readonly LeadRow[]): number | undefined {
  const turns = leads.flatMap(({ clock }) => clock.turnsAt ?? []);
  return turns.length ? Math.min(...turns) : undefined;
}
