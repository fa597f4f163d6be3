/** Opening hours of the fake clinic, and its closed days. */
import type { ClosedDayRow } from '../bindings/ClosedDayRow';
import type { OpeningDay } from '../bindings/OpeningDay';
import type { Request, Response } from '../index';
import type { FakeClinic } from './clinic';

const HEADS = ['manager', 'owner'];
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export interface FakeOpening {
  week: OpeningDay[];
  closed: ClosedDayRow[];
}

export function usualOpening(): FakeOpening {
  const week = WEEK.map((weekday) => ({ weekday, hours: '09:00-20:00' }));
  return { week, closed: [{ id: 'd1', day: '2026-12-31', name: 'วันสิ้นปี' }] };
}

function onlyHeads(clinic: FakeClinic) {
  if (!HEADS.includes(clinic.role() ?? ''))
    clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: 'owner manager' });
}

export function shown(clinic: FakeClinic): Response<'opening'> {
  const closed = clinic.opening.closed.toSorted((a, b) => a.day.localeCompare(b.day));
  return { week: clinic.opening.week, closed, mayChange: HEADS.includes(clinic.role() ?? '') };
}

export function set(clinic: FakeClinic, { days }: Request<'opening_set'>): Response<'opening_set'> {
  onlyHeads(clinic);
  const hoursOf = ({ weekday, hours }: OpeningDay) => days.find((day) => day.weekday === weekday)?.hours ?? hours;
  const [before, said] = [clinic.opening.week, clinic.opening.week.map((day) => ({ ...day, hours: hoursOf(day) }))];
  clinic.opening.week = said;
  const back = () => {
    if (clinic.opening.week !== said) clinic.refuse('changed_meanwhile');
    clinic.opening.week = before;
  };
  return clinic.undoable(clinic.id(), 'clinic.set_opening', '', back, 'start');
}

export function close(clinic: FakeClinic, { day, name }: Request<'day_close'>): Response<'day_close'> {
  onlyHeads(clinic);
  const known = clinic.opening.closed.find((one) => one.day === day);
  if (known && known.name !== name) clinic.refuse('day_closed_already');
  const id = clinic.id();
  if (!known) clinic.opening.closed.push({ id, day, name });
  const back = () => void (clinic.opening.closed = clinic.opening.closed.filter((one) => one.id !== id));
  return clinic.undoable(id, 'clinic.close_day', name, back, 'start');
}

export function open(clinic: FakeClinic, { id }: Request<'day_open'>): Response<'day_open'> {
  onlyHeads(clinic);
  const gone = clinic.opening.closed.filter((one) => one.id === id);
  clinic.opening.closed = clinic.opening.closed.filter((one) => one.id !== id);
  return clinic.undoable(clinic.id(), 'clinic.open_day', '', () => void clinic.opening.closed.push(...gone), 'start');
}
