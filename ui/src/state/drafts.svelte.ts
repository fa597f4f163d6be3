/**
 * What people have typed and not saved, kept per person and place in memory. Esc, another screen, the lock and another person's
 * turn leave it alone. It never touches localStorage: drafts hold personal data.
 */
import { SvelteMap } from 'svelte/reactivity';

class Drafts {
  /** Whose drafts are read and written: the signed-in person's. */
  person = $state('');
  #texts = new SvelteMap<string, string>();

  read(place: string): string {
    return this.#texts.get(`${this.person}|${place}`) ?? '';
  }

  write(place: string, text: string): void {
    const key = `${this.person}|${place}`;
    if (text === '') this.#texts.delete(key);
    else this.#texts.set(key, text);
  }

  /** What is written below a place: the rest of each place, and its text. */
  under(place: string): [string, string][] {
    const head = `${this.person}|${place}/`;
    return [...this.#texts]
      .filter(([key]) => key.startsWith(head))
      .map(([key, text]) => [key.slice(head.length), text]);
  }

  /** Whether anything is written at a place or below it. */
  has(place: string): boolean {
    return this.read(place) !== '' || this.under(place).length > 0;
  }

  /** Forgets a draft once its text is saved, with all places below it. */
  clear(place: string): void {
    const head = `${this.person}|${place}`;
    for (const key of [...this.#texts.keys()]) {
      if (key === head || key.startsWith(`${head}/`)) this.#texts.delete(key);
    }
  }

  /** How many places a person has left text in; fields of one form count once. */
  waitingFor(person: string): number {
    const places = [...this.#texts.keys()].filter((key) => key.startsWith(`${person}|`));
    return new Set(places.map((key) => key.split('/')[0])).size;
  }

  reset(): void {
    this.#texts.clear();
  }
}

export const drafts = new Drafts();

/** A draft as something to bind a field to. */
export function draft(place: () => string): { text: string; clear(): void } {
  return {
    get text() {
      return drafts.read(place());
    },
    set text(text: string) {
      drafts.write(place(), text);
    },
    clear: () => drafts.clear(place()),
  };
}
