/**
 * Who hears a key. Screens and dialogs put a layer on; the topmost that binds the key runs it. A dialog's layer is modal: what lies
 * under it stays still, but for locking and the key map, which always work.
 */
import { untrack } from 'svelte';
import { KEYS, type KeyLine, type KeyName, type KeyPlace } from './map';
import { codeOf, edits, matches, types } from './chord';

/**
 * A key's function; it hears which of the line's chords was pressed (0-based), for keys such as Alt 1–9. Its own name, if it has one, stands
 * in the footer instead of the line's: to what is selected now the key does something else.
 */
type Run = ((nth: number) => void) & { label?: (() => string) | undefined };
export type Bound<P extends KeyPlace> = { [K in KeyName<P>]?: Run | undefined };

interface Layer {
  place: KeyPlace;
  depth: number;
  isModal: boolean;
  bound: () => Record<string, Run | undefined>;
}

const ALWAYS = new Set(['lock', 'keys']);
let layers = $state.raw<Layer[]>([]);

/** Binds the keys of a place while the component lives. `bound` is read at every key, so it may depend on what is selected. */
export function useKeys<P extends KeyPlace>(place: P, bound: () => Bound<P>): void {
  const depth = place === 'everywhere' ? 0 : place === 'dialog' || place === 'search' ? 2 : 1;
  $effect(() => {
    const layer: Layer = { place, depth, isModal: depth === 2, bound: bound as Layer['bound'] };
    // Reading the list here must not make every layer depend on all others.
    untrack(() => (layers = [...layers, layer].sort((a, b) => a.depth - b.depth)));
    return () => untrack(() => (layers = layers.filter((other) => other !== layer)));
  });
}

const TEXT = 'input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]';
const PRESSED = 'button, a[href], summary, [role=switch], input[type=checkbox]';
const MOVED = 'input[type=radio], [role=tab], [role=radio]';

/** Keys that the focused control itself understands are its own. */
function belongsToControl(event: KeyboardEvent, line: KeyLine, nth: number): boolean {
  const target = event.target;
  const wanted = line.chords[nth];
  if (!(target instanceof Element) || !wanted) return false;
  if (target.closest(TEXT)) {
    return edits(wanted) || (types(wanted) && !target.closest(`[data-keys~="${wanted.code}"]`));
  }
  if (target.closest(PRESSED)) return /^(Enter|Space)$/.test(wanted.code) && types(wanted);
  if (target.closest(MOVED)) return /^(Arrow\w+|Space)$/.test(wanted.code) && types(wanted);
  return false;
}

function find(event: KeyboardEvent, layer: Layer): { run: Run; nth: number; line: KeyLine } | undefined {
  const bound = layer.bound();
  for (const [name, line] of Object.entries(KEYS[layer.place] as Record<string, KeyLine>)) {
    const nth = line.chords.findIndex((wanted) => matches(event, wanted));
    const run = bound[name];
    if (nth >= 0 && run && !belongsToControl(event, line, nth)) return { run, nth, line };
  }
  return undefined;
}

function isAlways(event: KeyboardEvent): boolean {
  return [...ALWAYS].some((name) =>
    (KEYS.everywhere as Record<string, KeyLine>)[name]?.chords.some((wanted) => matches(event, wanted)),
  );
}

function heard(event: KeyboardEvent): void {
  if (event.isComposing || event.defaultPrevented || !codeOf(event)) return;
  for (const layer of layers.toReversed()) {
    const found = find(event, layer);
    if (found) {
      event.preventDefault();
      // A key that is held down does not act twice: it would complete the next task as well.
      if (!event.repeat || found.line.repeats) found.run(found.nth);
      return;
    }
    if (layer.isModal && !isAlways(event)) return;
  }
}

/** Listens for the whole window; returns how to stop. */
export function listenToKeys(): () => void {
  window.addEventListener('keydown', heard);
  return () => window.removeEventListener('keydown', heard);
}

/** The lines that work right now in the topmost layer, for the footer: at most so many, beside `?`. */
export function footLines(most: number): KeyLine[] {
  const top = layers.filter((layer) => layer.depth === 1).at(-1);
  if (!top) return [];
  const bound = top.bound();
  const lines = Object.entries(KEYS[top.place] as Record<string, KeyLine>);
  return lines
    .filter(([name, line]) => line.foot && bound[name])
    .map(([name, line]) => ({ ...line, label: bound[name]?.label ?? line.label }))
    .slice(0, most);
}

/** The place whose keys come first in the key map. */
export function currentPlace(): KeyPlace {
  return layers.filter((layer) => layer.depth === 1).at(-1)?.place ?? 'everywhere';
}
