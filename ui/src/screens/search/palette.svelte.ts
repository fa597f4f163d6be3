/** The state of the search: what was typed, what was found for it, how long key to answer took, and the last five opened. */
import { asAppError, call } from '../../backend';
import type { AppError } from '../../backend/bindings/AppError';
import type { CustomerCard } from '../../backend/bindings/CustomerCard';
import type { CustomerHit } from '../../backend/bindings/CustomerHit';
import type { CustomersFound } from '../../backend/bindings/CustomersFound';
import { Selection } from '../../state/selection.svelte';
import { route } from '../../state/route.svelte';

function hitOf({ profile, loyalty, preference }: CustomerCard): CustomerHit {
  return {
    id: profile.id,
    fullName: profile.fullName,
    nickname: profile.nickname,
    code: profile.code,
    phone: profile.phoneShown,
    email: profile.email,
    lineName: profile.lineName,
    tier: loyalty?.tier ?? null,
    bookedToday: null,
    lastVisitDate: profile.lastVisitDate,
    doNotContact: preference?.doNotContact ?? false,
    why: '',
    foundAs: null,
    marks: [],
  };
}

/** As many rows as there is room for, and as Alt 1–9 opens. */
const FIRST = 9;
/** A pause in typing. */
const PAUSE_MS = 120;

export class Palette {
  /** What the field holds. The screen follows `asked`: a key repaints the field alone and, with its answer, the rest once. */
  typed = '';
  /** What the shown answer is for. */
  asked = $state('');
  found = $state.raw<CustomersFound | undefined>();
  recent = $state.raw<CustomerHit[]>([]);
  error = $state.raw<AppError | undefined>();
  #isPaused = $state(true);
  #pause: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;
  #answer: Promise<void> = Promise.resolve();

  readonly isAsking: boolean = $derived(this.asked.length > 0);
  readonly hits: CustomerHit[] = $derived(this.isAsking ? (this.found?.hits ?? []) : this.recent);
  readonly selection: Selection = new Selection(() => this.hits.map(({ id }) => id));
  readonly selected: CustomerHit | undefined = $derived(this.hits.find(({ id }) => id === this.selection.id));
  /** The rows in the page: those below the fold follow when the person pauses or walks there, so that no key waits for them. */
  readonly shown: CustomerHit[] = $derived.by(() => {
    const isAll = this.#isPaused || this.hits.findIndex(({ id }) => id === this.selection.id) >= FIRST;
    return isAll ? this.hits : this.hits.slice(0, FIRST);
  });
  /** Milliseconds the search itself took. */
  readonly took: string | undefined = $derived.by(() => {
    if (!this.found || !this.isAsking) return undefined;
    const ms = this.found.tookUs / 1000;
    return ms < 10 ? ms.toFixed(1) : Math.round(ms).toString();
  });

  /** Asks anew at every keystroke. An answer that a newer one has overtaken is dropped. */
  search(text: string): void {
    this.typed = text.trim();
    this.#isPaused = false;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => (this.#isPaused = true), PAUSE_MS);
    this.#answer = this.#ask(++this.#turn, this.typed);
  }

  async #ask(turn: number, text: string): Promise<void> {
    const found = text ? await call('customer_search', { text }).catch(asAppError) : undefined;
    if (turn !== this.#turn) return;
    const isRefused = found !== undefined && 'code' in found;
    this.asked = text;
    this.error = isRefused ? found : undefined;
    if (!isRefused) this.found = found;
  }

  /** The customers opened last, as they are now; one that is gone is left out. */
  async loadRecent(): Promise<void> {
    const cards = await Promise.all(route.opened.map((id) => call('customer_card', { id }).catch(() => undefined)));
    this.recent = cards.flatMap((card) => (card ? [hitOf(card)] : []));
  }

  open(hit: CustomerHit | undefined): void {
    if (hit) route.go({ name: 'card', id: hit.id });
  }

  /** Opens the selected one of what was typed last: whoever presses Enter before the answer means that answer. */
  async openSelected(): Promise<void> {
    await this.#answer;
    this.open(this.selected);
  }
}
