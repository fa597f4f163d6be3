/** What is typed to make or move a booking, and what of it can be said before anything is asked of the backend. */
import { call } from '../../backend';
import type { AgendaRow } from '../../backend/bindings/AgendaRow';
import type { BookingPlace } from '../../backend/bindings/BookingPlace';
import type { Journey } from '../../backend/bindings/Journey';
import type { StaffRef } from '../../backend/bindings/StaffRef';
import { m } from '../../i18n';
import { isoDay, startOfDay, time } from '../../i18n/dates';
import { dayFrom, typedDay } from '../../i18n/typedDay';
import { TypedMoment } from '../tasks/typed-moment.svelte';

/** A booking that is moved: a line of the agenda, or what is booked for a journey. */
export type Booked = Pick<AgendaRow, 'id' | 'slot' | 'time' | 'room' | 'staff'>;

export const KINDS = ['treatment', 'consultation', 'follow_up', 'scan'] as const;

/** `9:30`, `0930` and `09.30` as `09:30`; `null` when it is no time. */
export function clockTyped(typed: string): string | null {
  const found = /^(\d{1,2})[:.]?(\d{2})$/.exec(typed.trim());
  if (!found || Number(found[1]) > 23 || Number(found[2]) > 59) return null;
  return `${found[1]?.padStart(2, '0')}:${found[2]}`;
}

function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

function plus(clock: string, minutes: number): string | null {
  const [hours = 0, rest = 0] = clock.split(':').map(Number);
  const end = hours * 60 + rest + minutes;
  return end < 24 * 60 ? `${String(Math.floor(end / 60)).padStart(2, '0')}:${String(end % 60).padStart(2, '0')}` : null;
}

function endOf(start: string, minutes: string): string | null {
  return /^\d{1,3}$/.test(minutes) ? plus(start, Number(minutes)) : null;
}

function minutesBetween(from: string, to: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = `${from}:${to}`.split(':').map(Number);
  return c * 60 + d - a * 60 - b;
}

export class BookingForm {
  /** Written out they are known at once; in words, `พรุ่งนี้` and `บ่ายสอง`, the backend reads them. */
  readonly day: TypedMoment = new TypedMoment({
    wants: () => ({ kind: 'day' }),
    plain: (text) => {
      const day = dayFrom(text);
      return day === null ? undefined : startOfDay(day);
    },
  });
  readonly hour: TypedMoment = new TypedMoment({
    wants: () => ({ kind: 'hour', day: this.date ?? this.opened }),
    plain: (text) => {
      const clock = clockTyped(text);
      return clock === null ? undefined : startOfDay(this.opened) + minuteOf(clock) * 60_000;
    },
  });
  minutes = $state('45');
  room = $state('');
  staffId = $state('');
  service = $state('');
  kind = $state<(typeof KINDS)[number]>('treatment');
  staff = $state.raw<StaffRef[]>([]);
  /** The bookings of the wanted day, to see what is taken. */
  others = $state.raw<AgendaRow[]>([]);
  readonly from: BookingPlace | undefined;

  constructor(
    /** The day on which the form was opened. */
    private readonly opened: string,
    private readonly moves: Booked | undefined,
    journey?: Journey,
  ) {
    this.day.text = typedDay(opened);
    this.service = journey?.plan ?? '';
    this.staffId = journey?.beautician?.id ?? '';
    if (moves?.slot) {
      const [start = '', end = ''] = (moves.slot.split(' ')[1] ?? '').split('-');
      this.hour.text = start;
      this.minutes = String(minutesBetween(start, end));
      this.room = moves.room ?? '';
      this.staffId = moves.staff?.id ?? '';
      this.from = { date: opened, startTime: start, endTime: end, room: moves.room, staffId: this.staffId };
    }
    void call('staff_list', {}).then(({ rows }) => this.#know(rows));
  }

  #know(rows: StaffRef[]): void {
    this.staff = rows;
    this.staffId ||= rows.find(({ role }) => role === 'beautician')?.id ?? rows[0]?.id ?? '';
  }

  /** What stands on the wanted day. */
  async look(): Promise<void> {
    const { date } = this;
    if (date) this.others = (await call('agenda_list', { date }).catch(() => ({ rows: [] as AgendaRow[] }))).rows;
  }

  /** The wanted day, `YYYY-MM-DD`. */
  get date(): string | undefined {
    return dayFrom(this.day.text) ?? (this.day.at === undefined ? undefined : isoDay(this.day.at));
  }

  /** The wanted hour, `HH:MM`. */
  get start(): string | null {
    return clockTyped(this.hour.text) ?? (this.hour.at === undefined ? null : time(this.hour.at));
  }

  /** How long, said when it is no number of minutes or goes on past the day. */
  get minutesError(): string | undefined {
    const isFine = Number(this.minutes) > 0 && endOf(this.start ?? '00:00', this.minutes) !== null;
    return isFine ? undefined : m.booking_minutes_wrong();
  }

  readonly place: BookingPlace | undefined = $derived.by(() => {
    const { date, start: startTime } = this;
    const endTime = startTime && endOf(startTime, this.minutes);
    if (!date || !startTime || !endTime || endTime <= startTime || !this.staffId) return undefined;
    return { date, startTime, endTime, room: this.room.trim() || null, staffId: this.staffId };
  });

  /** Who has the room or the person then. Nobody is stopped: two may share a room. */
  readonly taken: string | undefined = $derived.by(() => {
    const { place } = this;
    if (!place) return undefined;
    const clash = this.others.find((row) => {
      if (
        row.id === this.moves?.id ||
        row.slot === null ||
        !['booked', 'late', 'waiting', 'serving'].includes(row.standing)
      )
        return false;
      const [start = '', end = ''] = (row.slot.split(' ')[1] ?? '').split('-');
      const overlaps = start < place.endTime && place.startTime < end;
      return overlaps && ((place.room !== null && row.room === place.room) || row.staff?.id === place.staffId);
    });
    return clash && m.booking_taken({ time: clash.time, name: clash.customer.fullName });
  });
}
