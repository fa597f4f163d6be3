/** The fake clinic's bookings and arrivals: half past ten on Thursday 1 October 2026, as in the mock. */
import type { Agenda } from '../bindings/Agenda';
import type { AgendaRow } from '../bindings/AgendaRow';
import type { Request } from '../backend';
import type { Saved } from '../bindings/Saved';
import type { Standing } from '../bindings/Standing';
import type { VisitShown } from '../bindings/VisitShown';
import type { FakeClinic } from './clinic';
import { goAlong } from './booked';
import { at, ref, staff } from './day';

const MINUTE = 60_000;
export const TODAY = '2026-10-01';

function booking(
  [id, customer, time, minutes, room]: [string, string, string, number, string],
  part: Partial<AgendaRow> = {},
): AgendaRow {
  const startsAt = at(time);
  const ends = new Date(startsAt + minutes * MINUTE + 7 * 3_600_000).toISOString().slice(11, 16);
  return {
    id,
    bookingId: id,
    visitId: null,
    customer: ref(customer),
    standing: 'booked',
    time,
    startsAt,
    endsAt: startsAt + minutes * MINUTE,
    slot: `${TODAY} ${time}-${ends}`,
    kind: room === 'ปรึกษา' ? 'consultation' : 'treatment',
    service: room === 'ปรึกษา' ? null : 'HydraFacial',
    room,
    staff: staff('p-beam'),
    session: null,
    queue: null,
    lateAt: startsAt + 15 * MINUTE,
    arrivedAt: null,
    longWaitAt: null,
    startedAt: null,
    finishedAt: null,
    undo: null,
    marks: [],
    history: [],
    isWaiting: false,
    ...part,
  };
}

/** Somebody came then, and is so far. */
function came(row: AgendaRow, queue: string, when: string, standing: Standing): AgendaRow {
  const arrivedAt = at(when);
  const step = { by: 'บีม', device: 'PC-B', queue, reason: null };
  const history = [{ kind: 'arrived' as const, at: arrivedAt, ...step }];
  return {
    ...row,
    visitId: `v-${row.id}`,
    standing,
    queue,
    arrivedAt,
    longWaitAt: arrivedAt + 10 * MINUTE,
    startedAt: standing === 'waiting' ? null : arrivedAt + 5 * MINUTE,
    history,
  };
}

export function agenda(): AgendaRow[] {
  return [
    came(booking(['b4', 'c5', '09:00', 57, 'ห้อง 2']), 'A1', '08:57', 'done'),
    came(booking(['b5', 'x8', '09:00', 57, 'ปรึกษา']), 'A2', '08:58', 'done'),
    came(booking(['b3', 'x2', '09:30', 60, 'ห้อง 1']), 'A3', '09:25', 'serving'),
    booking(['b2', 'x3', '10:00', 45, 'ห้อง 2'], { marks: [{ code: 'consent_missing' }] }),
    came(booking(['b6', 'c2', '10:15', 30, 'ปรึกษา']), 'A4', '10:12', 'waiting'),
    booking(['b1', 'c1', '10:30', 60, 'ห้อง 1'], { session: { nth: 3, of: 5 }, marks: [{ code: 'birthday' }] }),
    booking(['b7', 'c3', '11:00', 60, 'ห้อง 2'], { marks: [{ code: 'language', language: 'en' }] }),
    booking(['b8', 'x7', '11:30', 30, 'ปรึกษา']),
    booking(['b9', 'c4', '12:00', 60, 'ห้อง 1'], {
      marks: [{ code: 'do_not_contact' }, { code: 'owed_points', points: 101 }, { code: 'unpaid' }],
    }),
    booking(['b10', 'x6', '13:00', 60, 'ห้อง 2']),
    booking(['b11', 'x5', '13:15', 45, 'ห้อง 1']),
  ];
}

export function list(clinic: FakeClinic, date: string | null): Agenda {
  const day = date ?? TODAY;
  const rows = clinic.agenda.filter(({ slot }) => (slot?.slice(0, 10) ?? TODAY) === day);
  const sorted = [...rows].sort((a, b) => a.startsAt - b.startsAt);
  const mine = new Map(clinic.done.filter(({ by }) => by === clinic.me).map((step) => [step.id, step]));
  const reachable = sorted.map((row) => ({ ...row, undo: row.undo !== null && mine.has(row.undo) ? row.undo : null }));
  return { date: day, today: TODAY, now: clinic.now(), rows: reachable };
}

function find(clinic: FakeClinic, test: (row: AgendaRow) => boolean): AgendaRow | undefined {
  return clinic.agenda.find(test);
}

function put(clinic: FakeClinic, id: string, part: Partial<AgendaRow>): void {
  clinic.agenda = clinic.agenda.map((row) => (row.id === id ? { ...row, ...part } : row));
}

const nameOf = ({ customer }: AgendaRow) => customer.nickname ?? customer.fullName;

/** What can be taken back puts the line back as it was; what happened at the door stays in its history. */
function change(
  clinic: FakeClinic,
  row: AgendaRow,
  name: string,
  part: Partial<AgendaRow>,
  { stays, back }: { stays?: AgendaRow['history'][number]; back?: () => void } = {},
): Saved {
  const id = row.visitId ?? part.visitId ?? row.id;
  put(clinic, row.id, { ...part, isWaiting: clinic.mode === 'offline' });
  const revert = () => {
    put(clinic, row.id, { ...row, history: stays ? [...(part.history ?? []), stays] : row.history });
    back?.();
  };
  const saved = clinic.undoable(id, name, nameOf(row), revert, 'agenda', 'journeys');
  if (name === 'visit.check_in') put(clinic, row.id, { undo: saved.undo });
  return saved;
}

export function checkIn(clinic: FakeClinic, { customerId, bookingId }: Request<'visit_check_in'>): Saved {
  const now = clinic.now();
  const isOff = clinic.mode === 'offline';
  let row = find(clinic, ({ bookingId: of }) => bookingId !== null && of === bookingId);
  if (row && (row.standing === 'waiting' || row.standing === 'serving')) clinic.refuse('already_arrived');
  if (!row) {
    const id = clinic.id();
    const none = { bookingId: null, slot: null, kind: null, service: null, endsAt: null, lateAt: null };
    const time = new Date(now + 7 * 3_600_000).toISOString().slice(11, 16);
    row = { ...booking([id, customerId, time, 0, '']), ...none, room: null, staff: null, startsAt: now };
    clinic.agenda = [...clinic.agenda, row];
  }
  const queue = isOff ? null : `A${++clinic.queue}`;
  const step = { at: now, by: clinic.nickname(), device: isOff ? null : 'PC-A', queue, reason: null };
  const arrived = { kind: 'arrived' as const, ...step };
  const here = { standing: 'waiting' as const, queue, arrivedAt: now, longWaitAt: now + 10 * MINUTE };
  const history = [...row.history, arrived];
  return change(
    clinic,
    row,
    'visit.check_in',
    { ...here, visitId: clinic.id(), history },
    { stays: { ...step, kind: 'undone' } },
  );
}

export function moveVisit(
  clinic: FakeClinic,
  id: string,
  to: 'serving' | 'done' | 'left',
  reason: string | null = null,
): Saved {
  const row = find(clinic, ({ visitId }) => visitId === id) ?? clinic.refuse('visit_not_found');
  const allowed = { serving: 'waiting', done: 'serving', left: 'waiting' } as const;
  if (row.standing !== allowed[to]) {
    clinic.refuse(
      row.standing === 'waiting'
        ? 'visit_not_started'
        : row.standing === 'serving'
          ? 'visit_already_started'
          : 'visit_ended',
    );
  }
  const name = { serving: 'visit.start', done: 'visit.finish', left: 'visit.leave' }[to];
  const kind = { serving: 'started', done: 'finished', left: 'left' }[to] as 'started' | 'finished' | 'left';
  const step = { kind, at: clinic.now(), by: clinic.nickname(), device: 'PC-A', queue: row.queue, reason };
  return change(clinic, row, name, { standing: to, undo: null, history: [...row.history, step] });
}

export function close(clinic: FakeClinic, id: string, name: string, standing: Standing): Saved {
  const row = find(clinic, ({ bookingId }) => bookingId === id) ?? clinic.refuse('appointment_not_found');
  if (row.visitId !== null) clinic.refuse('already_arrived');
  if (standing === 'no_show' && row.startsAt > clinic.now()) clinic.refuse('not_yet');
  return change(clinic, row, name, { standing });
}

export function reschedule(clinic: FakeClinic, { id, to }: Request<'appointment_reschedule'>): Saved {
  const row = find(clinic, ({ bookingId }) => bookingId === id) ?? clinic.refuse('appointment_not_found');
  const startsAt = at(`${to.date} ${to.startTime}`);
  const slot = `${to.date} ${to.startTime}-${to.endTime}`;
  const back = goAlong(clinic, row.id, slot, to.staffId);
  const place = {
    time: to.startTime,
    slot,
    room: to.room,
    staff: staff(to.staffId),
  };
  const part = { ...place, startsAt, lateAt: startsAt + 15 * MINUTE, standing: 'booked' as const };
  return change(clinic, row, 'appointment.reschedule', part, { back });
}

export function book(clinic: FakeClinic, request: Request<'appointment_book'>): Saved {
  const { customerId, place, kind, service, journeyId } = request;
  const id = clinic.id();
  const startsAt = at(`${place.date} ${place.startTime}`);
  const slot = `${place.date} ${place.startTime}-${place.endTime}`;
  const row = booking([id, customerId, place.startTime, 45, place.room ?? ''], {
    kind,
    service,
    staff: staff(place.staffId),
    startsAt,
    slot,
    lateAt: startsAt + 15 * MINUTE,
  });
  clinic.agenda = [...clinic.agenda, row];
  if (journeyId !== null && kind === 'treatment') clinic.journeyOf.set(id, journeyId);
  const back = goAlong(clinic, id, slot, place.staffId);
  const revert = () => {
    clinic.agenda = clinic.agenda.filter((other) => other.id !== id);
    back();
  };
  return clinic.undoable(id, 'appointment.book', nameOf(row), revert, 'agenda', 'journeys');
}

export function visitsOf(clinic: FakeClinic, customer: string): VisitShown[] {
  const rows = clinic.agenda.filter((row) => row.customer.id === customer && row.history.length > 0);
  return rows.map((row) => ({
    id: row.visitId ?? row.id,
    day: TODAY,
    state: row.visitId === null ? 'undone' : row.standing,
    bookingId: row.bookingId,
    queue: row.queue,
    steps: row.history,
    isWaiting: row.isWaiting,
  }));
}
