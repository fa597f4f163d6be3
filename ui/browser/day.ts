/**
 * A day at the counter of the demo clinic, in the built pages on the real desk, by keyboard alone. Each story has a PC of its own; each language
 * a file, so that both run at once.
 */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { newDesk, type Desk } from './desk';
import { openBrowser, Seat } from './seat';
import type { Language } from './words';

export function day(language: Language): void {
  let browser: Browser;
  let desk: Desk;
  let on: Seat;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    desk = await newDesk();
    on = await Seat.take(browser, desk.url, language);
    await on.speak();
    await on.tabTo('[data-action=demo]');
    await on.press('Enter');
    await on.unlock('2468');
  });
  afterEach(async () => {
    const { complaints } = on;
    await on.leave();
    await desk.end();
    expect(complaints).toEqual([]);
  });

  const openTasks = async () => {
    await on.press('F4');
    await on.see('[data-screen=tasks] [data-row-id]');
  };
  const openCard = async (who = 'ploy') => {
    await on.press('Ctrl K');
    await on.type(who);
    await on.see('[role=option][data-row-id]');
    await on.press('Enter');
    await on.see('[data-screen=card] [data-customer-id]');
  };
  const points = async () => Number(await on.attribute('[data-points]', 'data-points'));

  test('the lock counts wrong PINs, opens to the right one, and closes again', async () => {
    await on.read(on.say('today_title'), 'h1');
    await on.press('F12');
    await on.see('[data-screen=lock]');
    await on.type('1111');
    await on.read(on.say('code_wrong_pin', { left: 4 }));
    await on.unlock('2468');
    await on.read(on.say('foot_demo'), 'footer');
  });

  test('a colleague takes the seat and finds a desk of their own', async () => {
    await openTasks();
    await on.press('F12');
    await on.see('[data-screen=lock]');
    await on.press('↓');
    await on.read(on.say('lock_hello', { name: 'บีม' }));
    await on.unlock('8642');
    await on.read('บีม', 'nav');
  });

  test('search finds by sound, by the last digits of a number, and through the wrong keyboard layout', async () => {
    await openCard('ploy');
    const phone = /\d{3}-\d{3}-\d{4}/.exec(await on.text('[data-screen=card] header'))?.[0] ?? '';
    const customer = (await on.attribute('[data-customer-id]', 'data-customer-id')) ?? '';
    await on.press('/');
    await on.type(phone.slice(-4));
    await on.see(`[role=option][data-row-id="${customer}"]`);
    // พลอย, typed by someone who forgot to switch to the Thai layout.
    await on.retype('r]vp');
    await on.read(on.say('search_repaired', { text: 'พลอย' }), '[data-dialog=search]');
    await on.read('พลอย', '[role=option]');
    await on.press('↓', 'Enter');
    await on.gone('[data-dialog=search]');
    expect(await on.attribute('[data-customer-id]', 'data-customer-id')).not.toBe(customer);
  });

  test('a task is completed with D and Enter; another window of this desk hears of it', async () => {
    const other = await Seat.take(browser, desk.url, language);
    await other.press('F4');
    await openTasks();
    const task = await on.selected();
    await other.see(`[data-row-id="${task}"]`);
    await on.press('D');
    await on.see('[data-dialog=complete]');
    await on.type('ชำระแล้ว');
    await on.press('Enter');
    await on.gone(`[role=row][data-row-id="${task}"]`);
    await on.see('[data-toast=done]');
    await other.gone(`[role=row][data-row-id="${task}"]`);
    await on.press('Alt 3');
    await on.stepTo(task);
    await on.read('ชำระแล้ว', 'aside');
    expect(other.complaints).toEqual([]);
    await other.leave();
  });

  test('a task is snoozed, and waits among the sleeping ones', async () => {
    await openTasks();
    const task = await on.selected();
    await on.press('S');
    await on.see('[data-dialog=snooze]');
    await on.press('3');
    await on.gone(`[role=row][data-row-id="${task}"]`);
    await on.press('Alt 2');
    await on.see(`[role=row][data-row-id="${task}"]`);
  });

  test('what was done is taken back', async () => {
    await openTasks();
    const row = `[role=row][data-row-id="${await on.selected()}"]`;
    await on.press('D');
    await on.see('[data-dialog=complete]');
    await on.press('Enter');
    await on.gone(row);
    await on.press('Ctrl Z');
    await on.see(row);
  });

  test('a client is checked in by Space, by mistake, and again; started and finished', async () => {
    await on.press('F3');
    await on.see('[data-screen=agenda] [data-row-id]');
    await on.press('Home');
    for (let step = 0; step < 30; step++) {
      const now = await on.attribute('[role=row][aria-selected=true] [data-standing]', 'data-standing');
      if (now === 'booked' || now === 'late') break;
      await on.press('↓');
    }
    const row = `[role=row][data-row-id="${await on.selected()}"]`;
    await on.press('D');
    expect(await on.page.locator(`${row} [data-standing=done]`).count()).toBe(0);
    await on.press('Space');
    await on.see(`${row} [data-standing=waiting]`);
    const queue = (await on.attribute('[data-queue]', 'data-queue')) ?? '';
    expect(queue).toMatch(/^[A-Z]\d+$/);
    await on.read(on.say('toast_checked_in', { queue }), '[data-toast]');
    await on.press('Ctrl Z');
    await on.gone(`${row} [data-standing=waiting]`);
    await on.press('Space');
    await on.see(`${row} [data-standing=waiting]`);
    expect(await on.page.locator('aside [data-step]').count()).toBe(3);
    await on.press('D');
    await on.read(on.say('code_visit_not_started'), '[data-toast]');
    await on.press('S');
    await on.see(`${row} [data-standing=serving]`);
    await on.press('D');
    await on.see(`${row} [data-standing=done]`);
  });

  test('a note is added to a task, and one to a client', async () => {
    await openTasks();
    await on.press('N');
    await on.see('[data-dialog=note]');
    await on.type('โทรกลับบ่ายสาม');
    await on.press('Ctrl Enter');
    await on.gone('[data-dialog=note]');
    await on.read('โทรกลับบ่ายสาม', 'aside');
    await openCard();
    await on.press('N');
    await on.type('prefers mornings');
    await on.press('Enter');
    await on.read('prefers mornings', '[data-customer-id] ul.selectable');
    expect(await on.text('[data-customer-id] ul.selectable')).toContain('นก');
  });

  test('a task is given to a colleague', async () => {
    await openTasks();
    const task = await on.selected();
    await on.press('A');
    await on.see('[data-dialog=reassign] [data-option]');
    await on.press('1');
    // The list may be without it before the dialog has gone, and would not hear the key.
    await on.gone('[data-dialog=reassign]');
    await on.gone(`[role=row][data-row-id="${task}"]`);
    await on.press('M');
    await on.see(`[role=row][data-row-id="${task}"]`);
  });

  test('a client is changed; only what differs counts', async () => {
    await openCard();
    await on.press('E');
    await on.see('[data-dialog=edit]');
    await on.read(on.say('edit_nothing'), '[data-dialog=edit]');
    await on.tabTo('input[name=nickname]');
    await on.retype('พลอยใหญ่');
    await on.tabTo('input[name=phone]');
    await on.retype('0899990000');
    await on.read(on.say('edit_changed', { count: 2 }), '[data-dialog=edit]');
    await on.press('Ctrl Enter');
    await on.gone('[data-dialog=edit]');
    await on.read('“พลอยใหญ่”', '[data-customer-id] header');
    await on.read('089-999-0000', '[data-customer-id] header');
  });

  test('a client is created, and refused in words without a name', async () => {
    await on.press('F2');
    await on.see('[data-dialog=new-customer]');
    await on.press('Ctrl Enter');
    await on.read(on.say('code_name_empty'), '[data-dialog=new-customer]');
    await on.tabTo('input[name=full_name]');
    await on.type('ฟ้า ใสสะอาด');
    await on.tabTo('input[name=phone]');
    await on.type('0857778888');
    await on.tabTo('input[name=birth_date]');
    await on.type('14/2/2535');
    await on.press('Ctrl Enter');
    await on.read('ฟ้า ใสสะอาด', '[data-screen=card] h2');
    await on.read('085-777-8888', '[data-customer-id] header');
    await on.press('Ctrl K');
    await on.type('ใสสะอาด');
    await on.read('ฟ้า', '[role=option]');
  });

  test('points are awarded: the sum is shown first, and counts once', async () => {
    await openCard();
    await on.see('[data-points]');
    const before = await points();
    await on.press('F9');
    await on.see('[data-dialog=award]');
    await on.type('1999');
    await on.see('[data-award-points]');
    const awarded = Number(await on.attribute('[data-award-points]', 'data-award-points'));
    expect(awarded).toBeGreaterThan(0);
    await on.press('Enter', 'Enter');
    await on.gone('[data-dialog=award]');
    await expect.poll(points).toBe(before + awarded);
    await on.read(on.say('toast_points', { points: String(awarded) }), '[data-toast]');
  });

  test('the language is switched, at once, in every window and for good', async () => {
    const into = language === 'th' ? 'en' : 'th';
    const other = await Seat.take(browser, desk.url, language);
    await on.go('settings');
    await on.speak(into);
    await on.read(on.say('settings_title', {}, into), 'h1');
    await other.read(on.say('today_title', {}, into), 'h1');
    await on.page.reload();
    await on.see('[data-screen=today]');
    await on.read(on.say('today_title', {}, into), 'h1');
    await other.leave();
  });

  test('settings hold at once, and are kept', async () => {
    const other = await Seat.take(browser, desk.url, language);
    await on.go('settings');
    await other.go('settings');
    await on.tabTo('[data-choice=theme] input');
    // From the system's to light to dark.
    await on.press('→', '→');
    await on.see('html[data-theme=dark]');
    await on.tabTo('[data-switch=quiet]');
    await on.press('Space');
    await on.gone('select[name=quietFrom]');
    await on.tabTo('[data-choice=autoLockMinutes] input');
    await on.press('→');
    // The last of them is kept when another window hears of it.
    await expect.poll(() => other.page.locator('[data-choice=autoLockMinutes] input:checked').inputValue()).toBe('5');
    await other.leave();
    await on.page.reload();
    await on.see('[data-screen=today]');
    await on.see('html[data-theme=dark]');
    await on.go('settings');
    await on.see('[data-switch=quiet][aria-checked=false]');
  });

  test('notifications are read one by one and all at once', async () => {
    const unread = async () => Number(/\d+/.exec(await on.text('[data-place=notifications] .n'))?.[0]);
    await on.press('Ctrl D');
    await on.see('[data-screen=notifications] [data-row-id]');
    const before = await unread();
    await on.press('D');
    await expect.poll(unread).toBe(before - 1);
    await on.press('Ctrl Enter');
    await on.read(on.say('bell_all_read'));
    await on.gone('[data-place=notifications] .n');
  });

  test('the map of keys shows the keys of this place first', async () => {
    await openTasks();
    await on.press('?');
    await on.see('[data-dialog=keys]');
    await on.read(on.say('keymap_title'), '[data-dialog=keys]');
    await on.read(on.say('place_tasks'), '[data-dialog=keys] h3');
    await on.press('Esc');
    await on.gone('[data-dialog=keys]');
    expect(await on.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('grid');
  });

  test('the demo clinic is removed', async () => {
    await on.go('settings');
    await on.tabTo('[data-action=demo-remove]');
    await on.press('Enter');
    await on.see('[data-dialog=demo-remove]');
    await on.tabTo('[data-action=confirm]');
    await on.press('Enter');
    await on.see('[data-screen=first-start]');
  });
}
