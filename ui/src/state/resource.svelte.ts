/**
 * What a screen shows, kept fresh: loads once, and again whenever the backend says that one of its topics changed.
 *
 * Our own 60 lines instead of TanStack Query: the backend answers from this PC in milliseconds and pushes what changed, so caching,
 * staleness, retries and refetch-on-focus are all things we would have to switch off.
 */
import { untrack } from 'svelte';
import { asAppError, onChanged } from '../backend';
import type { AppError } from '../backend/bindings/AppError';

export class Resource<T> {
  /** The last answer. It stays while a newer one is on its way: nothing flickers. */
  data = $state.raw<T | undefined>();
  /** Why the last attempt failed, if it did. */
  error = $state.raw<AppError | undefined>();
  #turn = 0;

  /** `topics` may read reactive values (an id): when they change the resource loads anew. Call while a component is set up. */
  constructor(
    private readonly load: () => Promise<T>,
    topics: () => readonly string[],
  ) {
    $effect(() => {
      const wanted = topics();
      untrack(() => void this.refetch());
      return onChanged((changed) => {
        if (changed.some((topic) => wanted.includes(topic))) void this.refetch();
      });
    });
    // An answer that arrives after the component is gone must not be written.
    $effect(() => () => void (this.#turn = -1));
  }

  async refetch(): Promise<void> {
    if (this.#turn < 0) return;
    const turn = ++this.#turn;
    try {
      const data = await this.load();
      if (turn !== this.#turn) return;
      this.data = data;
      this.error = undefined;
    } catch (thrown) {
      if (turn === this.#turn) this.error = asAppError(thrown);
    }
  }
}
