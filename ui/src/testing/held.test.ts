/** Money paid in advance, by keyboard (rule L6): taking a deposit or selling a gift card, paying a bill with it, and giving either back. The sum and the points are shown before saving. */
import { expect, test } from 'vitest';
import type { FakeOptions } from '../backend/fake/clinic';
import { issue } from '../backend/fake/rewards';
import { openWindow, type Opened } from './window';

async function atCard(options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  return on;
}

async function saved(on: Opened) {
  await on.press('Enter');
  await on.gone('[data-dialog=award]');
}

/** 500 baht as a deposit. */
async function deposit(on: Opened) {
  await on.press('F9');
  await on.type('500');
  await on.press('Alt 6');
  await on.see('[data-held-after="50000"]');
  await saved(on);
  await on.see('[data-held-left="50000"]');
}

test('a deposit: it says that it earns nothing yet and what will be held, and the card shows it', async () => {
  const on = await atCard();
  await on.press('F9');
  await on.type('500');
  await on.see('[data-award-points="100"]');
  await on.press('Alt 6');
  await on.see('[data-award-points="0"] [data-held-after="50000"]');
  await on.read('ยังไม่ได้แต้ม');
  await saved(on);
  expect(on.sent('payment_take')).toMatchObject({ satang: 50_000, heldAs: 'deposit', held: 0 });
  await on.see('[data-held-left="50000"]');
  await on.see('[data-points="1240"]');
  await on.read('เงินมัดจำ');
  await on.press('Ctrl P');
  await on.read('เมื่อใช้เงินนี้');
});

test('a gift card is sold like it, and going back to the treatment brings the points back', async () => {
  const on = await atCard();
  await on.press('F9');
  await on.type('500');
  await on.press('Alt 7');
  await on.see('[data-award-points="0"]');
  await on.press('Alt 5');
  await on.see('[data-award-points="100"]');
  await on.press('Alt 7');
  await on.see('[data-award-points="0"]');
  await saved(on);
  expect(on.sent('payment_take')).toMatchObject({ heldAs: 'gift_card' });
});

test('a bill that it pays in part: the rest is asked for, and points are of the whole bill', async () => {
  const on = await atCard();
  await deposit(on);
  await on.press('F9');
  await on.type('1999');
  await on.press('Alt 8');
  await on.see('[data-award-points="399"] [data-pays="149900"]');
  await on.see('[data-held-after="0"]');
  await on.press('Alt 3');
  await on.see('[data-qr="promptpay:149900"]');
  await on.read('รับชำระ 1,499.00 บาท');
  await saved(on);
  expect(on.sent('payment_take')).toMatchObject({ satang: 199_900, method: 'promptpay', heldAs: null, held: 50_000 });
  await on.see('[data-payment][data-held="50000"]');
  await on.read('จากเงินรับล่วงหน้า 500.00');
  await on.see('[data-points="1639"]');
  expect(on.none('[data-held-left]')).toBe(true);
});

test('a bill that it pays all of asks for nothing, and nothing is offered where nothing is held', async () => {
  const on = await atCard();
  await on.press('F9');
  await on.type('300');
  await on.press('Alt 8');
  await on.see('[data-award-points="60"][data-held="0"]');
  expect(on.none('[data-switch=held]')).toBe(true);
  await on.press('Esc');
  await deposit(on);
  await on.press('F9');
  await on.type('300');
  await on.press('Alt 8');
  await on.see('[data-award-points="60"][data-held="30000"]');
  await on.read('ใช้เงินรับล่วงหน้า 300.00 บาท');
  await on.press('Alt 3');
  await on.see('[data-award-points="60"][data-held="30000"]');
  expect(on.none('[data-qr]')).toBe(true);
  await saved(on);
  await on.see('[data-held-left="20000"]');
});

test('held money does not buy a gift card, and codes stay off it', async () => {
  const on = await openWindow();
  issue(on.clinic, 'c1', 'k1', 'r1');
  on.clinic.open('/customers/c1');
  await on.see('[data-code]');
  await deposit(on);
  await on.press('F9');
  await on.type('300');
  await on.see('[data-bill-code]');
  await on.press('Alt 8');
  await on.see('[data-held="30000"]');
  await on.press('Alt 7');
  await on.see('[data-award-points="0"][data-held="0"]');
  expect(on.none('[data-switch=held]')).toBe(true);
  expect(on.none('[data-bill-code]')).toBe(true);
});

test('a bill given back: money goes into the hand first, the rest is held again, and both are said before', async () => {
  const on = await atCard();
  await deposit(on);
  await on.press('F9');
  await on.type('1999');
  await on.press('Alt 8');
  await on.see('[data-pays="149900"]');
  await saved(on);
  await on.see('[data-held="50000"]');
  await on.press('Shift F9');
  await on.type('1999');
  await on.see('[data-refund-points="399"] [data-held-after="50000"]');
  await on.read('คืน 1,499.00 บาท');
  on.one('input[name=reason]').focus();
  await on.type('ไม่พอใจ');
  await on.press('Enter');
  await on.gone('[data-dialog=refund]');
  await on.see('[data-held-left="50000"]');
});

test('a deposit that paid a bill cannot be given back, and what is left of one can', async () => {
  const on = await atCard();
  await deposit(on);
  await on.press('F9');
  await on.type('300');
  await on.press('Alt 8');
  await on.see('[data-held="30000"]');
  await saved(on);
  await on.see('[data-held-left="20000"]');
  await on.press('Shift F9');
  const { id } = on.clinic.payments.find(({ heldAs }) => heldAs === 'deposit') ?? { id: '' };
  const select = on.one('[data-dialog=refund] select') as HTMLSelectElement;
  select.value = id;
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await on.see('[data-held-after="0"]');
  expect((on.one('[data-dialog=refund] input[name=amount]') as HTMLInputElement).value).toBe('200.00');
  const amount = on.one('[data-dialog=refund] input[name=amount]') as HTMLInputElement;
  amount.focus();
  amount.select();
  await on.type('300');
  await on.read('คืนได้ไม่เกิน 200.00 บาท ส่วนที่เหลือใช้ไปแล้ว');
});

test('a deposit that has not left this PC is undone', async () => {
  const on = await atCard({ mode: 'offline' });
  await deposit(on);
  await on.press('Ctrl Z');
  await on.gone('[data-held-left]');
  expect(on.clinic.payments).toHaveLength(0);
});
