/** The whole window on a fake clinic, driven as a person would: by keys, and by what can be read. */
import { render } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { vi } from 'vitest';
import App from '../App.svelte';
import { useBackend } from '../backend';
import type { FakeOptions } from '../backend/fake/clinic';
import { FakeClinic, fakeBackend } from '../backend/fake';
import type { Role } from '../backend/bindings/Role';
import { PLACES, placesOf } from '../frame/places';
import { chord } from '../keys/chord';
import { drafts } from '../state/drafts.svelte';
import { route } from '../state/route.svelte';
import { session } from '../state/session.svelte';
import { toasts } from '../state/toasts.svelte';

/** What a Thai layout sends for some keys: shortcuts must not care. */
const THAI: Record<string, string> = {
  KeyK: 'า',
  KeyD: 'ก',
  KeyE: 'ำ',
  KeyN: 'ื',
  KeyS: 'ห',
  KeyA: 'ฟ',
  KeyM: 'ท',
  KeyR: 'พ',
  KeyZ: 'ผ',
};

/** A condition, not a pause: long only where the machine is busy. */
const PATIENCE = { timeout: 8000, interval: 10 };

export interface Opened {
  clinic: FakeClinic;
  calls: string[];
  /** The last request of a command. */
  sent(name: string): unknown;
  /** Holds the next answer to a command back; returns how to let it go. */
  holdNext(name: string): () => void;
  /** Presses keys by their caps, under a Thai layout. */
  press(...caps: string[]): Promise<void>;
  /** Types text into what has the focus. */
  type(text: string): Promise<void>;
  text(): string;
  one(selector: string): HTMLElement;
  none(selector: string): boolean;
  /** Waits until something can be found. */
  see(selector: string): Promise<HTMLElement>;
  gone(selector: string): Promise<void>;
  read(text: string): Promise<void>;
}

/** The key of a place of the rail: they are numbered in its order; the settings have 0. */
export function to(place: (typeof PLACES)[number]['name'], role: Role = 'front_desk'): string {
  return place === 'settings' ? 'Ctrl 0' : `Ctrl ${placesOf(role).findIndex(({ name }) => name === place) + 1}`;
}

/** Presses keys one after the other, each with the sign a Thai layout gives it. */
async function press(...caps: string[]): Promise<void> {
  for (const cap of caps) {
    const { code, ctrl, alt, shift } = chord(cap);
    const key = THAI[code] ?? (/^F\d+$|^Arrow|^Enter$|^Escape$|^Backspace$/.test(code) ? code : cap.slice(-1));
    const target = document.activeElement ?? document.body;
    const init = { code, key, ctrlKey: ctrl, altKey: alt, shiftKey: shift, bubbles: true, cancelable: true };
    const isFree = target.dispatchEvent(new KeyboardEvent('keydown', init));
    // What the web view itself does with a key that nobody took.
    if (isFree && code === 'Enter' && target instanceof HTMLButtonElement) target.click();
    target.dispatchEvent(new KeyboardEvent('keyup', init));
    await settle();
  }
}

interface Carry {
  /** How far the pointer goes. */
  far?: number;
  /** Esc on the way. */
  isGivenUp?: boolean;
}

/** Carries one thing onto another with the mouse. */
export async function dropOn(what: Element, onto: Element, { far = 60, isGivenUp = false }: Carry = {}): Promise<void> {
  const point = (type: string, at: Element, clientX: number) =>
    at.dispatchEvent(new MouseEvent(type, { clientX, clientY: 0, button: 0, bubbles: true, cancelable: true }));
  point('pointerdown', what, 0);
  point('pointermove', onto, far);
  if (isGivenUp) await press('Esc');
  point('pointerup', onto, far);
  await settle();
}

/** Forgets what the window kept in memory, as a start of the program does. */
function forget(): void {
  session.start = undefined;
  drafts.reset();
  drafts.person = '';
  route.reset();
  route.opened = [];
  toasts.clear();
  delete document.documentElement.dataset['ready'];
}

export async function openWindow(options: FakeOptions = {}): Promise<Opened> {
  forget();
  const clinic = new FakeClinic(options);
  const backend = fakeBackend(clinic);
  const calls: string[] = [];
  const requests = new Map<string, unknown>();
  let held: { name: string; until: Promise<void> } | undefined;
  useBackend({
    ...backend,
    async call(name, request) {
      calls.push(name);
      requests.set(name, structuredClone(request));
      const answer = backend.call(name, request);
      if (held?.name === name) {
        const { until } = held;
        held = undefined;
        await until;
      }
      return answer;
    },
  });
  render(App);
  const user = userEvent.setup({ document });
  const find = (selector: string) => document.querySelector<HTMLElement>(selector);

  const opened: Opened = {
    holdNext(name) {
      let release = (): void => undefined;
      held = { name, until: new Promise((resolve) => (release = resolve)) };
      return release;
    },
    clinic,
    calls,
    sent: (name) => requests.get(name),
    press,
    async type(text) {
      await user.keyboard(text.replace(/[{[]/g, '$&$&'));
      await settle();
    },
    text: () => document.body.textContent ?? '',
    one(selector) {
      const found = find(selector);
      if (!found) throw new Error(`nothing matches ${selector}`);
      return found;
    },
    none: (selector) => find(selector) === null,
    see: (selector) => vi.waitFor(() => opened.one(selector), PATIENCE),
    gone: (selector) =>
      vi.waitFor(() => {
        if (find(selector)) throw new Error(`${selector} is still there`);
      }, PATIENCE),
    read: (text) =>
      vi.waitFor(() => {
        if (!opened.text().includes(text)) throw new Error(`“${text}” is not on the screen`);
      }, PATIENCE),
  };
  await vi.waitFor(() => opened.one('[data-screen]'));
  await settle();
  return opened;
}

/** Lets answers arrive and the screen follow. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
