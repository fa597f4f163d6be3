import { afterEach, expect, it, vi } from 'vitest';
import { clock } from './clock.svelte';
import { Ticker } from './ticker';

afterEach(() => void vi.unstubAllGlobals());

it('changes one text a frame, and none that shows the same', () => {
  const frames: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  const ticker = new Ticker();
  const nodes = ['a', 'b', 'c'].map(() => document.createElement('span'));
  const seconds = (now: number) => String(Math.floor(now / 1000));
  clock.set(1_000);
  nodes.forEach((node, nth) => ticker.add(node, nth === 2 ? () => 'still' : seconds));
  expect(nodes.map((node) => node.textContent)).toEqual(['1', '1', 'still']);
  clock.set(2_000);
  ticker.beat();
  expect(nodes.map((node) => node.textContent)).toEqual(['2', '1', 'still']);
  frames.shift()?.();
  expect(nodes.map((node) => node.textContent)).toEqual(['2', '2', 'still']);
  frames.shift()?.();
  expect(frames).toEqual([]);
});

it('lets go of what is gone', () => {
  const ticker = new Ticker();
  const node = document.createElement('span');
  const stop = ticker.add(node, String);
  stop();
  const before = node.textContent;
  clock.set(9_000_000);
  ticker.beat();
  expect(node.textContent).toBe(before);
});
