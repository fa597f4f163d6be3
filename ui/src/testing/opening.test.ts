/** Opening hours and closed days in the settings: who may change them, what can be typed, and what is refused. */
import { describe, expect, test } from 'vitest';
import { hoursOf } from '../i18n/hours';
import { openWindow, to, type Opened } from './window';

const field = (on: Opened, name: string) => on.one(`[name=${name}]`) as HTMLInputElement;
const closed = () =>
  [...document.querySelectorAll<HTMLElement>('[data-closed]')].map((row) =>
    row.textContent?.replace(/\s+/g, ' ').trim(),
  );

async function retype(on: Opened, name: string, text: string) {
  field(on, name).focus();
  field(on, name).select();
  await on.type(text);
}

async function toSettings(as = 'ดาว') {
  const on = await openWindow({ as });
  await on.press(to('settings'));
  await on.see('[data-opening]');
  return on;
}

describe('hours as they are typed', () => {
  test.each([
    ['9-20', '09:00-20:00'],
    ['9:00 – 12:00, 13.30-20', '09:00-12:00 13:30-20:00'],
    ['๙.๐๐-๒๐.๐๐ น.', '09:00-20:00'],
    ['9 ถึง 12 และ 13 ถึง 20', '09:00-12:00 13:00-20:00'],
    ['9-12 12-20', '09:00-20:00'],
    ['0-24', '00:00-24:00'],
    ['ปิด', ''],
    ['', ''],
  ])('%s is %s', (typed, kept) => expect(hoursOf(typed)).toBe(kept));

  test.each(['20-9', '9-12, 11-20', '9-25', '9:70-10', 'เช้าถึงเย็น', '9', '9-10 x', '1-2 3-4 5-6 7-8 9-10'])(
    '%s is none',
    (typed) => expect(hoursOf(typed)).toBeUndefined(),
  );
});

test('a manager types other hours for two days; only those are sent, with what was seen', async () => {
  const on = await toSettings();
  await retype(on, 'hours-thu', '9-12, 13-20');
  await retype(on, 'hours-sun', 'ปิด');
  await on.press('Enter');
  await on.read('บันทึกเวลาทำการแล้ว');
  expect(on.sent('opening_set')).toEqual({
    days: [
      { weekday: 'thu', hours: '09:00-12:00 13:00-20:00', seen: '09:00-20:00' },
      { weekday: 'sun', hours: '', seen: '09:00-20:00' },
    ],
  });
  expect(field(on, 'hours-thu').value).toBe('09:00–12:00, 13:00–20:00');
  expect(field(on, 'hours-sun').value).toBe('ปิด');
});

test('what is no hours says so and is not sent; one day can be that of all', async () => {
  const on = await toSettings();
  await retype(on, 'hours-mon', '20-9');
  await on.read('เขียนแบบ 9:00-20:00');
  await on.press('Enter');
  expect(on.calls).not.toContain('opening_set');
  await retype(on, 'hours-mon', '10-19');
  on.one('[data-action=opening-same]').click();
  on.one('[data-action=opening-save]').click();
  await on.read('บันทึกเวลาทำการแล้ว');
  expect(on.clinic.opening.week.map(({ hours }) => hours)).toEqual(Array(7).fill('10:00-19:00'));
});

test('a holiday is typed in as people say it, and taken off the list again', async () => {
  const on = await toSettings();
  await retype(on, 'closed-day', '13 เม.ย. 2570');
  await on.see('[data-moment=certain]');
  await retype(on, 'closed-name', 'วันสงกรานต์');
  await on.press('Enter');
  await on.see('[data-closed="2027-04-13"]');
  expect(closed()).toEqual(['พฤหัสบดี 31 ธ.ค. 2569 วันสิ้นปี เปิดตามปกติ', 'อังคาร 13 เม.ย. 2570 วันสงกรานต์ เปิดตามปกติ']);
  on.one('[data-closed="2026-12-31"] button').click();
  await on.gone('[data-closed="2026-12-31"]');
  expect(closed()).toHaveLength(1);
});

test('hours and closed days said by mistake go back with Ctrl Z', async () => {
  const on = await toSettings();
  await retype(on, 'hours-thu', '10-19');
  await on.press('Enter');
  await on.read('บันทึกเวลาทำการแล้ว');
  expect(field(on, 'hours-thu').value).toBe('10:00–19:00');
  field(on, 'hours-thu').blur();
  await on.press('Ctrl Z');
  await on.read('ย้อน: ตั้งเวลาทำการ');
  expect(field(on, 'hours-thu').value).toBe('09:00–20:00');
  on.one('[data-closed="2026-12-31"] button').click();
  await on.gone('[data-closed="2026-12-31"]');
  (await on.see('[data-action=undo]')).click();
  await on.see('[data-closed="2026-12-31"]');
});

test('who does not answer for the clinic reads the hours and has nothing to change them with', async () => {
  const on = await toSettings('นก');
  expect(on.one('[data-hours=mon]').textContent).toContain('09:00–20:00');
  expect(on.text()).toContain('วันสิ้นปี');
  for (const action of ['opening-save', 'day-close', 'day-open']) expect(on.none(`[data-action=${action}]`)).toBe(true);
});
