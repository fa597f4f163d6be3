/** Days as people type them, in the era of either calendar, and as a field shows one that is known. */
import { locale } from '.';
import { arabic } from './numbers';

/** From here on a year is of the Buddhist era. */
const BUDDHIST = 2400;

/** `14/2/2535`, `14-2-1992` or `2535-02-14` as `1992-02-14`; `null` when it is no day. */
export function dayFrom(typed: string): string | null {
  const text = arabic(typed.trim());
  const [, day, month, written] = /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})$/.exec(text) ?? turned(text);
  const year = Number(written) >= BUDDHIST ? Number(written) - 543 : Number(written);
  const at = new Date(Date.UTC(year, Number(month) - 1, Number(day)));
  const isDay = at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day) && year >= 1900;
  return isDay ? at.toISOString().slice(0, 10) : null;
}

function turned(text: string): (string | undefined)[] {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  return [text, day, month, year];
}

/** A known day as it is typed: day/month/year in the era of the language; nothing for none. */
export function typedDay(stored: string | null): string {
  const [year, month, day] = (stored ?? '').split('-').map(Number);
  if (!year || !month || !day) return '';
  return `${day}/${month}/${locale.current === 'th' ? year + 543 : year}`;
}
