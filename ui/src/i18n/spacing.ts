/** Latin words and numbers stand apart from the Thai around them, Thai words do not (DESIGN §3). Messages leave the space to these two. */
import { locale } from './locale.svelte';

const gap = (letter: string | undefined) => (letter && !/[\u0E00-\u0E7F]/.test(letter) ? ' ' : '');

/** A fact whose Thai message has a word right before it: `ดูแลโดยเมย์`, but `ดูแลโดย Wei`. English messages have their own spaces. */
export function afterThai(fact: string): string {
  return locale.current === 'th' ? gap(fact[0]) + fact : fact;
}

/** The same for one that has a word right after it: `เมย์รับแล้ว`, but `Wei รับแล้ว`. */
export function beforeThai(fact: string): string {
  return locale.current === 'th' ? fact + gap(fact.at(-1)) : fact;
}
