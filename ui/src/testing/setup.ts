/** What jsdom lacks and the window uses. Nothing here answers for our own code. */
import { afterEach } from 'vitest';
import { cleanup } from '@testing-library/svelte';

window.matchMedia ??= (query: string) =>
  ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as never;
window.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
} as never;
Element.prototype.scrollTo ??= () => undefined;
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
};

// axe asks for a canvas to recognise icon fonts; without one it goes on.
HTMLCanvasElement.prototype.getContext = () => null;

afterEach(cleanup);
