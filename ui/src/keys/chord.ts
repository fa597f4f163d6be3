/**
 * Key caps and physical keys. A cap such as `Ctrl K` says both what is drawn and what is matched: `KeyboardEvent.code`, because
 * under the Thai layout Ctrl K sends a Thai letter, and a letter key means its place on the keyboard.
 */

export interface Chord {
  code: string;
  ctrl: boolean;
  alt: boolean;
  shift: boolean;
}

const NAMED: Record<string, string> = {
  '↑': 'ArrowUp',
  '↓': 'ArrowDown',
  '←': 'ArrowLeft',
  '→': 'ArrowRight',
  Esc: 'Escape',
  Space: 'Space',
  Enter: 'Enter',
  Home: 'Home',
  End: 'End',
  PgUp: 'PageUp',
  PgDn: 'PageDown',
  Tab: 'Tab',
  Backspace: 'Backspace',
  '/': 'Slash',
};

export function chord(cap: string): Chord {
  if (cap === '?') return { code: 'Slash', ctrl: false, alt: false, shift: true };
  const parts = cap.split(' ');
  const key = parts.at(-1) ?? '';
  const code = NAMED[key] ?? (/^[A-Z]$/.test(key) ? `Key${key}` : /^\d$/.test(key) ? `Digit${key}` : key);
  return { code, ctrl: parts.includes('Ctrl'), alt: parts.includes('Alt'), shift: parts.includes('Shift') };
}

/** The physical key of an event. Keys of the number pad count as their twins; an event without a code is read by its sign. */
export function codeOf(event: KeyboardEvent): string {
  if (event.code === 'NumpadEnter') return 'Enter';
  const pad = /^Numpad(\d)$/.exec(event.code);
  if (pad) return `Digit${pad[1]}`;
  if (event.code) return event.code;
  if (/^[a-z]$/i.test(event.key)) return `Key${event.key.toUpperCase()}`;
  if (/^\d$/.test(event.key)) return `Digit${event.key}`;
  return event.key === ' ' ? 'Space' : event.key;
}

export function matches(event: KeyboardEvent, wanted: Chord): boolean {
  return (
    codeOf(event) === wanted.code &&
    (event.ctrlKey || event.metaKey) === wanted.ctrl &&
    event.altKey === wanted.alt &&
    event.shiftKey === wanted.shift
  );
}

/** A chord that a text field itself understands: what is taken back in it is typing. */
export function edits(wanted: Chord): boolean {
  return wanted.ctrl && !wanted.alt && /^Key[ACVXYZ]$/.test(wanted.code);
}

/** A chord that types something, so it must not act while a text field has the focus. */
export function types(wanted: Chord): boolean {
  if (wanted.ctrl || wanted.alt) return false;
  return !/^(F\d+|Escape)$/.test(wanted.code);
}
