/** Who confirms with a PIN of their own, where whoever is signed in may not do it alone. What was typed is forgotten with every answer, and with the dialog. */
import type { Confirmation } from '../../backend/bindings/Confirmation';
import type { Person } from '../../backend/bindings/Person';

export class Confirming {
  people = $state.raw<Person[]>([]);
  pin = $state('');
  #chosen = $state('');

  readonly person = $derived(this.people.find(({ id }) => id === this.#chosen) ?? this.people[0]);
  readonly isReady = $derived(!this.person || /^\d{4}$/.test(this.pin));

  choose(id: string): void {
    this.#chosen = id;
    this.pin = '';
  }

  /** What goes along with the request: nothing where nobody has to confirm. The PIN is gone here then. */
  take(): Confirmation | null {
    const [person, pin] = [this.person, this.pin];
    this.pin = '';
    return person ? { person: person.id, pin } : null;
  }
}
