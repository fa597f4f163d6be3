/** A row that leaves a list: its height closes, so that the eye sees where it went. Nothing moves for people who asked for that. */
import { slide } from 'svelte/transition';

const LEAVE_MS = 120;

export function leave(node: Element, { isStill: asked = false } = {}): ReturnType<typeof slide> | { duration: number } {
  const isStill = asked || !('animate' in node) || window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  return isStill ? { duration: 0 } : slide(node, { duration: LEAVE_MS });
}
