/** What the board shows: the nine columns as they are now, whose journeys, and the card that is selected. Keeps the hand where it is. */
import { untrack } from 'svelte';
import { onChanged } from '../../backend';
import type { Board } from '../../backend/bindings/Board';
import type { BoardCard } from '../../backend/bindings/BoardCard';
import type { BoardColumn } from '../../backend/bindings/BoardColumn';
import type { Stage } from '../../backend/bindings/Stage';
import type { Whose } from '../../backend/bindings/Whose';
import { STAGES } from '../../i18n/words';
import { clock } from '../../state/clock.svelte';
import { route } from '../../state/route.svelte';
import { BoardColumns, OVERSCAN, type Asked, type Selected } from './board-columns.svelte';

const PAGE = 5;
const MINUTE = 60_000;
/** The board as a whole, and one column of it. */
const TOPICS = ['journeys', 'start'];
const topicOf = (stage: Stage) => `journeys:${stage}`;

interface Spot {
  column: number;
  nth: number;
}

/** What a column is to bring into view; `by` so many places it moved with what came or went above it. */
export interface Bring {
  stage: Stage;
  nth: number;
  by: number | undefined;
}

export class JourneyBoard {
  whose = $state<Whose>('everyone');
  onlyOver = $state(false);
  /** What they come for; undefined: whatever it is, empty: nobody has said yet. */
  service = $state<string | undefined>();
  readonly reading = new BoardColumns(this);
  readonly columns: BoardColumn[] = $derived(this.reading.all);
  /** The selected card; undefined while the place that was gone to is being read. */
  #chosen = $state<string | undefined>();
  /** Where the selection is. */
  spot = $state.raw<Spot | undefined>();
  bringing = $state.raw<Bring | undefined>();
  #isSought = true;
  #readAt = $state(0);
  #turnedAt = $state(0);

  readonly isRead: boolean = $derived(this.columns.length > 0);
  /** By the minute, so that not every card is written anew each second; never before what came over its limit. */
  readonly now: number = $derived(Math.max(Math.floor(clock.now / MINUTE) * MINUTE, this.#turnedAt));
  readonly selected: BoardCard | undefined = $derived(this.spot && this.#at(this.spot));
  readonly isInView: boolean = $derived.by(() => {
    const { spot } = this;
    const view = spot && this.reading.views.get(this.columns[spot.column]?.stage ?? 'completed');
    return !!view && spot.nth >= view.from - OVERSCAN && spot.nth < view.to + OVERSCAN;
  });
  /** Stages in which a card has come over a limit since they were read. */
  readonly #turned: string = $derived(
    this.columns
      .filter((column) => turnOf(column, this.#readAt) < clock.now)
      .map(({ stage }) => stage)
      .join(' '),
  );

  constructor() {
    this.#recall();
    // Whoever looks at a customer and comes back finds the board as it was.
    $effect(() => {
      const { whose, onlyOver, service } = this;
      route.board = { whose, onlyOver, service, chosen: this.#chosen };
    });
    $effect(() => {
      void [this.whose, this.onlyOver, this.service];
      untrack(() => void this.readAll());
      return onChanged((topics) => this.#hear(topics));
    });
    $effect(() => {
      const turned = STAGES.filter((stage) => this.#turned.split(' ').includes(stage));
      if (turned.length === 0) return;
      untrack(() => {
        this.#turnedAt = clock.now;
        void this.reading.read(turned);
      });
    });
    $effect(() => () => this.reading.leave());
  }

  readAll(): Promise<void> {
    return this.reading.read(STAGES);
  }

  choose(id: string): void {
    this.#chosen = id;
    const spot = this.#find();
    if (spot) this.#go(spot);
  }

  showAll(whose: Whose, onlyOver: boolean): void {
    this.whose = whose;
    this.onlyOver = onlyOver;
  }

  /** A journey that was asked for by name is shown, whatever was left out before. */
  seek(id: string): void {
    this.#chosen = id;
    this.#isSought = true;
    this.service = undefined;
    this.showAll('everyone', false);
    void this.readAll();
  }

  #recall(): void {
    const left = route.board;
    if (!left) return;
    this.whose = left.whose;
    this.onlyOver = left.onlyOver;
    this.service = left.service;
    this.#chosen = left.chosen;
  }

  /** After a move by hand the two columns are named between which it went; what else changes may be in any. */
  #hear(topics: readonly string[]): void {
    const isAll = topics.some((topic) => TOPICS.includes(topic));
    const stages = STAGES.filter((stage) => isAll || topics.includes(topicOf(stage)));
    if (stages.length > 0) void this.reading.read(stages);
  }

  asked(): Asked {
    return { whose: this.whose, onlyOver: this.onlyOver, service: this.service ?? null };
  }

  /** Whoever looks at the selected card goes along with it; whoever has scrolled away stays where they are. */
  following(): Selected {
    return { select: this.#chosen ?? null, isFollowed: this.#isSought || this.isInView };
  }

  settle(answer: Board, select: string | null): void {
    this.#readAt = clock.now;
    const [before, wasInView] = [this.spot, this.isInView];
    const isSought = this.#isSought && (select !== null || this.#chosen === undefined);
    if (isSought) this.#isSought = false;
    const spot = this.#settled(answer, select);
    this.spot = spot;
    this.#chosen ??= spot && this.#at(spot)?.id;
    if (!spot || !before || isSought || spot.column !== before.column) this.#bring(spot);
    else if (wasInView && spot.nth !== before.nth) this.#bring(spot, spot.nth - before.nth);
  }

  /** Where the selected card is now; where it is gone, its neighbour. */
  #settled({ spot }: Board, select: string | null): Spot | undefined {
    if (this.#chosen === undefined) return this.#near();
    if (select !== this.#chosen) return this.#find() ?? this.#near();
    if (spot) return { column: this.columns.findIndex(({ stage }) => stage === spot.stage), nth: spot.nth };
    this.#chosen = undefined;
    return this.#near();
  }

  #at({ column, nth }: Spot): BoardCard | undefined {
    const held = this.columns[column];
    return held?.cards[nth - held.from];
  }

  #find(): Spot | undefined {
    for (const [column, { cards, from }] of this.columns.entries()) {
      const nth = cards.findIndex(({ id }) => id === this.#chosen);
      if (nth >= 0) return { column, nth: from + nth };
    }
    return undefined;
  }

  /** The nearest column that holds anything, at the same height. */
  #near(): Spot | undefined {
    const { column, nth } = this.spot ?? { column: 0, nth: 0 };
    const filled = this.columns.flatMap(({ count }, at) => (count > 0 ? [at] : []));
    const nearest = filled.toSorted((a, b) => Math.abs(a - column) - Math.abs(b - column))[0];
    return nearest === undefined ? undefined : this.#in(nearest, nth);
  }

  #in(column: number, nth: number): Spot {
    const last = (this.columns[column]?.count ?? 1) - 1;
    return { column, nth: Math.min(last, Math.max(0, nth)) };
  }

  /** To a place, whether its card is read already or not. */
  #go(spot: Spot): void {
    this.spot = spot;
    this.#chosen = this.#at(spot)?.id;
    this.#bring(spot);
  }

  #bring(spot: Spot | undefined, by?: number): void {
    const stage = spot && this.columns[spot.column]?.stage;
    if (stage) this.bringing = { stage, nth: spot.nth, by };
  }

  #along(by: number): void {
    if (this.spot) this.#go(this.#in(this.spot.column, this.spot.nth + by));
  }

  /** To the next stage at the left or right that holds a card, at the height at which the eye is. */
  #across(by: -1 | 1): void {
    const { spot } = this;
    if (!spot) return;
    let column = spot.column + by;
    while (this.columns[column]?.count === 0) column += by;
    if (this.columns[column]) this.#go(this.#in(column, this.#top(column) + spot.nth - this.#top(spot.column)));
  }

  #top(column: number): number {
    return this.reading.views.get(this.columns[column]?.stage ?? 'completed')?.from ?? 0;
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
      last: () => this.#along(Infinity),
    };
  }
}

/** When a column shows something else than when it was read: the next card comes over the limit, or one that is looked at twice over it. */
function turnOf({ turnsAt, cards }: BoardColumn, readAt: number): number {
  const twice = cards.map((card) => card.twice).filter((at) => at !== null && at >= readAt);
  return Math.min(...[turnsAt, ...twice].map((at) => at ?? Infinity));
}
