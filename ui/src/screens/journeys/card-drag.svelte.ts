/** A card under the pointer on its way to a column. Nothing is decided here: where it was let go is told. */
import type { BoardCard } from '../../backend/bindings/BoardCard';
import type { Stage } from '../../backend/bindings/Stage';
import { STAGES } from '../../i18n/words';

/** A hand that trembles while it clicks does not drag. */
const FAR = 5;

function stageUnder(event: PointerEvent): Stage | undefined {
  const column = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-column]') : null;
  return STAGES.find((stage) => stage === column?.dataset['column']);
}

export class CardDrag {
  /** The card that is carried, once it has left its place. */
  card = $state.raw<BoardCard | undefined>();
  over = $state<Stage | undefined>();
  x = $state(0);
  y = $state(0);
  #from: { x: number; y: number; card: BoardCard } | undefined;

  constructor(private readonly drop: (card: BoardCard, to: Stage) => void) {}

  /** The pointer goes down on a card. A finger scrolls instead. */
  press(event: PointerEvent, card: BoardCard): void {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    this.#from = { x: event.clientX, y: event.clientY, card };
    window.addEventListener('pointermove', this.#moved);
    window.addEventListener('pointerup', this.#let);
    window.addEventListener('pointercancel', this.stop);
    window.addEventListener('blur', this.stop);
    window.addEventListener('keydown', this.#key, true);
  }

  readonly stop = (): void => {
    this.#from = undefined;
    this.card = undefined;
    this.over = undefined;
    window.removeEventListener('pointermove', this.#moved);
    window.removeEventListener('pointerup', this.#let);
    window.removeEventListener('pointercancel', this.stop);
    window.removeEventListener('blur', this.stop);
    window.removeEventListener('keydown', this.#key, true);
  };

  readonly #moved = (event: PointerEvent): void => {
    if (!this.#from) return;
    const { x, y, card } = this.#from;
    if (!this.card && Math.hypot(event.clientX - x, event.clientY - y) < FAR) return;
    this.card = card;
    [this.x, this.y] = [event.clientX, event.clientY];
    this.over = stageUnder(event);
  };

  readonly #let = (event: PointerEvent): void => {
    const { card } = this;
    const to = stageUnder(event);
    this.stop();
    if (card && to && to !== card.stage) this.drop(card, to);
  };

  /** Esc puts the card back, and does nothing else. */
  readonly #key = (event: KeyboardEvent): void => {
    if (event.code !== 'Escape' || !this.card) return;
    event.preventDefault();
    event.stopPropagation();
    this.stop();
  };
}
