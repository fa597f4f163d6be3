/** What a booking and its journey do to each other in the fake clinic, as the database does it. */
import type { JourneyBooking } from '../bindings/JourneyBooking';
import type { Stage } from '../bindings/Stage';
import type { FakeClinic } from './clinic';
import { at, staff } from './day';
import type { FakeJourney } from './journeys';

/** From which stage a booked treatment brings its journey along, and by which step. */
const STEPS: Partial<Record<Stage, string>> = {
  payment_confirmed: 'schedule_appointment',
  treatment_scheduled: 'reschedule',
  treatment_completed: 'next_session',
  follow_up: 'next_session',
};

const openOf = (clinic: FakeClinic, journey: string) =>
  clinic.agenda.filter(
    ({ bookingId, standing, visitId }) =>
      bookingId !== null &&
      clinic.journeyOf.get(bookingId) === journey &&
      visitId === null &&
      ['booked', 'late'].includes(standing),
  );

export function bookingsOf(clinic: FakeClinic, journey: string): JourneyBooking[] {
  const sorted = openOf(clinic, journey).toSorted((a, b) => a.startsAt - b.startsAt);
  return sorted.map(({ id, slot, time, kind, service, room, staff: treats }) => ({
    id,
    slot: slot ?? '',
    date: slot?.slice(0, 10) ?? '',
    time,
    kind: kind ?? '',
    service,
    room,
    staff: treats,
  }));
}

/** The journey of a booking goes along; the way back. */
export function goAlong(clinic: FakeClinic, booking: string, slot: string, staffId: string): () => void {
  const one = clinic.journeys.find(({ id }) => id === clinic.journeyOf.get(booking));
  const kind = one && STEPS[one.stage as Stage];
  if (!kind) return () => undefined;
  const before = { ...one };
  const { id, nickname, role } = staff(staffId);
  const taken = { id: clinic.id(), kind, fromStage: one.stage, toStage: 'treatment_scheduled', by: clinic.nickname() };
  Object.assign(one, {
    stage: 'treatment_scheduled',
    version: one.version + 1,
    stageSince: one.stage === 'treatment_scheduled' ? one.stageSince : clinic.now(),
    bookedAt: at(slot.slice(0, 16)),
    beautician: role === 'beautician' ? { id, nickname } : one.beautician,
    actions: [{ ...taken, at: clinic.now(), notes: null, device: 'PC-A' }, ...one.actions],
  } satisfies Partial<FakeJourney>);
  return () => Object.assign(one, before);
}

/** Its open bookings are cancelled; the way back. */
export function cancelBookings(clinic: FakeClinic, journey: string): () => void {
  const closed = new Map(openOf(clinic, journey).map((row) => [row.id, row]));
  clinic.agenda = clinic.agenda.map((row) => (closed.has(row.id) ? { ...row, standing: 'cancelled' } : row));
  return () => (clinic.agenda = clinic.agenda.map((row) => closed.get(row.id) ?? row));
}
