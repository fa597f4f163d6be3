/**
 * Two counters of one clinic on a real PostgreSQL: one works in Thai, the other in English, both by keyboard. What the first one does the second
 * sees without asking. The Rust test that runs this makes the clinic and both PCs, plays the web system, and looks into the database afterwards.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, Seat } from './seat';

/** What the Rust test has to say. */
function told(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: this story is run by tests/tests/e2e_browser.rs`);
  return value;
}

const LEAD = '[data-detail=lead]';
let browser: Browser;
let thai: Seat;
let english: Seat;

beforeAll(async () => {
  browser = await openBrowser();
  thai = await Seat.take(browser, told('DESK_A'), 'th');
  english = await Seat.take(browser, told('DESK_B'), 'en');
});
afterAll(() => browser.close());

async function connect(on: Seat, code: string, name: string): Promise<void> {
  await on.speak();
  await on.tabTo('textarea[name=code]');
  await on.paste(code);
  await on.press('Enter');
  await on.see('input[name=pin]');
  await on.tabTo('input[name=pin]');
  await on.type('2468');
  await on.tabTo('input[name=pin-again]');
  await on.type('2468');
  await on.tabTo('input[name=device]');
  await on.retype(name);
  await on.press('Enter');
  await on.see('[data-screen=today]');
  await on.see('footer[data-mode=online]');
}

async function find(on: Seat, who: string): Promise<void> {
  await on.press('Ctrl K');
  await on.see('[data-dialog=search]');
  // It searches at every key, so what arrives later is found at the next one.
  await expect.poll(() => on.retype(who).then(() => on.text('[data-dialog=search]'))).toContain('สมมุติใหม่');
  await on.press('Enter');
  await on.read('สมมุติใหม่', '[data-screen=card] h2');
}

test('two new PCs are connected by their codes', async () => {
  await connect(thai, told('CODE_A'), 'PC-A');
  await connect(english, told('CODE_B'), 'PC-B');
  for (const on of [thai, english]) {
    await on.go('settings');
    // These stories are told at any hour.
    await on.tabTo('[data-switch=quiet]');
    await on.press('Space');
    await on.see('[data-switch=quiet][aria-checked=false]');
  }
});

test('a client who is added at one counter is found at the other, where changes and points arrive by themselves', async () => {
  await thai.press('F2');
  await thai.see('[data-dialog=new-customer]');
  await thai.type('มะลิ สมมุติใหม่');
  await thai.tabTo('input[name=phone]');
  await thai.type('0857778888');
  await thai.press('Ctrl Enter');
  await thai.read('มะลิ สมมุติใหม่', '[data-screen=card] h2');
  await thai.press('N');
  await thai.type('ชอบห้องริมหน้าต่าง');
  await thai.press('Enter');
  await find(english, '8888');
  await english.read('ชอบห้องริมหน้าต่าง', '[data-customer-id]');

  await thai.press('Esc', 'E');
  await thai.see('[data-dialog=edit]');
  await thai.tabTo('input[name=nickname]');
  await thai.type('ลิลลี่');
  await thai.press('Ctrl Enter');
  await english.read('“ลิลลี่”', '[data-customer-id] header');

  await english.press('F9');
  await english.see('[data-dialog=award]');
  await english.type('1999');
  await english.see('[data-award-points="199"]');
  await english.press('Enter');
  // With the welcome points that the clinic gives for a first bill.
  await thai.see('[data-points="299"]');
  // The clinic gave the code, and both know it.
  await expect.poll(() => thai.text('[data-customer-id] header')).not.toContain(thai.say('card_no_code'));
});

test('tasks are completed, snoozed and noted, and leave the colleague’s list', async () => {
  const [completed = '', snoozed = '', noted = ''] = told('TASKS').split(' ');
  await thai.press('F4');
  await english.press('F4', 'M');
  await english.see(`[role=row][data-row-id="${completed}"]`);
  await thai.stepTo(completed);
  await thai.press('D');
  await thai.see('[data-dialog=complete]');
  await thai.type('นัดแล้ว');
  await thai.press('Enter');
  await english.gone(`[role=row][data-row-id="${completed}"]`);

  await thai.stepTo(snoozed);
  await thai.press('S');
  await thai.see('[data-dialog=snooze]');
  await thai.press('3');
  await english.gone(`[role=row][data-row-id="${snoozed}"]`);

  await thai.stepTo(noted);
  await thai.press('N');
  await thai.see('[data-dialog=note]');
  await thai.type('ไม่รับสาย');
  await thai.press('Ctrl Enter');
  await english.stepTo(noted);
  await english.read('ไม่รับสาย', 'aside');
});

test('a notification is read', async () => {
  // The read one tells the Rust test to insert the lead and to press its toast on PC-B, where nothing is pressed from here on: a later
  // key would lead away again.
  await english.go('sync');
  await english.see('[data-screen=sync]');
  await thai.press('Ctrl D');
  await thai.see('[data-screen=notifications] [data-row-id]');
  const row = `[data-row-id="${await thai.selected()}"]`;
  await thai.press('D');
  await thai.gone(`${row} .chip`);
});

test('a lead of the web system stands in Today at both counters, and its toast leads to it', async () => {
  await thai.press('Ctrl 1');
  await thai.read('มายด์', '[data-screen=today]');
  await english.see(LEAD);
  await english.read('มายด์', LEAD);
});

test('nothing waits to be sent at the end, and the pages had nothing to complain of', async () => {
  for (const on of [thai, english]) {
    await on.go('sync');
    await on.see('[data-screen=sync] [data-mode=online]');
    await on.see('[data-waiting="0"]');
    await on.read(on.say('sync_attention_none'));
    expect(on.complaints).toEqual([]);
  }
});
