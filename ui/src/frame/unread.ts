/** The unread count for the bell in every screen's top bar, without asking for it again. */
import { getContext, setContext } from 'svelte';

const KEY = Symbol('unread');

export function setUnread(count: () => number): void {
  setContext(KEY, count);
}

export function unread(): () => number {
  return getContext<(() => number) | undefined>(KEY) ?? (() => 0);
}
