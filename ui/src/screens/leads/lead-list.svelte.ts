/** What the leads screen shows: fresh rows let in without moving anything under the hand, and the one that is selected. */
import { untrack } from 'svelte';
import { call } from '../../backend';
import type { LeadRow } from '../../backend/bindings/LeadRow';
import type { Leads } from '../../backend/bindings/Leads';
import { clock } from '../../state/clock.svelte';
import { Resource } from '../../state/resource.svelte';
import { Selection } from '../../state/selection.svelte';
import { steady } from '../../state/steady';
import { nextTurn } from './lead-clock';

export type LeadGroup = 'hot' | 'open' | 'claimed';
export const GROUPS: LeadGroup[] = ['hot', 'open', 'claimed'];

export class LeadList {
  readonly leads = new Resource(
    () => call('lead_list', {}),
    () => ['leads', 'start'],
  );
  rows = $state.raw<LeadRow[]>([]);
  held = $state(0);
  #asked = $state.raw<{ lead: LeadRow; beside: string | undefined } | undefined>();
  readonly selection: Selection = new Selection(() => this.rows.map(({ id }) => id));
  readonly selected: LeadRow | undefined = $derived(this.rows.find(({ id }) => id === this.selection.id));
  /** The clinic has opened or closed since these rows were read: their clocks go on, or stand. */
  readonly hasTurned: boolean = $derived((nextTurn(this.rows) ?? Infinity) <= clock.now);

  /** A lead that was asked for by name and is over; until another row is chosen. */
  get asked(): LeadRow | undefined {
    return this.#asked && this.#asked.beside === this.selection.id ? this.#asked.lead : undefined;
  }

  constructor(select: () => string | undefined) {
    $effect(() => {
      const fresh = this.leads.data;
      if (!fresh) return;
      clock.set(fresh.now);
      untrack(() => this.#take(all(fresh)));
    });
    $effect(() => {
      if (this.hasTurned) untrack(() => void this.leads.refetch());
    });
    $effect(() => {
      const wanted = select();
      if (wanted && this.leads.data) untrack(() => void this.#ask(wanted));
    });
  }

  of(group: LeadGroup): LeadRow[] {
    return this.rows.filter((lead) => groupOf(lead) === group);
  }

  showNew(): void {
    if (this.leads.data) this.rows = all(this.leads.data);
    this.held = 0;
  }

  #take(fresh: LeadRow[]): void {
    const { rows, held } = steady(this.rows, fresh, this.selection.isTouched ? this.selection.id : undefined);
    this.rows = GROUPS.flatMap((group) => rows.filter((lead) => groupOf(lead) === group));
    this.held = held;
  }

  async #ask(id: string): Promise<void> {
    if (this.leads.data && all(this.leads.data).some((lead) => lead.id === id)) {
      this.showNew();
      this.#asked = undefined;
      this.selection.choose(id);
    } else {
      const lead = await call('lead_open', { id }).catch(() => undefined);
      if (lead) this.#asked = { lead, beside: this.selection.id };
    }
  }
}

function all({ hot, open, claimed }: Leads): LeadRow[] {
  return [...hot, ...open, ...claimed];
}

export function groupOf(lead: LeadRow): LeadGroup {
  if (lead.status === 'claimed') return 'claimed';
  return lead.isHot && lead.answeredAt === null ? 'hot' : 'open';
}
