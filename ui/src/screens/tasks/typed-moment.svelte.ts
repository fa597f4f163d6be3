/** A time that somebody types, read by the backend at every stroke: what it means is shown before anything is saved. */
import { untrack } from 'svelte';
import { call } from '../../backend';
import type { Understood } from '../../backend/bindings/Understood';
import type { Wanted } from '../../backend/bindings/Wanted';
import { locale } from '../../i18n/locale.svelte';
import { isoDay, time } from '../../i18n/dates';

/** What is asked for, and the instant of what is written out in full: that need not be asked. */
interface Reading {
  wants: () => Wanted;
  plain: (text: string) => number | undefined;
}

const AHEAD: Reading = { wants: () => ({ kind: 'ahead' }), plain: () => undefined };

export class TypedMoment {
  text = $state('');
  /** Which of several times was meant. */
  chosen = $state<number | undefined>();
  #read = $state.raw<{ of: string; understood: Understood | undefined }>({ of: '', understood: undefined });
  #turn = 0;

  constructor(private readonly reading: Reading = AHEAD) {
    $effect(() => {
      const text = this.text.trim();
      const wants = reading.wants();
      untrack(() => void this.#ask(text, wants));
    });
  }

  async #ask(of: string, wants: Wanted): Promise<void> {
    const turn = ++this.#turn;
    this.chosen = undefined;
    const isKnown = of === '' || this.reading.plain(of) !== undefined;
    const understood = isKnown ? undefined : await call('moment_read', { text: of, wants }).catch(() => undefined);
    if (turn === this.#turn) this.#read = { of, understood };
  }

  get understood(): Understood | undefined {
    const at = this.reading.plain(this.text.trim());
    return at === undefined ? this.#read.understood : { kind: 'certain', time: { at, isDayOnly: false } };
  }

  /** The instant that is meant; none while it is not known for certain, or the answer is still that to an earlier text. */
  get at(): number | undefined {
    const text = this.text.trim();
    const at = this.reading.plain(text);
    if (at !== undefined || this.#read.of !== text) return at;
    const { understood } = this.#read;
    if (understood?.kind === 'certain') return understood.time.at;
    return understood?.kind === 'ask' && this.chosen !== undefined ? understood.times[this.chosen]?.at : undefined;
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
