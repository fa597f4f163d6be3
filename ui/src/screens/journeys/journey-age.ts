/** How long a journey has been where it is, in the words of its card: in time, over its limit, twice over. */
import type { BoardCard } from '../../backend/bindings/BoardCard';
import type { StageLimit } from '../../backend/bindings/StageLimit';
import { m } from '../../i18n';
import { dayShort, span, time } from '../../i18n/dates';

export type Age = 'within' | 'over' | 'twice';

export function ageOf({ until, twice }: BoardCard, now: number): Age {
  if (twice !== null && now > twice) return 'twice';
  return until !== null && now > until ? 'over' : 'within';
}

/** What stands on the card: her booking, the next follow-up, or how long she has been here. */
export function ageWords(card: BoardCard, now: number): string {
  const { stage, bookedAt, plannedAt, since } = card;
  if (stage === 'treatment_scheduled' && bookedAt !== null) {
    if (ageOf(card, now) !== 'within') return m.board_late({ span: span(now - bookedAt) });
    return `${dayShort(bookedAt, now)} ${time(bookedAt)}`;
  }
  if (stage === 'follow_up' && plannedAt !== null) {
    return plannedAt > now ? m.board_in({ span: span(plannedAt - now) }) : m.board_due();
  }
  // By the minute it may have come just now.
  return span(Math.max(0, now - since));
}

const AGE: Record<Age, () => string> = { within: m.board_within, over: m.board_over, twice: m.board_twice };
export const ageName = (age: Age) => AGE[age]();

/** What limits the stay in a stage, for the head of its column. */
export function limitWords(limit: StageLimit): string {
  switch (limit.kind) {
    case 'opening':
    case 'within':
      return span(limit.minutes * 60_000);
    case 'booking':
      return m.board_by_booking();
    case 'plan':
      return m.board_by_plan();
    case 'none':
      return m.board_no_limit();
  }
}

/** Which session of the course is the next, or how many are done; nothing where there is no course. */
export function sessionOf({
  stage,
  sessionsPlanned: of,
  sessionsDone,
}: BoardCard): { nth: number; of: number } | undefined {
  if (of === null) return undefined;
  const isNext = stage === 'treatment_scheduled' || stage === 'in_treatment';
  return { nth: Math.min(of, sessionsDone + (isNext ? 1 : 0)), of };
}

/** Who is asked about it: until it is paid who sells, then who treats. */
export function personOf({ stage, sales, beautician }: BoardCard): string {
  const isSelling = ['lead_created', 'scanned', 'proposal_sent', 'payment_confirmed'].includes(stage);
  return (isSelling ? (sales ?? beautician) : (beautician ?? sales))?.nickname ?? '';
}
