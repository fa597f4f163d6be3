/** Days as people type them, in the era of either calendar, and as a field shows one that is known. */
import { locale } from '.';
import { monthNamed } from './dates';
import { arabic } from './numbers';

/** From here on a year is of the Buddhist era. */
const BUDDHIST = 2400;

/** What a day is for: short years of a birth lie behind us, others around today. */
type About = 'day' | 'birth';

/** `14/2/2535`, `14-2-1992`, `1 ต.ค. 69` or `2535-02-14` as `1992-02-14`; `null` when it is no day. The backend reads the same and more (`moment`). */
export function dayFrom(typed: string, about: About = 'day'): string | null {
  const text = arabic(typed.trim());
  const [, day, month, written] =
    /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})$/.exec(text) ?? named(text) ?? turned(text);
  const year = yearFrom(written ?? '', about);
  const at = new Date(Date.UTC(year, Number(month) - 1, Number(day)));
  const isDay = at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day) && year >= 1900;
  return isDay ? at.toISOString().slice(0, 10) : null;
}

/** As the backend does it: what two digits usually stand for, and nothing where they may be of either calendar. */
function yearFrom(written: string, about: About): number {
  const year = Number(written);
  if (written.length === 4) return year >= BUDDHIST ? year - 543 : year;
  if (about === 'birth' ? year < 70 : year >= 59 && year <= 79) return 2500 + year - 543;
  return about === 'day' && year >= 16 && year <= 36 ? 2000 + year : NaN;
}

/** The month in words: `1 ต.ค. 69`, `1 ตุลาคม 2569`, `1 Oct 2026`. */
function named(text: string): (string | undefined)[] | undefined {
  const [, day, word, year] = /^(\d{1,2})\s*(\D+?)\s*(\d{4}|\d{2})$/.exec(text) ?? [];
  const month = word === undefined ? 0 : monthNamed(word);
  return month ? [text, day, String(month), year] : undefined;
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
