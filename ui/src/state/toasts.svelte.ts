/** The one short message at the bottom right. Never two at once: a newer one takes the place. Errors stay until read. */

export interface Toast {
  id: number;
  tone: 'done' | 'waiting' | 'info' | 'failed';
  text: string;
  detail?: string | undefined;
  /** The action that the toast can take back. */
  undo?: string | undefined;
  /** What else may follow at once. */
  more?: { label: () => string; cap: string; run: () => void } | undefined;
  /** Shown small, for the clinic's IT person, in unexpected errors only. */
  refId?: string | undefined;
}

const SHOWN_MS = 5000;
/** As long as a person may want it back at once; afterwards Ctrl Z still does it. */
const UNDO_MS = 10_000;

class Toasts {
  current = $state.raw<Toast | undefined>();
  #next = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(toast: Omit<Toast, 'id'>): void {
    this.current = { ...toast, id: this.#next++ };
    this.resume();
  }

  /** More is known by now; its time goes on. */
  amend(known: Partial<Omit<Toast, 'id'>>): void {
    if (this.current) this.current = { ...this.current, ...known };
  }

  /** What it offers beside taking back has gone with its screen. */
  withdrawMore(): void {
    if (this.current?.more) this.amend({ more: undefined });
  }

  /** Holds the message while someone points at it. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  resume(): void {
    clearTimeout(this.#timer);
    if (!this.current || this.current.tone === 'failed') return;
    this.#timer = setTimeout(() => this.clear(), this.current.undo ? UNDO_MS : SHOWN_MS);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.current = undefined;
  }
}

export const toasts = new Toasts();
