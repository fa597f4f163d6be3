/**
 * One action that saves something. While it runs a second press does nothing; what it answers becomes a toast, and what it
 * refuses stays here for the form to show. The text a person typed is never touched by a failure.
 */
import { asAppError, call, type CommandName, type Request, type Response } from '../backend';
import type { AppError } from '../backend/bindings/AppError';
import type { Saved } from '../backend/bindings/Saved';
import { sentence } from '../i18n/codes';
import { m } from '../i18n';
import { toasts } from './toasts.svelte';

export class Saving {
  isBusy = $state(false);
  error = $state.raw<AppError | undefined>();

  /** Runs a command; answers `undefined` when it failed or one is running already. */
  async run<K extends CommandName>(name: K, request: Request<K>): Promise<Response<K> | undefined> {
    if (this.isBusy) return undefined;
    this.isBusy = true;
    this.error = undefined;
    try {
      return await call(name, request);
    } catch (thrown) {
      this.error = asAppError(thrown);
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }
}

/** Says that it worked, whether it still has to reach the clinic, and how to take it back. */
export function saySaved(text: string, { waiting, undo }: Saved): void {
  const saved = { text, undo: undo ?? undefined };
  if (waiting) toasts.show({ tone: 'waiting', ...saved, detail: m.toast_waiting() });
  else toasts.show({ tone: 'done', ...saved });
}

/** Says why it did not work, where there is no form that could. */
export function sayFailed(error: AppError): void {
  const words = sentence(error);
  toasts.show({ tone: 'failed', text: words.what, detail: words.next, refId: words.refId });
}
