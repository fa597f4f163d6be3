/** A form of an editor: what is typed is a draft for each field, kept when it is closed half way and forgotten once saved or thrown away. */
import type { AppError } from '../backend/bindings/AppError';
import { draft, drafts } from './drafts.svelte';

export class DraftForm<Field extends string> {
  readonly fields = {} as Record<Field, { text: string; clear(): void }>;
  refused = $state.raw<AppError | undefined>();
  isTried = $state(false);
  readonly #place: string;

  /** `first` is what a form begins with that was not left half way. */
  constructor(place: string, names: readonly Field[], first: () => Partial<Record<Field, string>>) {
    this.#place = place;
    for (const name of names) this.fields[name] = draft(() => `${place}/${name}`);
    if (drafts.read(`${place}/begun`)) return;
    const values = first();
    for (const name of names) this.fields[name].text = values[name] ?? '';
  }

  text(field: Field): string {
    return this.fields[field].text.trim();
  }

  set(field: Field, text: string): void {
    this.fields[field].text = text;
  }

  keep(): void {
    drafts.write(`${this.#place}/begun`, 'yes');
  }

  forget(): void {
    drafts.clear(this.#place);
  }
}
