/** How a line of the agenda stands right now: its symbol, its tone, its words. The same symbol everywhere; colour is never alone. */
import Circle from '@lucide/svelte/icons/circle';
import CircleDot from '@lucide/svelte/icons/circle-dot';
import Check from '@lucide/svelte/icons/check';
import ClockAlert from '@lucide/svelte/icons/clock-alert';
import Hourglass from '@lucide/svelte/icons/hourglass';
import LogOut from '@lucide/svelte/icons/log-out';
import UserX from '@lucide/svelte/icons/user-x';
import X from '@lucide/svelte/icons/x';
import type { AgendaRow } from '../../backend/bindings/AgendaRow';
import type { Standing } from '../../backend/bindings/Standing';
import { span, waited } from '../../i18n/dates';
import { m } from '../../i18n';

export type Tone = 'plain' | 'pos' | 'warn' | 'crit' | 'info';

const ICONS = {
  booked: Circle,
  late: ClockAlert,
  waiting: Hourglass,
  serving: CircleDot,
  done: Check,
  left: LogOut,
  no_show: UserX,
  cancelled: X,
} as const satisfies Record<Standing, unknown>;

const TONES: Record<Standing, Tone> = {
  booked: 'plain',
  late: 'warn',
  waiting: 'info',
  serving: 'info',
  done: 'pos',
  left: 'plain',
  no_show: 'crit',
  cancelled: 'plain',
};

const WORDS: Record<Standing, (row: AgendaRow, now: number) => string> = {
  booked: () => m.standing_booked(),
  late: (row, now) => m.standing_late({ span: span(now - row.startsAt) }),
  waiting: (row, now) => m.standing_waiting_for({ clock: waited(row.arrivedAt ?? now, now) }),
  serving: () => m.standing_serving(),
  done: () => m.standing_done(),
  left: () => m.standing_left(),
  no_show: () => m.standing_no_show(),
  cancelled: () => m.standing_cancelled(),
};

/** A booking turns late while one looks at it: the backend says when, the window only watches the clock. */
export function standingAt(row: AgendaRow, now: number): Standing {
  return row.standing === 'booked' && row.lateAt !== null && now >= row.lateAt ? 'late' : row.standing;
}

/** A wait that has become too long: amber, and a task by then. */
export function isLongWait(row: AgendaRow, now: number): boolean {
  return row.standing === 'waiting' && row.longWaitAt !== null && now > row.longWaitAt;
}

export function show(row: AgendaRow, now: number) {
  const standing = standingAt(row, now);
  const isLong = isLongWait(row, now);
  return {
    standing,
    icon: isLong ? ClockAlert : ICONS[standing],
    tone: isLong ? ('warn' as const) : TONES[standing],
    text: WORDS[standing](row, now),
  };
}

export const isExpected = (standing: Standing) => standing === 'booked' || standing === 'late';
