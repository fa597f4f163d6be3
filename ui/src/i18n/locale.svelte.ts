/** The language of the window. Messages read it, so every text on the screen changes with it at once. */
import type { Language } from '../backend/bindings/Language';
import { overwriteGetLocale } from './paraglide/runtime';

class Locale {
  current = $state<Language>('th');
}

export const locale = new Locale();
overwriteGetLocale(() => locale.current);
