/** What the rail and the foot show on every screen: open tasks, hot leads, unread notifications, the connection, what Ctrl Z would take back. */
import { call } from '../backend';
import type { Disturb } from '../backend/bindings/Disturb';
import type { SyncState } from '../backend/bindings/SyncState';
import type { UndoStep } from '../backend/bindings/UndoStep';
import { Resource } from './resource.svelte';

export interface Counts {
  readonly tasks: number | undefined;
  /** Hot leads that nobody has. */
  readonly leads: number | undefined;
  readonly unread: number | undefined;
  readonly disturb: Disturb | undefined;
  readonly sync: SyncState | undefined;
  readonly undo: UndoStep | undefined;
}

export function counts(): Counts {
  const open = new Resource(
    () => call('open_counts', {}),
    () => ['tasks', 'leads', 'today'],
  );
  const bell = new Resource(
    () => call('notification_list', {}),
    () => ['notifications'],
  );
  const sync = new Resource(
    () => call('sync_state', {}),
    () => ['sync'],
  );
  const last = new Resource(
    () => call('undo_next', {}),
    () => ['sync', 'start'],
  );
  return {
    get tasks() {
      return open.data?.tasks;
    },
    get leads() {
      return open.data?.leads;
    },
    get unread() {
      return bell.data?.unread;
    },
    get disturb() {
      return bell.data?.disturb;
    },
    get sync() {
      return sync.data;
    },
    get undo() {
      return last.data?.step ?? undefined;
    },
  };
}
