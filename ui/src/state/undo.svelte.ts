/** Taking back what this person did: with Ctrl Z, the newest; with the button of a toast, what the toast tells of. The result is always named. */
import { asAppError, call } from '../backend';
import type { Undone } from '../backend/bindings/Undone';
import { m } from '../i18n';
import { refusalOf, sentence } from '../i18n/codes';
import { stepName } from '../i18n/words';
import { route } from './route.svelte';
import { toasts } from './toasts.svelte';

/** One at a time: a key pressed twice in a hurry takes back two things, one after the other. */
let last: Promise<void> = Promise.resolve();

export function undo(of: string | null = null): Promise<void> {
  last = last.then(() => call('undo', { of }).then(say, sayNothing));
  return last;
}

function say({ step, waiting, leavesStanding, refused }: Undone): void {
  const what = stepName(step);
  if (refused !== null) {
    const detail = m.undo_refused_why({ why: refusalOf(refused).what });
    toasts.show({ tone: 'failed', text: m.undo_refused({ what }), detail });
    return;
  }
  leave(step);
  const stands = leavesStanding ? m.undo_leaves_standing() : undefined;
  if (waiting) toasts.show({ tone: 'waiting', text: m.undo_done({ what }), detail: stands ?? m.toast_waiting() });
  else toasts.show({ tone: 'done', text: m.undo_done({ what }), detail: stands });
}

/** Nobody stays on the card of a customer who is gone. A new customer's action is called like the customer. */
function leave({ name, id }: Undone['step']): void {
  if (name === 'customer.create' && route.place.name === 'card' && route.place.id === id) route.back();
}

/** That there is nothing is no failure, and goes by itself. */
function sayNothing(thrown: unknown): void {
  const error = asAppError(thrown);
  const { what, next, refId } = sentence(error);
  toasts.show({ tone: error.code === 'nothing_to_undo' ? 'info' : 'failed', text: what, detail: next, refId });
}
