/**
 * The columns of the board as they were last read: of each its figures, and the cards of the places that are looked at. One question is under way at a
 * time; what is wanted meanwhile goes into the next one.
 */
import { SvelteMap } from 'svelte/reactivity';
import { asAppError, call } from '../../backend';
import type { AppError } from '../../backend/bindings/AppError';
import type { Board } from '../../backend/bindings/Board';
import type { BoardAsk } from '../../backend/bindings/BoardAsk';
import type { BoardCard } from '../../backend/bindings/BoardCard';
import type { BoardColumn } from '../../backend/bindings/BoardColumn';
import type { BoardWindow } from '../../backend/bindings/BoardWindow';
import type { Stage } from '../../backend/bindings/Stage';

/** The places of a column that are in view: the first, and the first that is not any more. */
export interface View {
  from: number;
  to: number;
}

/** Cards above and below the view that are in the page, so that scrolling meets them. */
export const OVERSCAN = 2;
/** Cards above and below the view that are read. */
const AROUND = 5;
/** Before a column has said what is in view: what a usual window shows. */
const FIRST: View = { from: 0, to: 8 };

/** Longer than a reading takes, shorter than what is felt. */
const MOMENT = 100;

export type Asked = Pick<BoardAsk, 'whose' | 'onlyOver' | 'service'>;
export type Selected = Pick<BoardAsk, 'select' | 'isFollowed'>;

interface Owner {
  /** Which journeys are asked for. */
  asked(): Asked;
  /** The selected card, and whether its column is read around it. */
  following(): Selected;
  /** An answer has been taken, to a question with this selection. */
  settle(answer: Board, select: string | null): void;
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** A column as it is now; of what has not changed the very same objects, so that nothing of it is drawn again. */
function renewed(old: BoardColumn, fresh: BoardColumn): BoardColumn {
  if (isSame(old, fresh)) return old;
  const known = (card: BoardCard) => old.cards.find(({ id }) => id === card.id);
  const cards = fresh.cards.map((card) => {
    const before = known(card);
    return before && isSame(before, card) ? before : card;
  });
  return { ...fresh, cards };
}

export class BoardColumns {
  all = $state.raw<BoardColumn[]>([]);
  /** Why the last question failed, if it did. */
  error = $state.raw<AppError | undefined>();
  readonly views = new SvelteMap<Stage, View>();
  #wanted: Stage[] = [];
  #isGone = false;
  /** The reading that is under way. */
  #reading: Promise<void> | undefined;

  constructor(private readonly owner: Owner) {}

  /** Answers that arrive after the screen is gone must not be written. */
  leave(): void {
    this.#isGone = true;
  }

  /** A column shows these places; they are read unless they are. */
  look(stage: Stage, view: View): void {
    this.views.set(stage, view);
    const column = this.all.find((one) => one.stage === stage);
    if (column && !covers(column, view)) void this.read([stage]);
  }

  read(stages: Iterable<Stage>): Promise<void> {
    this.#wanted.push(...[...stages].filter((stage) => !this.#wanted.includes(stage)));
    this.#reading ??= this.#all();
    return this.#reading;
  }

  /** Nothing is being read any more; a moment is waited for that at most. */
  async idle(): Promise<void> {
    const moment = new Promise<void>((resolve) => setTimeout(resolve, MOMENT));
    await Promise.race([this.#reading, moment]);
  }

  async #all(): Promise<void> {
    while (this.#wanted.length > 0 && !this.#isGone) await this.#once(this.#wanted.splice(0));
    this.#reading = undefined;
  }

  async #once(stages: Stage[]): Promise<void> {
    const [asked, selected] = [this.owner.asked(), this.owner.following()];
    const windows = stages.map((stage) => this.#window(stage));
    try {
      const answer = await call('journey_board', { ...asked, ...selected, windows });
      // What is asked for otherwise meanwhile is wanted again.
      if (this.#isGone || !isSame(asked, this.owner.asked())) return;
      this.#take(answer);
      this.error = undefined;
      this.owner.settle(answer, selected.select);
    } catch (thrown) {
      this.error = asAppError(thrown);
    }
  }

  #window(stage: Stage): BoardWindow {
    const { from, to } = this.views.get(stage) ?? FIRST;
    return { stage, from: Math.max(0, from - AROUND), to: to + AROUND };
  }

  #take({ columns }: Board): void {
    const now = (old: BoardColumn) => columns.find(({ stage }) => stage === old.stage) ?? old;
    this.all = this.all.length === 0 ? columns : this.all.map((old) => renewed(old, now(old)));
  }
}

function covers({ from, cards, count }: BoardColumn, view: View): boolean {
  const [first, last] = [Math.max(0, view.from - OVERSCAN), Math.min(count, view.to + OVERSCAN)];
  return first >= last || (from <= first && from + cards.length >= last);
}
