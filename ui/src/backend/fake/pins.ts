/** PINs of the fake clinic: five wrong ones pause that person for five minutes, wherever they were typed. */
import type { FakeClinic } from './clinic';
import { PEOPLE } from './people';

export function tryPin(clinic: FakeClinic, person: string, pin: string): void {
  const tries = clinic.pins.get(person);
  const who = PEOPLE.find(({ id }) => id === person);
  if (!tries || !who) return clinic.refuse('person_not_found');
  if (tries.until > clinic.now()) clinic.refuse('pin_paused', { until: String(tries.until) });
  if (who.pin !== pin) {
    tries.left -= 1;
    if (tries.left > 0) clinic.refuse('wrong_pin', { left: String(tries.left) });
    Object.assign(tries, { left: 5, until: clinic.now() + 5 * 60_000 });
    clinic.refuse('pin_paused', { until: String(tries.until) });
  }
  tries.left = 5;
}
