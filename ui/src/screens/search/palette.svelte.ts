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
    marks: [],
  };
}

export class Palette {
  text = $state('');
  found = $state.raw<CustomersFound | undefined>();
  recent = $state.raw<CustomerHit[]>([]);
  error = $state.raw<AppError | undefined>();
  #turn = 0;

  readonly isAsking: boolean = $derived(this.text.trim().length > 0);
  readonly hits: CustomerHit[] = $derived(this.isAsking ? (this.found?.hits ?? []) : this.recent);
  readonly selection: Selection = new Selection(() => this.hits.map(({ id }) => id));
  readonly selected: CustomerHit | undefined = $derived(this.hits.find(({ id }) => id === this.selection.id));
  /** Milliseconds the search itself took. */
  readonly took: string | undefined = $derived.by(() => {
    if (!this.found || !this.isAsking) return undefined;
    const ms = this.found.tookUs / 1000;
    return ms < 10 ? ms.toFixed(1) : Math.round(ms).toString();
  });

  /** Asks anew at every keystroke. An answer that a newer one has overtaken is dropped. */
  async search(text: string): Promise<void> {
    this.text = text;
    const turn = ++this.#turn;
    try {
      const found = await call('customer_search', { text });
      if (turn !== this.#turn) return;
      this.found = found;
      this.error = undefined;
    } catch (thrown) {
      if (turn === this.#turn) this.error = asAppError(thrown);
    }
  }

  /** The customers opened last, as they are now; one that is gone is left out. */
  async loadRecent(): Promise<void> {
    const cards = await Promise.all(route.opened.map((id) => call('customer_card', { id }).catch(() => undefined)));
    this.recent = cards.flatMap((card) => (card ? [hitOf(card)] : []));
  }

  open(hit: CustomerHit | undefined): void {
    if (hit) route.go({ name: 'card', id: hit.id });
  }
}
