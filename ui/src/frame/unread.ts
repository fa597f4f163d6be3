/** The unread count and do not disturb for the bell in every screen's top bar, without asking for them again. */
import { getContext, setContext } from 'svelte';
import type { Disturb } from '../backend/bindings/Disturb';

const UNREAD = Symbol('unread');
const DISTURB = Symbol('disturb');
const NOT_ASKED: Disturb = { isOn: false, until: null };

export function setUnread(count: () => number): void {
  setContext(UNREAD, count);
}

export function unread(): () => number {
  return getContext<(() => number) | undefined>(UNREAD) ?? (() => 0);
}

export function setDisturbance(state: () => Disturb | undefined): void {
  setContext(DISTURB, () => state() ?? NOT_ASKED);
}

export function disturbance(): () => Disturb {
  return getContext<(() => Disturb) | undefined>(DISTURB) ?? (() => NOT_ASKED);
}
