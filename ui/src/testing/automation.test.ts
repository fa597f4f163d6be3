/** What the clinic does by itself: the light that says it is late, and the screen where a manager rules it. By keyboard, under a Thai layout. */
import { expect, test } from 'vitest';
import { locale } from '../i18n';
import { span } from '../screens/automation/rule-words';
import { openWindow, settle, type Opened } from './window';

const TWENTY_TO_TEN = Date.parse('2026-10-01T02:40:00Z');

test('late timers show a red light in the foot with since when, and what to do about it in the sync screen', async () => {
  const on = await openWindow({ timersLateSince: TWENTY_TO_TEN });
  await on.see('footer [data-late]');
  expect(on.one('footer [data-late]').textContent).toContain('09:40');
  expect(on.one('footer').dataset['state']).toBe('online');
  on.clinic.open('/sync');
  await on.see('[data-screen=sync] [data-late]');
  expect(on.one('[data-screen=sync] [data-late]').textContent).toContain('desk-server worker');
});

test('when what was late is caught up the light is gone; offline nothing is claimed of it', async () => {
  const on = await openWindow({ timersLateSince: TWENTY_TO_TEN });
  await on.see('footer [data-late]');
  on.clinic.timersLateSince = null;
  on.clinic.tell('sync');
  await on.gone('footer [data-late]');
  on.clinic.timersLateSince = TWENTY_TO_TEN;
  on.clinic.mode = 'offline';
  on.clinic.tell('sync');
  await settle();
  expect(on.none('footer [data-late]')).toBe(true);
});

test('a clock of this PC that is wrong is said in the foot and in the sync screen, with what to do, and goes when it is right', async () => {
  const on = await openWindow({ clockAhead: -7 });
  await on.see('footer [data-clock]');
  expect(on.one('footer [data-clock]').textContent).toBe('นาฬิกาเครื่องนี้ช้าไป 7 นาที');
  on.clinic.open('/sync');
  await on.see('[data-screen=sync] [data-clock]');
  locale.current = 'en';
  await settle();
  expect(on.one('[data-screen=sync] [data-clock]').textContent).toContain("This PC's clock is 7 min slow");
  on.clinic.clockAhead = null;
  on.clinic.tell('sync');
  await on.gone('footer [data-clock]');
});

async function asManager(options = {}): Promise<Opened> {
  const on = await openWindow({ as: 'ดาว', ...options });
  on.clinic.open('/automation');
  await on.see('[data-row-id=r1]');
  return on;
}

test('only those who answer for the clinic see its rules', async () => {
  const on = await openWindow({ as: 'เมย์' });
  expect(on.none('nav [data-place=automation]')).toBe(true);
  on.clinic.open('/automation');
  await settle();
  expect(on.none('[data-screen=automation]')).toBe(true);
  const dao = await openWindow({ as: 'ดาว' });
  await dao.see('nav [data-place=automation]');
});

test('each rule says when, if and what, whether it is on, what it did and what went wrong', async () => {
  const on = await asManager();
  expect(on.one('[data-row-id=r1]').textContent).toContain('เปิดอยู่');
  expect(on.one('[data-row-id=r1]').textContent).toContain('ทำ 143 ครั้งใน 30 วัน');
  const detail = on.one('aside');
  for (const words of ['ผ่านไป 2 วัน', 'ไม่มีนัดรออยู่', 'ยังอยู่ในขั้นนั้น', 'ติดตามลูกค้า', '23514']) {
    expect(detail.textContent).toContain(words);
  }
  await on.press('↓', '↓');
  expect(on.one('[data-detail=rule]').dataset['state']).toBe('broken');
  expect(on.one('aside').textContent).toContain('กฎนี้ทำงานไม่ได้: เส้นทางเข้าสู่ขั้น');
  expect(on.none('[data-action=trial]')).toBe(true);
  await on.press('↓');
  expect(on.one('[data-detail=rule]').dataset['state']).toBe('unstarted');
});

test('a rule is tried before it is switched on: counts, channels, who is left out, names; then from now, or for these too', async () => {
  const on = await asManager();
  await on.press('↓', 'D');
  await on.see('[data-dialog=trial] [data-count="143"]');
  const dialog = on.one('[data-dialog=trial]');
  for (const words of ['134 LINE', '9 SMS', '12 มีงานนี้อยู่แล้ว', '4 ขอไม่ให้ติดต่อ', 'และอีก 140 ราย']) {
    expect(dialog.textContent?.replaceAll(/\s+/g, ' ')).toContain(words);
  }
  expect(on.clinic.rules.find(({ id }) => id === 'r2')?.state).toBe('off');
  (await on.see('[data-option=now]')).focus();
  await on.press('2');
  await on.gone('[data-dialog=trial]');
  expect(on.clinic.rules.find(({ id }) => id === 'r2')?.state).toBe('on');
  await on.see('[data-toast=done]');
});

test('a rule is switched off with S; offline it cannot be tried, and says so', async () => {
  const on = await asManager({ mode: 'offline' });
  expect(on.one('aside').textContent).toContain('ติดต่อ');
  await on.press('S');
  await settle();
  expect(on.clinic.rules.find(({ id }) => id === 'r1')?.state).toBe('off');
  await on.press('D');
  await on.see('[data-dialog=trial] [role=alert]');
  expect(on.none('[data-option=now]')).toBe(true);
});

test('a new rule is made by keyboard; what was typed stays through Esc, and what is refused is said at its field', async () => {
  const on = await asManager();
  await on.press('N');
  await on.see('[data-dialog=rule]');
  await on.press('Ctrl Enter');
  await on.see('[data-dialog=rule] [aria-invalid]');
  expect(on.one('[data-dialog=rule] input[name=name]').getAttribute('aria-invalid')).toBe('true');
  on.one('input[name=name]').focus();
  await on.type('ขอรีวิวหลังจบ');
  await on.press('Esc', 'N');
  await on.see('[data-dialog=rule]');
  expect((on.one('input[name=name]') as HTMLInputElement).value).toBe('ขอรีวิวหลังจบ');
  (on.one('input[name=delay]') as HTMLInputElement).focus();
  await on.type('x');
  await on.press('Ctrl Enter');
  await settle();
  expect(on.one('[data-dialog=rule]').textContent).toContain('จำนวนเต็ม');
  await on.press('Backspace');
  const delay = on.one('input[name=delay]') as HTMLInputElement;
  delay.value = '3';
  delay.dispatchEvent(new Event('input', { bubbles: true }));
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=rule]');
  const made = on.clinic.rules.at(-1);
  expect(made).toMatchObject({ name: 'ขอรีวิวหลังจบ', state: 'off', delayMinutes: 4_320 });
});

test('one day and one hour of a rule are said as one', () => {
  locale.current = 'en';
  expect([1, 60, 1_440, 2, 120, 2_880].map(span)).toEqual([
    '1 minute',
    '1 hour',
    '1 day',
    '2 minutes',
    '2 hours',
    '2 days',
  ]);
});
