/** What Today shows: fresh rows let in without moving anything under the hand, and the one that is selected. */
import { untrack } from 'svelte';
import { call } from '../../backend';
import type { LeadRow } from '../../backend/bindings/LeadRow';
import { clock } from '../../state/clock.svelte';
import { Resource } from '../../state/resource.svelte';
import { Selection } from '../../state/selection.svelte';
import { steady } from '../../state/steady';
import { nextTurn } from '../leads/lead-clock';
import { TasksRead } from '../tasks/task-rows.svelte';
import { itemsOf, type Item } from './items';

const TOPICS = ['today', 'tasks', 'followups', 'leads', 'sync'];

export class TodayList {
  readonly today = new Resource(
    () => call('today', {}),
    () => TOPICS,
  );
  readonly tasks = new TasksRead();
  items = $state.raw<Item[]>([]);
  held = $state(0);
  #asked = $state.raw<{ lead: LeadRow; beside: string | undefined } | undefined>();
  readonly selection: Selection = new Selection(() => this.items.map(({ id }) => id));
  readonly selected: Item | undefined = $derived(this.items.find(({ id }) => id === this.selection.id));

  /** The clinic has opened or closed: the clocks of the leads go on, or stand. */
  readonly hasTurned: boolean = $derived((nextTurn(this.today.data?.leads ?? []) ?? Infinity) <= clock.now);

  /** A lead that was asked for by name and is not among the hot ones (any more); until another row is chosen. */
  get asked(): LeadRow | undefined {
    return this.#asked && this.#asked.beside === this.selection.id ? this.#asked.lead : undefined;
  }

  constructor(select: () => string | undefined) {
    $effect(() => {
      const fresh = this.today.data;
      if (!fresh) return;
      clock.set(fresh.now);
      untrack(() => {
        this.tasks.take(fresh.tasks);
        this.#take(itemsOf(fresh));
      });
    });
    $effect(() => {
      void this.tasks.turn;
      if (this.selected?.kind === 'task') this.tasks.want(this.selected.id);
    });
    $effect(() => {
      if (this.hasTurned) untrack(() => void this.today.refetch());
    });
    $effect(() => {
      const wanted = select();
      if (wanted && this.today.data) untrack(() => void this.#ask(wanted));
    });
  }

  /** A task was closed: the list that says so is on its way. */
  drop(id: string): void {
    this.items = this.items.filter((item) => item.id !== id);
  }

  /** Lets the rows in that waited for the hand to rest. */
  showNew(): void {
    if (!this.today.data) return;
    this.items = itemsOf(this.today.data);
    this.held = 0;
  }

  #take(fresh: Item[]): void {
    const { rows, held } = steady(this.items, fresh, this.selection.isTouched ? this.selection.id : undefined);
    this.items = rows;
    this.held = held;
  }

  async #ask(id: string): Promise<void> {
    if (this.today.data && itemsOf(this.today.data).some((item) => item.id === id)) {
      this.showNew();
      this.#asked = undefined;
      this.selection.choose(id);
    } else {
      const lead = await call('lead_open', { id }).catch(() => undefined);
      if (lead) this.#asked = { lead, beside: this.selection.id };
    }
  }
}
