/** Which bookings stand on Today's strip, and where: a lane a room, from an hour back to three and a half ahead. */
import type { AgendaRow } from '../../backend/bindings/AgendaRow';
import { isExpected, standingAt } from '../agenda/standing';

const HOUR = 3_600_000;
const BACK = HOUR;
/** How much time the strip shows. */
export const SPAN = 4.5 * HOUR;
/** The window moves by steps, so that blocks do not creep. */
const STEP = 30 * 60_000;
/** As long as a walk-in is drawn until it has ended. */
const USUAL = 30 * 60_000;

export interface Window {
  from: number;
  to: number;
  hours: number[];
}

export interface Block {
  row: AgendaRow;
  from: number;
  to: number;
}

export interface Lane {
  room: string;
  blocks: Block[];
}

export function windowAt(now: number): Window {
  const from = Math.floor((now - BACK) / STEP) * STEP;
  const to = from + SPAN;
  const hours: number[] = [];
  for (let hour = Math.ceil(from / HOUR) * HOUR; hour < to; hour += HOUR) hours.push(hour);
  return { from, to, hours };
}

/** Lanes by room, the nameless one last. */
export function lanesOf(rows: readonly AgendaRow[], span: Window): Lane[] {
  const seen = rows.filter((row) => !['cancelled'].includes(row.standing)).flatMap((row) => block(row, span));
  const lanes = new Map<string, Lane>();
  for (const one of seen) {
    const room = one.row.room ?? '';
    const lane = lanes.get(room) ?? { room, blocks: [] };
    lane.blocks.push(one);
    lanes.set(room, lane);
  }
  return [...lanes.values()].sort(
    (a, b) => Number(a.room === '') - Number(b.room === '') || a.room.localeCompare(b.room, 'th'),
  );
}

function block(row: AgendaRow, span: Window): Block[] {
  const ends = row.endsAt ?? row.finishedAt ?? row.startsAt + USUAL;
  const from = Math.max(row.startsAt, span.from);
  const to = Math.min(ends, span.to);
  return to > from ? [{ row, from, to }] : [];
}

/** Who comes next: the first that is expected and not late. */
export function nextOf(rows: readonly AgendaRow[], now: number): AgendaRow | undefined {
  return rows.find((row) => isExpected(standingAt(row, now)) && row.startsAt >= now);
}
