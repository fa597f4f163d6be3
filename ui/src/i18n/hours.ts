/** Opening hours of a day as people type them, and as they are kept: `09:00-12:00 13:00-20:00`, empty for closed. */
import { m } from './index';

const SPAN = /(\d{1,2})(?:[:.](\d{2}))?(?:\s*น\.?)?\s*(?:-|–|—|ถึง|to)\s*(\d{1,2})(?:[:.](\d{2}))?(?:\s*น\.?)?/gi;
const BETWEEN = /^(?:[\s,;+/]|และ|and)*$/i;
const CLOSED = /^(?:ปิด|หยุด|closed?|-)?$/i;
const DAY = 24 * 60;
const MOST = 4;

interface Span {
  from: number;
  to: number;
}

const minute = (hour = '', past = '00') => (Number(past) < 60 ? Number(hour) * 60 + Number(past) : NaN);
const clock = (minutes: number) =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');

/** Two spans of which one ends where the next begins are one. */
function joined(spans: Span[]): Span[] {
  return spans.reduce<Span[]>((all, span) => {
    const last = all.at(-1);
    if (last?.to === span.from) last.to = span.to;
    else all.push({ ...span });
    return all;
  }, []);
}

/** What is kept; undefined where it is no hours. */
export function hoursOf(typed: string): string | undefined {
  const text = typed.trim().replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0x0e50));
  if (CLOSED.test(text)) return '';
  if (!BETWEEN.test(text.replace(SPAN, ''))) return undefined;
  const spans = [...text.matchAll(SPAN)].map(([, a, b, c, d]) => ({ from: minute(a, b), to: minute(c, d) }));
  const all = joined(spans);
  const isRight = all.every(({ from, to }, nth) => from < to && to <= DAY && from >= (all[nth - 1]?.to ?? 0));
  if (!isRight || all.length === 0 || all.length > MOST) return undefined;
  return all.map(({ from, to }) => `${clock(from)}-${clock(to)}`).join(' ');
}

/** As people read it. */
export function hoursShown(kept: string): string {
  return kept === '' ? m.opening_closed() : kept.replaceAll('-', '–').replaceAll(' ', ', ');
}
