/** Dates and times as people in the clinic read them: Buddhist era in Thai, Gregorian in English, always the clinic's clock. */
import { locale } from './locale.svelte';
import { m } from './index';
import { afterThai } from './spacing';
import { zone } from './zone.svelte';

const DAY = 86_400_000;

const MONTHS = {
  th: ['ม.ค.', 'ก.พ.', 'มี.ค.', 'เม.ย.', 'พ.ค.', 'มิ.ย.', 'ก.ค.', 'ส.ค.', 'ก.ย.', 'ต.ค.', 'พ.ย.', 'ธ.ค.'],
  en: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
};
const LONG_MONTHS = {
  th: [
    ...['มกราคม', 'กุมภาพันธ์', 'มีนาคม', 'เมษายน', 'พฤษภาคม', 'มิถุนายน'],
    ...['กรกฎาคม', 'สิงหาคม', 'กันยายน', 'ตุลาคม', 'พฤศจิกายน', 'ธันวาคม'],
  ],
  en: [
    ...['January', 'February', 'March', 'April', 'May', 'June'],
    ...['July', 'August', 'September', 'October', 'November', 'December'],
  ],
};
const WEEKDAYS = {
  th: ['อาทิตย์', 'จันทร์', 'อังคาร', 'พุธ', 'พฤหัสบดี', 'ศุกร์', 'เสาร์'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
};

/** The month that a word names, short or long, in either language; 0 when it names none. */
export function monthNamed(word: string): number {
  const bare = (name: string) => name.replaceAll('.', '').toLowerCase();
  const lists = [MONTHS, LONG_MONTHS].flatMap(({ th, en }) => [th, en]);
  return Math.max(...lists.map((names) => names.map(bare).indexOf(bare(word)))) + 1;
}

interface Parts {
  year: number;
  month: number;
  day: number;
  weekday: number;
}

/** What the clinic's clock shows, as a date to be read in UTC. */
function here(ms: number): Date {
  return new Date(ms + zone.ahead(ms));
}

function parts(ms: number): Parts {
  const at = here(ms);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth(), day: at.getUTCDate(), weekday: at.getUTCDay() };
}

function year(of: Parts): number {
  return locale.current === 'th' ? of.year + 543 : of.year;
}

/** The clinic's day of an instant, as a count of days, for comparing. */
export function dayNumber(ms: number): number {
  return Math.floor((ms + zone.ahead(ms)) / DAY);
}

/** The first instant of a day written `YYYY-MM-DD`. Where clocks change around it, its midnight comes late, or twice. */
export function startOfDay(date: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const [before, after] = [midnight - DAY, midnight + DAY].map((around) => midnight - zone.ahead(around));
  return before !== undefined && isoDay(before) === date ? before : (after ?? midnight);
}

/** The clinic's day of an instant as `YYYY-MM-DD`. */
export function isoDay(ms: number): string {
  return here(ms).toISOString().slice(0, 10);
}

/** 10:24 */
export function time(ms: number): string {
  return here(ms).toISOString().slice(11, 16);
}

/** 1 ต.ค. 2569 · 1 Oct 2026. For what expires or is paid the year stays, whatever the year is. */
export function date(ms: number): string {
  const at = parts(ms);
  return `${at.day} ${MONTHS[locale.current][at.month]} ${year(at)}`;
}

/** 1 ต.ค. within the same year, 1 ต.ค. 2568 otherwise. */
export function shortDate(ms: number, now: number): string {
  const at = parts(ms);
  return at.year === parts(now).year ? `${at.day} ${MONTHS[locale.current][at.month]}` : date(ms);
}

/** 31 ตุลาคม 2569, for screen readers. */
export function longDate(ms: number): string {
  const at = parts(ms);
  return `${at.day} ${LONG_MONTHS[locale.current][at.month]} ${year(at)}`;
}

/** A weekday by its short word, `mon` to `sun`. */
export function weekdayName(word: string): string {
  return WEEKDAYS[locale.current][['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].indexOf(word)] ?? word;
}

/** พฤหัสบดี 1 ต.ค. 2569 */
export function weekdayDate(ms: number): string {
  return `${WEEKDAYS[locale.current][parts(ms).weekday]} ${date(ms)}`;
}

/** กันยายน 2569, the head over the entries of a month. */
export function monthYear(ms: number): string {
  const at = parts(ms);
  return `${LONG_MONTHS[locale.current][at.month]} ${year(at)}`;
}

/** มี.ค. 2568 */
export function shortMonthYear(ms: number): string {
  const at = parts(ms);
  return `${MONTHS[locale.current][at.month]} ${year(at)}`;
}

/** "10:24" today, "เมื่อวาน 10:24", "พรุ่งนี้ 10:24", "28 ก.ย. 10:24". Relative words go no further than one day. */
export function whenShort(ms: number, now: number): string {
  const away = dayNumber(ms) - dayNumber(now);
  if (away === 0) return time(ms);
  if (away === -1) return m.when_yesterday({ time: time(ms) });
  if (away === 1) return m.when_tomorrow({ time: time(ms) });
  return `${shortDate(ms, now)} ${time(ms)}`;
}

/** The same in a sentence, right after a word: "ครบกำหนดพรุ่งนี้ 10:24", but "ครบกำหนด 28 ก.ย. 10:24". */
export function whenAfter(ms: number, now: number): string {
  return afterThai(whenShort(ms, now));
}

/** A day beside today: "วันนี้", "เมื่อวาน", "พรุ่งนี้" or the date. */
export function dayShort(ms: number, now: number): string {
  const away = dayNumber(ms) - dayNumber(now);
  if (away === 0) return m.day_today();
  if (away === -1) return m.day_yesterday();
  if (away === 1) return m.day_tomorrow();
  return shortDate(ms, now);
}

/** The short form in the first column of a row: the time today, otherwise the day, in another year the month. */
export function rowTime(ms: number, now: number): string {
  if (dayNumber(ms) === dayNumber(now)) return time(ms);
  return parts(ms).year === parts(now).year || Math.abs(daysUntil(ms, now)) === 1
    ? dayShort(ms, now)
    : shortMonthYear(ms);
}

/** A waiting clock: 3:05 below an hour, "2 ชม. 5 น." below a day, then days. */
export function waited(sinceMs: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - sinceMs) / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
  if (minutes < 24 * 60) return m.clock_hours({ hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return m.clock_days({ days: Math.floor(minutes / (24 * 60)) });
}

/** The waiting clock where there is room for one unit only: 3:05 below an hour, then whole hours and days. */
export function waitedShort(sinceMs: number, now: number): string {
  const hours = Math.floor((now - sinceMs) / 3_600_000);
  return hours >= 1 && hours < 24 ? m.clock_whole_hours({ hours }) : waited(sinceMs, now);
}

/** How long something is late or away, in whole units: "5 นาที", "2 ชั่วโมง", "3 วัน". */
export function span(ms: number): string {
  const minutes = Math.max(1, Math.floor(Math.abs(ms) / 60_000));
  if (minutes < 60) return m.span_minutes({ count: minutes });
  if (minutes < 24 * 60) return m.span_hours({ count: Math.floor(minutes / 60) });
  const days = Math.floor(minutes / (24 * 60));
  return days < 60 ? m.span_days({ count: days }) : m.span_months({ count: Math.floor(days / 30) });
}

/** By how much this PC's clock goes wrong, `ahead` in minutes: "นาฬิกาเครื่องนี้เร็วไป 7 นาที". */
export function clockIsOff(ahead: number): string {
  const by = { span: span(ahead * 60_000) };
  return ahead > 0 ? m.foot_clock_fast(by) : m.foot_clock_slow(by);
}

/** Days from now until an instant, by the clinic's calendar. */
export function daysUntil(ms: number, now: number): number {
  return dayNumber(ms) - dayNumber(now);
}
