/** What the board shows: the nine columns as they are now, whose journeys, and the card that is selected. Keeps the hand where it is. */
import { untrack } from 'svelte';
import { call } from '../../backend';
import type { BoardCard } from '../../backend/bindings/BoardCard';
import type { BoardColumn } from '../../backend/bindings/BoardColumn';
import type { BoardService } from '../../backend/bindings/BoardService';
import type { Whose } from '../../backend/bindings/Whose';
import { clock } from '../../state/clock.svelte';
import { Resource } from '../../state/resource.svelte';
import { route } from '../../state/route.svelte';

/** Cards of a column at first: more than a window shows. */
const FIRST = 30;
const MORE = 300;
/** The backend gives no more of one column. */
const MOST = 2000;
const PAGE = 5;
const MINUTE = 60_000;

interface Spot {
  column: number;
  nth: number;
}

export class JourneyBoard {
  whose = $state<Whose>('everyone');
  onlyOver = $state(false);
  /** What they come for; undefined: whatever it is, empty: nobody has said yet. */
  service = $state<string | undefined>();
  #most = $state(FIRST);
  #chosen = $state<string | undefined>();
  /** Where the selection was last. Not reactive: it is asked for only when the selected card is gone. */
  #spot: Spot = { column: 0, nth: 0 };
  #readAt = $state(0);

  readonly board = new Resource(
    () => call('journey_board', this.#ask()),
    () => (void [this.whose, this.onlyOver, this.service, this.#most], ['journeys', 'start']),
  );
  readonly columns: BoardColumn[] = $derived(this.board.data?.columns ?? []);
  /** The one that is shown is offered as long as it is, also when the last journey for it has gone. */
  readonly services: BoardService[] = $derived.by(() => {
    const found = this.board.data?.services ?? [];
    const { service } = this;
    const isKnown = service === undefined || found.some(({ title }) => title === service);
    return isKnown ? found : [{ title: service, open: 0 }, ...found];
  });
  /** By the minute, so that not every card is written anew each second; never before what was read. */
  readonly now: number = $derived(Math.max(Math.floor(clock.now / MINUTE) * MINUTE, this.#readAt));
  /** Where the selected card is; where it is gone, its neighbour. */
  readonly spot: Spot | undefined = $derived.by(() => this.#find() ?? this.#near());
  readonly selected: BoardCard | undefined = $derived(
    this.spot && this.columns[this.spot.column]?.cards[this.spot.nth],
  );
  /** When the next card comes over a limit: then the heads count anew. */
  readonly #turn: number = $derived.by(() => {
    const turns = this.columns.flatMap(({ cards }) => cards.flatMap(({ until, twice }) => [until, twice]));
    return turns.reduce<number>((next, at) => (at !== null && at >= this.#readAt && at < next ? at : next), Infinity);
  });
  readonly #hasTurned: boolean = $derived(this.#turn < clock.now);

  constructor() {
    const left = route.board;
    if (left) {
      this.whose = left.whose;
      this.onlyOver = left.onlyOver;
      this.service = left.service;
      this.#chosen = left.chosen;
    }
    // Whoever looks at a customer and comes back finds the board as it was.
    $effect(() => {
      const { spot, selected } = this;
      if (spot) this.#spot = spot;
      const { whose, onlyOver, service } = this;
      route.board = { whose, onlyOver, service, chosen: selected?.id ?? this.#chosen };
    });
    $effect(() => {
      if (this.board.data) untrack(() => (this.#readAt = clock.now));
    });
    $effect(() => {
      if (this.#hasTurned) untrack(() => void this.board.refetch());
    });
  }

  choose(id: string): void {
    this.#chosen = id;
  }

  showAll(whose: Whose, onlyOver: boolean): void {
    this.whose = whose;
    this.onlyOver = onlyOver;
  }

  /** The window looks at rows below those that were read. */
  reach(nth: number): void {
    const lacks = this.columns.some(({ count, cards }) => count > cards.length && nth >= cards.length);
    if (lacks && this.#most < MOST) this.#most = Math.min(MOST, nth + MORE);
  }

  /** A journey that was asked for by name is shown, whatever was left out before. */
  seek(id: string): void {
    this.#chosen = id;
    this.service = undefined;
    this.showAll('everyone', false);
    void this.board.refetch();
  }

  #ask() {
    const { whose, onlyOver } = this;
    const [service, select] = [this.service ?? null, this.#chosen ?? null];
    return { whose, onlyOver, service, most: this.#most, select };
  }

  #find(): Spot | undefined {
    if (this.#chosen === undefined) return undefined;
    for (const [column, { cards }] of this.columns.entries()) {
      const nth = cards.findIndex(({ id }) => id === this.#chosen);
      if (nth >= 0) return { column, nth };
    }
    return undefined;
  }

  /** The nearest column that holds anything, at the same height. */
  #near(): Spot | undefined {
    const { column, nth } = this.#spot;
    const filled = this.columns.flatMap(({ cards }, at) => (cards.length ? [at] : []));
    const nearest = filled.toSorted((a, b) => Math.abs(a - column) - Math.abs(b - column))[0];
    return nearest === undefined ? undefined : this.#in(nearest, nth);
  }

  #in(column: number, nth: number): Spot {
    const last = (this.columns[column]?.cards.length ?? 1) - 1;
    return { column, nth: Math.min(last, Math.max(0, nth)) };
  }

  #to(spot: Spot): void {
    const card = this.columns[spot.column]?.cards[spot.nth];
    if (!card) return;
    this.#chosen = card.id;
  }

  #along(by: number): void {
    const { spot } = this;
    if (!spot) return;
    this.#to(this.#in(spot.column, spot.nth + by));
    this.reach(spot.nth + by + 1);
  }

  /** To the next stage at the left or right that holds a card. */
  #across(by: -1 | 1): void {
    const { spot } = this;
    if (!spot) return;
    let column = spot.column + by;
    while (this.columns[column]?.cards.length === 0) column += by;
    if (this.columns[column]) this.#to(this.#in(column, spot.nth));
  }

  /** The functions behind the movement keys; none where there is nothing to move to. */
  get keys() {
    if (!this.spot) return {};
    return {
      stages: (nth: number) => this.#across(nth === 0 ? -1 : 1),
      cards: (nth: number) => this.#along(nth === 0 ? -1 : 1),
      pageUp: () => this.#along(-PAGE),
      pageDown: () => this.#along(PAGE),
      first: () => this.#along(-Infinity),
      last: () => this.#along(MOST),
    };
  }
}
