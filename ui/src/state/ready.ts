/** Tells whoever watches the window from outside (tests, start-up measurement) that the first data is on the screen. */
import { tick } from 'svelte';

export async function markReady(): Promise<void> {
  await tick();
  requestAnimationFrame(() => (document.documentElement.dataset['ready'] = 'true'));
}
