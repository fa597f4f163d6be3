/** What a move asks, as it is typed: only what its offer names, and whether it is enough to save. */
import type { Ask } from '../../backend/bindings/Ask';
import type { JourneyShown } from '../../backend/bindings/JourneyShown';
import type { Offer } from '../../backend/bindings/Offer';
import type { StaffRef } from '../../backend/bindings/StaffRef';
import { m } from '../../i18n';
import { satangFrom } from '../../i18n/numbers';
import { draft } from '../../state/drafts.svelte';
import type { Said } from './journey-actions.svelte';

const MOST_SESSIONS = 99;

/** Sessions of a course from what was typed; `undefined` when it is no number of sessions. */
export function sessionsFrom(typed: string): number | null | undefined {
  if (typed.trim() === '') return null;
  const count = /^\d{1,2}$/.test(typed.trim()) ? Number(typed.trim()) : 0;
  return count >= 1 && count <= MOST_SESSIONS ? count : undefined;
}

/** Those of the wanted role first: who treats, who sells. */
export const byRole = (rows: readonly StaffRef[], role: StaffRef['role']) =>
  rows.toSorted((a, b) => Number(b.role === role) - Number(a.role === role));

export class StepForm {
  title = $state('');
  sessions = $state('');
  amount = $state('');
  readonly note: { text: string; clear(): void };

  constructor(
    { journey }: JourneyShown,
    private readonly offer: Offer,
  ) {
    this.title = journey.plan ?? '';
    this.sessions = String(journey.sessionsPlanned ?? '');
    this.note = draft(() => `journey-step:${journey.id}:${offer.action}`);
  }

  asks(what: Ask): boolean {
    return this.offer.asks.includes(what);
  }

  /** The plan's sum may come later, at the payment; there it must be known. */
  get mayLackAmount(): boolean {
    return this.asks('plan');
  }

  readonly satang: number | null = $derived(this.amount.trim() ? satangFrom(this.amount.trim()) : null);
  readonly amountError: string | undefined = $derived(
    this.amount.trim() && !this.satang ? m.award_not_amount() : undefined,
  );
  readonly sessionsError: string | undefined = $derived(
    sessionsFrom(this.sessions) === undefined ? m.journey_not_sessions({ most: MOST_SESSIONS }) : undefined,
  );

  readonly isEnough: boolean = $derived.by(() => {
    if (this.asks('reason') && !this.note.text.trim()) return false;
    if (this.asks('plan') && this.sessionsError) return false;
    return !this.asks('amount') || (!this.amountError && (!!this.satang || this.mayLackAmount));
  });

  /** What was typed, in the words of the command. */
  get said(): Partial<Said> {
    return {
      note: this.note.text.trim() || null,
      ...(this.asks('plan') && { title: this.title.trim() || null, sessions: sessionsFrom(this.sessions) ?? null }),
      ...(this.asks('amount') && { satang: this.satang }),
    };
  }
}
