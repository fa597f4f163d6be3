/**
 * Tasks as rows, of a list that knows which tasks it has. The first rows come with the list; the others are read once they are looked at. After the list
 * was read anew a row that is looked at is read anew too, and until then it stays as it was: nothing flickers.
 */
import { SvelteMap } from 'svelte/reactivity';
import { call } from '../../backend';
import type { TaskRow } from '../../backend/bindings/TaskRow';

export class TasksRead {
  /** Counts the readings of the list. */
  turn = $state(0);
  readonly #rows = new SvelteMap<string, TaskRow>();
  /** At which reading each was read last. Not shown, so nothing follows it. */
  #readAt: Record<string, number> = {};
  #wanted: string[] = [];

  of(id: string | undefined): TaskRow | undefined {
    return id === undefined ? undefined : this.#rows.get(id);
  }

  /** The list was read, with these rows. */
  take(rows: readonly TaskRow[]): void {
    this.turn += 1;
    for (const { id } of rows) this.#readAt[id] = this.turn;
    this.#put(rows);
  }

  /** A row is looked at. */
  want(id: string): void {
    if (this.#readAt[id] === this.turn || this.#wanted.includes(id)) return;
    if (this.#wanted.length === 0) queueMicrotask(() => void this.#read());
    this.#wanted.push(id);
  }

  async #read(): Promise<void> {
    const [ids, turn] = [this.#wanted, this.turn];
    this.#wanted = [];
    for (const id of ids) this.#readAt[id] = turn;
    const found = await call('task_rows', { ids }).catch(() => undefined);
    // What could not be read is wanted again when it is looked at again; what was read before the list already is.
    if (!found) for (const id of ids) this.#readAt[id] = 0;
    else if (turn === this.turn) this.#put(found.rows);
  }

  /** A row that says the same stays the same, and is not drawn again. */
  #put(rows: readonly TaskRow[]): void {
    for (const row of rows) {
      if (JSON.stringify(this.#rows.get(row.id)) !== JSON.stringify(row)) this.#rows.set(row.id, row);
    }
  }
}
