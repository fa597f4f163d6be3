/** Words and numbers: complete in both languages, and the way the clinic writes them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import th from '../../messages/th.json';
import en from '../../messages/en.json';
import type { Reason } from '../backend/bindings/Reason';
import { KEYS, PLACE_NAMES } from '../keys/map';
import { CODES, sentence } from './codes';
import * as dates from './dates';
import { locale } from './locale.svelte';
import { initials } from './names';
import { baht, movement, multiplier, points, satangFrom } from './numbers';
import { m } from './index';
import { tell, whyLine } from './reasons';
import { afterThai, beforeThai } from './spacing';
import { zone } from './zone.svelte';

const at = (iso: string) => Date.parse(`${iso}+07:00`);
const NOW = at('2026-10-01T10:24:00');

beforeEach(() => void (locale.current = 'th'));
afterEach(() => void (locale.current = 'th'));

describe('messages', () => {
  const thai: Record<string, string> = th;
  const english: Record<string, string> = en;
  const gaps = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

  test('every message is in both languages, with the same facts in it', () => {
    expect(Object.keys(english).sort()).toEqual(Object.keys(thai).sort());
    for (const [key, text] of Object.entries(thai)) {
      expect(text.trim(), key).not.toBe('');
      expect(gaps(english[key] ?? ''), key).toEqual(gaps(text));
    }
  });

  test('English holds no Thai but names and PINs of the demo', () => {
    const left = Object.entries(english).filter(([, text]) => /[\u0E00-\u0E7F]/.test(text));
    expect(left.map(([key]) => key).sort()).toEqual(['lock_demo_pins']);
  });

  test('no message is left that nobody says', () => {
    const sources = import.meta.glob('../**/*.{svelte,ts}', { query: '?raw', import: 'default', eager: true });
    const said = Object.entries(sources).filter(([path]) => !/paraglide|bindings/.test(path));
    const text = said.map(([, source]) => source as string).join('');
    const names = new Set([...text.matchAll(/\bm\.(\w+)/g)].map(([, name]) => name));
    expect(Object.keys(thai).filter((key) => key !== '$schema' && !names.has(key))).toEqual([]);
  });

  test('no exclamation marks, no doubled please, no digits in Thai script', () => {
    for (const [key, text] of [...Object.entries(thai), ...Object.entries(english)]) {
      expect(text, key).not.toMatch(/!|[๐-๙]|กรุณา.*กรุณา/);
    }
  });
});

describe('error codes', () => {
  test('every code has a sentence and a next step in both languages', () => {
    for (const language of ['th', 'en'] as const) {
      locale.current = language;
      for (const code of Object.keys(CODES) as (keyof typeof CODES)[]) {
        const words = sentence({ code, fields: { left: '4', until: String(NOW), most: '200' }, refId: 'x1' });
        expect(words.what.length, code).toBeGreaterThan(5);
        expect(words.next.length, code).toBeGreaterThan(5);
        expect(words.refId).toBe(code === 'unexpected' ? 'x1' : undefined);
      }
    }
  });

  test('facts stand in the sentence', () => {
    expect(sentence({ code: 'wrong_pin', fields: { left: '4' }, refId: '' }).what).toBe('PIN ไม่ตรง เหลืออีก 4 ครั้ง');
    const paused = { code: 'pin_paused' as const, fields: { until: String(at('2026-10-01T10:29:00')) }, refId: '' };
    expect(sentence(paused).what).toContain('10:29');
    expect(sentence({ ...paused, fields: { until: '2026-10-01T03:29:00Z' } }).what).toContain('10:29');
  });

  test('a code of a newer backend is said as unexpected, with its reference', () => {
    expect(sentence({ code: 'brand_new' as never, fields: {}, refId: 'q7' })).toMatchObject({ refId: 'q7' });
  });
});

describe('dates', () => {
  test('Buddhist era in Thai, Gregorian in English, in the clinic’s zone', () => {
    const midnight = Date.parse('2026-09-30T17:00:00Z');
    expect(dates.date(midnight)).toBe('1 ต.ค. 2569');
    expect(dates.weekdayDate(midnight)).toBe('พฤหัสบดี 1 ต.ค. 2569');
    expect(dates.longDate(at('2026-10-31T23:59:00'))).toBe('31 ตุลาคม 2569');
    expect(dates.isoDay(midnight - 1)).toBe('2026-09-30');
    locale.current = 'en';
    expect(dates.date(midnight)).toBe('1 Oct 2026');
    expect(dates.weekdayDate(midnight)).toBe('Thursday 1 Oct 2026');
  });

  test('relative words go no further than one day', () => {
    expect(dates.whenShort(at('2026-10-01T08:05:00'), NOW)).toBe('08:05');
    expect(dates.whenShort(at('2026-09-30T23:59:00'), NOW)).toBe('เมื่อวาน 23:59');
    expect(dates.whenShort(at('2026-10-02T00:00:00'), NOW)).toBe('พรุ่งนี้ 00:00');
    expect(dates.whenShort(at('2026-09-29T10:00:00'), NOW)).toBe('29 ก.ย. 10:00');
    expect(dates.whenShort(at('2025-09-29T10:00:00'), NOW)).toBe('29 ก.ย. 2568 10:00');
  });

  test.each([
    ['2026-10-01T10:23:55', '0:05'],
    ['2026-10-01T10:12:20', '11:40'],
    ['2026-10-01T08:20:00', '2 ชม. 4 น.'],
    ['2026-09-28T10:00:00', '3 วัน'],
    ['2026-10-01T10:30:00', '0:00'],
  ])('waiting since %s reads %s', (since, words) => {
    expect(dates.waited(at(since), NOW)).toBe(words);
  });
  test('beside a name there is room for one unit of a wait', () => {
    const ago = (minutes: number) => dates.waitedShort(NOW - minutes * 60_000, NOW);
    expect([ago(59), ago(60), ago(23 * 60 + 59), ago(24 * 60)]).toEqual(['59:00', '1 ชม.', '23 ชม.', '1 วัน']);
  });

  test('a day begins at the clinic’s midnight', () => {
    expect(dates.startOfDay('2026-10-01')).toBe(Date.parse('2026-09-30T17:00:00Z'));
    expect(dates.daysUntil(at('2026-10-31T00:00:00'), NOW)).toBe(30);
  });
});

describe('the clinic’s zone', () => {
  afterEach(() => void (zone.name = 'Asia/Bangkok'));
  const noon = Date.parse('2026-10-01T12:00:00Z');

  test('every time is by it, summer time too', () => {
    zone.name = 'Europe/London';
    expect(dates.time(noon)).toBe('13:00');
    expect(dates.time(Date.parse('2026-12-01T12:00:00Z'))).toBe('12:00');
    expect(dates.isoDay(Date.parse('2026-10-01T23:30:00Z'))).toBe('2026-10-02');
    expect(dates.startOfDay('2026-10-01')).toBe(Date.parse('2026-09-30T23:00:00Z'));
    // The clocks went back in the night of the 25th: a day of 25 hours is one day.
    expect(dates.daysUntil(dates.startOfDay('2026-10-26'), dates.startOfDay('2026-10-25'))).toBe(1);
    zone.name = 'Asia/Kathmandu';
    expect(dates.time(noon)).toBe('17:45');
  });

  test.each([
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00Z'],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00Z'],
    ['Australia/Sydney', '2026-10-04', '2026-10-03T14:00:00Z'],
  ])('in %s the day %s begins at %s', (name, day, at) => {
    zone.name = name;
    expect(new Date(dates.startOfDay(day)).toISOString()).toBe(at.replace('Z', '.000Z'));
  });

  test('one that the web view does not know changes nothing', () => {
    zone.name = 'Asia/Ari';
    expect([zone.name, dates.time(noon)]).toEqual(['Asia/Bangkok', '19:00']);
  });
});

describe('numbers', () => {
  test.each([
    ['1999', 199_900],
    ['1,999.50', 199_950],
    ['๑๙๙๙', 199_900],
    ['0.5', 50],
    ['12.', 1200],
    ['', null],
    ['1.999', null],
    ['-5', null],
    ['1,234,567.50', 123_456_750],
    ['1,5', null],
    ['1,2,3', null],
    ['abc', null],
  ])('%s is %s satang', (typed, satang) => {
    expect(satangFrom(typed)).toBe(satang);
  });

  test('written as in the clinic', () => {
    expect(points(-1240)).toBe('−1,240');
    expect(movement(399)).toBe('+399');
    expect(baht(199_900)).toBe('1,999.00');
    expect([multiplier(20), multiplier(15)]).toEqual(['×2', '×1.5']);
  });

  test('initials', () => {
    expect(['พลอยไพลิน ศรีสุข', 'นก', 'Emily Carter', 'Nok'].map(initials)).toEqual(['พล', 'นก', 'EC', 'No']);
  });
});

describe('what a message leaves open', () => {
  const told = (name: string) => [
    m.card_sales({ name: afterThai(name) }),
    m.lead_taken({ name: beforeThai(name) }),
    m.toast_task_given({ name: beforeThai(afterThai(name)) }),
  ];

  test('a Latin name stands apart from the Thai around it, a Thai one does not', () => {
    expect(told('เมย์')).toEqual(['ดูแลโดยเมย์', 'เมย์รับแล้ว', 'มอบให้เมย์แล้ว']);
    expect(told('Wei')).toEqual(['ดูแลโดย Wei', 'Wei รับแล้ว', 'มอบให้ Wei แล้ว']);
    locale.current = 'en';
    expect(told('เมย์')).toEqual(['Looked after by เมย์', 'Taken by เมย์', 'Given to เมย์']);
  });
});

describe('reasons', () => {
  const cases: [Reason, string, string][] = [
    [{ code: 'overdue', since: at('2026-10-01T10:00:00') }, 'เกินกำหนด 24 นาที', '24 min overdue'],
    [{ code: 'due_at', at: at('2026-10-01T15:00:00') }, 'ครบกำหนดวันนี้ 15:00', 'Due today 15:00'],
    [{ code: 'due_at', at: at('2026-10-02T11:00:00') }, 'ครบกำหนดพรุ่งนี้ 11:00', 'Due tomorrow 11:00'],
    [{ code: 'due_at', at: at('2026-10-04T11:00:00') }, 'ครบกำหนด 4 ต.ค. 11:00', 'Due 4 Oct 11:00'],
    [{ code: 'due_at', at: at('2026-09-30T11:00:00') }, 'ครบกำหนดเมื่อวาน 11:00', 'Due yesterday 11:00'],
    [{ code: 'no_due_date' }, 'ไม่ได้กำหนดวัน', 'No due date'],
    [{ code: 'kind', kind: 'payment_reminder' }, 'ชนิดงาน: เตือนชำระเงิน', 'Kind of task: Payment reminder'],
    [{ code: 'urgent', priority: 'critical' }, 'ความสำคัญ: ด่วนมาก', 'Priority: Critical'],
    [{ code: 'booked_today', time: '10:30' }, 'มีนัดวันนี้ 10:30', 'Booked today 10:30'],
    [{ code: 'stage', stage: 'treatment_scheduled' }, 'อยู่ขั้นนัดทำ', 'At stage Booked'],
    [{ code: 'woke', at: at('2026-10-01T09:00:00'), because: null }, 'เลื่อนไว้ถึง 09:00', 'Was snoozed until 09:00'],
    [
      { code: 'woke', at: at('2026-09-30T09:00:00'), because: null },
      'เลื่อนไว้ถึงเมื่อวาน 09:00',
      'Was snoozed until yesterday 09:00',
    ],
    [{ code: 'fact', text: 'ซื้อ 18 จาก 41 คน' }, 'ซื้อ 18 จาก 41 คน', 'ซื้อ 18 จาก 41 คน'],
    [{ code: 'score', score: 82, threshold: 70 }, 'คะแนน 82 จาก 100 ถึงเกณฑ์ 70', 'Score 82 of 100, threshold 70'],
    [{ code: 'waiting_since', at: at('2026-10-01T10:12:00') }, 'รอตั้งแต่ 10:12', 'Waiting since 10:12'],
    [{ code: 'do_not_contact' }, 'ลูกค้าขอไม่ให้ติดต่อ', 'Client asked not to be contacted'],
    [{ code: 'rule', name: 'หลังเลเซอร์' }, 'กติกา “หลังเลเซอร์”', 'Rule “หลังเลเซอร์”'],
  ];
  test.each(cases)('%o', (reason, thai, english) => {
    expect(tell(reason, NOW)).toBe(thai);
    locale.current = 'en';
    expect(tell(reason, NOW)).toBe(english);
  });

  test('a why-line says nothing twice', () => {
    const reason: Reason = { code: 'rule', name: 'ก' };
    expect(whyLine([reason, reason], NOW)).toHaveLength(1);
  });
});

test('every key has a name in both languages', () => {
  for (const language of ['th', 'en'] as const) {
    locale.current = language;
    for (const [place, lines] of Object.entries(KEYS)) {
      expect(PLACE_NAMES[place as keyof typeof KEYS]()).not.toBe('');
      for (const line of Object.values(lines)) expect(line.label()).not.toBe('');
    }
  }
});
