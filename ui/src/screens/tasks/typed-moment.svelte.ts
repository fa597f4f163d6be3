/** A time that somebody types, read by the backend at every stroke: what it means is shown before anything is saved. */
import { untrack } from 'svelte';
import { call } from '../../backend';
import type { Understood } from '../../backend/bindings/Understood';
import { locale } from '../../i18n/locale.svelte';
import { isoDay, time } from '../../i18n/dates';

export class TypedMoment {
  text = $state('');
  understood = $state.raw<Understood | undefined>();
  /** Which of several times was meant. */
  chosen = $state<number | undefined>();
  #turn = 0;

  constructor() {
    $effect(() => {
      const text = this.text.trim();
      untrack(() => void this.#read(text));
    });
  }

  async #read(text: string): Promise<void> {
    const turn = ++this.#turn;
    this.chosen = undefined;
    if (text === '') this.understood = undefined;
    else {
      const understood = await call('moment_read', { text }).catch(() => undefined);
      if (turn === this.#turn) this.understood = understood;
    }
  }

  /** The instant that is meant; none while it is not known for certain. */
  get at(): number | undefined {
    if (this.understood?.kind === 'certain') return this.understood.time.at;
    return this.understood?.kind === 'ask' && this.chosen !== undefined
      ? this.understood.times[this.chosen]?.at
      : undefined;
  }

  /** Nothing is typed, or what is typed is certain. */
  get isSettled(): boolean {
    return this.text.trim() === '' || this.at !== undefined;
  }
}

/** An instant as somebody would type it: day before month, the year of this language. */
export function asTyped(at: number): string {
  const [year = '', month = '', day = ''] = isoDay(at).split('-');
  const era = locale.current === 'th' ? 543 : 0;
  return `${Number(day)}/${Number(month)}/${Number(year) + era} ${time(at)}`;
}
