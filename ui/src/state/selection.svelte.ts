/** Which row of a list is selected. When it leaves, its neighbour takes its place: the next action is always already selected. */
import { tick } from 'svelte';

const PAGE = 10;

export class Selection {
  #chosen = $state<string | undefined>();
  #nth = $state(0);
  /** A person moved it: from then on the list does not shift under the hand. */
  isTouched = $state(false);

  constructor(private readonly ids: () => readonly string[]) {}

  readonly id: string | undefined = $derived.by(() => {
    const ids = this.ids();
    if (this.#chosen !== undefined && ids.includes(this.#chosen)) return this.#chosen;
    return ids[Math.min(this.#nth, ids.length - 1)];
  });

  choose(id: string): void {
    this.#chosen = id;
    this.#nth = Math.max(0, this.ids().indexOf(id));
    this.isTouched = true;
  }

  move(by: number): void {
    const ids = this.ids();
    if (ids.length === 0) return;
    const at = Math.max(0, ids.indexOf(this.id ?? ''));
    const id = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    if (id === undefined) return;
    this.choose(id);
    void tick().then(() => document.getElementById(`row-${id}`)?.scrollIntoView?.({ block: 'nearest' }));
  }

  /** The functions behind the movement keys; none where there is nothing to move to. */
  get keys() {
    if (this.ids().length === 0) return {};
    return {
      up: () => this.move(-1),
      down: () => this.move(1),
      pageUp: () => this.move(-PAGE),
      pageDown: () => this.move(PAGE),
      first: () => this.move(-Infinity),
      last: () => this.move(Infinity),
    };
  }
}
