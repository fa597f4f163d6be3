/**
 * Digits that change every second, each in a frame of its own. Painted plainly, without a graphics card, the web view can lay out one small box
 * alone; two that change within one frame make it lay out and paint all that lies around both. So they take turns, one frame each.
 */
import { clock } from './clock.svelte';

export class Ticker {
  #lines = new Map<HTMLElement, (now: number) => string>();
  #turns: HTMLElement[] = [];
  #isRunning = false;

  /** Keeps the text of an element in step with the clock; returns how to stop. */
  add(node: HTMLElement, text: (now: number) => string): () => void {
    this.#lines.set(node, text);
    this.#write(node);
    return () => void this.#lines.delete(node);
  }

  /** A second has passed. */
  beat(): void {
    this.#turns = [...this.#lines.keys()];
    if (!this.#isRunning) this.#next();
  }

  #next(): void {
    let node = this.#turns.shift();
    while (node && !this.#write(node)) node = this.#turns.shift();
    this.#isRunning = node !== undefined;
    if (this.#isRunning) requestAnimationFrame(() => this.#next());
  }

  /** Whether anything had to be written. */
  #write(node: HTMLElement): boolean {
    const text = this.#lines.get(node)?.(clock.now);
    if (text === undefined || node.textContent === text) return false;
    node.textContent = text;
    const width = `${text.length}ch`;
    if (node.style.width !== width) node.style.width = width;
    return true;
  }
}

export const ticker = new Ticker();
