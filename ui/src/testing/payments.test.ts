/** Money at the counter by keyboard: taking it, the code for a phone, the paper, and giving it back. */
import { expect, test, vi } from 'vitest';
import type { FakeOptions } from '../backend/fake/clinic';
import { shownEntry } from '../backend/fake/ledger';
import { m } from '../i18n';
import { whyPoints } from '../screens/card/why-points';
import { openWindow, to, type Opened } from './window';

async function atCard(options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  return on;
}

async function pay(on: Opened, amount: string) {
  await on.press('F9');
  await on.type(amount);
  await on.see('[data-award-points]');
  await on.press('Enter');
  await on.gone('[data-dialog=award]');
  await on.see('[data-payment]');
}

test('money by PromptPay: the code asks for exactly this amount, and follows it', async () => {
  const on = await atCard();
  await on.press('F9');
  await on.type('1999');
  await on.see('[data-award-points="399"]');
  expect(on.none('[data-qr]')).toBe(true);
  await on.press('Alt 3');
  await on.see('[data-qr="promptpay:199900"]');
  await on.type('.50');
  await on.see('[data-qr="promptpay:199950"]');
  await on.press('Enter');
  await on.gone('[data-dialog=award]');
  expect(on.sent('payment_take')).toMatchObject({ customerId: 'c1', satang: 199_950, method: 'promptpay' });
});

test('who treats takes no money: there is no button and no key for it', async () => {
  const on = await openWindow();
  vi.spyOn(on.clinic, 'role').mockReturnValue('beautician');
  on.clinic.open('/customers/c1');
  await on.see('[data-action=call]');
  expect(on.none('[data-action=award]')).toBe(true);
  await on.press('F9');
  await on.press('C');
  await on.see('[data-dialog=call]');
  expect(on.none('[data-dialog=award]')).toBe(true);
});

test('a clinic that has said nothing shows no code and says who can set it', async () => {
  const on = await atCard();
  on.clinic.promptpay = null;
  await on.press('F9');
  await on.type('100');
  await on.press('Alt 3');
  await on.see('[data-no-qr]');
  await on.read('เจ้าของหรือผู้จัดการตั้งได้ในการตั้งค่า');
  expect(on.none('[data-qr]')).toBe(true);
});

test('the paper of the last payment is shown in either language and printed, with one key each', async () => {
  const print = vi.fn();
  vi.stubGlobal('print', print);
  const on = await atCard();
  await pay(on, '1999');
  await on.press('Ctrl P');
  await on.see('[data-dialog=receipt] [data-print]');
  await on.read('เลขที่');
  on.one('[data-choice=receiptLanguage] input[value=en]').click();
  await on.read('Points earned');
  await on.press('Ctrl P');
  expect(print).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});

test('"why 149?": a line of the ledger says the sum, the terms, the receipt and who booked it, in the language of the window', async () => {
  const on = await atCard({ settings: { language: 'en' } });
  await pay(on, '1999');
  await on.press('P');
  on.one('[data-why] summary').click();
  const why = on.one('[data-why]').textContent;
  expect(why).toContain('Why +399?');
  expect(why).toContain('399 = ⌊1,999.00 × 2 ÷ 10⌋');
  expect(why).toContain('By terms no. 1');
  expect(why).toContain('Receipt no. 1');
  expect(why).toContain('Booked by นก');
  await on.read('From a bill');
  on.one('[data-why] [data-action=receipt]').click();
  await on.see('[data-dialog=receipt]');
});

test('a line that money given back made shows both sums and what it takes from', async () => {
  const on = await atCard();
  await pay(on, '1999');
  await on.press('Shift F9');
  await on.type('999.50');
  await on.see('[data-refund-points="200"]');
  on.one('input[name=reason]').focus();
  await on.type('ไม่พอใจ');
  await on.press('Enter');
  await on.gone('[data-dialog=refund]');
  await on.press('P');
  const why = on.one('[data-why]').textContent;
  expect(why).toContain('−200 = ⌊999.50 × 2 ÷ 10⌋ − ⌊1,999.00 × 2 ÷ 10⌋');
  expect(why).toContain('ไม่พอใจ');
});

test('without the network the number is given when it is sent', async () => {
  const on = await atCard({ mode: 'offline' });
  await pay(on, '1999');
  await on.read('ได้เลขเมื่อส่งถึงคลินิก');
  await on.press('Ctrl P');
  await on.see('[data-print]');
  await on.read('ได้เมื่อส่งถึงคลินิก');
});

test('story 14: money goes back in halves, and what is spent is owed before it is confirmed', async () => {
  const on = await atCard();
  await pay(on, '1999');
  on.clinic.customer('c1').points = 99;
  await on.press('Shift F9');
  await on.type('999.50');
  await on.see('[data-refund-points="200"][data-refund-owed="101"]');
  await on.press('Enter');
  expect(on.calls).not.toContain('payment_refund');
  on.one('input[name=reason]').focus();
  await on.type('ไม่พอใจ');
  await on.press('Enter');
  await on.gone('[data-dialog=refund]');
  expect(on.sent('payment_refund')).toMatchObject({ satang: 99_950, reason: 'ไม่พอใจ' });
  await on.press('Shift F9');
  expect((on.one('[data-dialog=refund] input[name=amount]') as HTMLInputElement).value).toBe('999.50');
  await on.see('[data-refund-points="199"]');
});

test('more than is left is refused with how much there is, and nothing is given back', async () => {
  const on = await atCard();
  await pay(on, '1999');
  await on.press('Shift F9');
  await on.type('2000');
  await on.read('คืนได้ไม่เกิน 1,999.00 บาท');
  on.one('input[name=reason]').focus();
  await on.type('x');
  await on.press('Enter');
  expect(on.calls).not.toContain('payment_refund');
});

test('who sells takes money and is not offered to give it back', async () => {
  const on = await atCard({ as: 'เมย์' });
  await pay(on, '1999');
  expect(on.none('[data-action=refund]')).toBe(true);
  await on.press('Shift F9');
  expect(on.none('[data-dialog=refund]')).toBe(true);
});

test('payments have a tab of their own', async () => {
  const on = await atCard();
  await pay(on, '1999');
  await on.press('Alt 7');
  await on.see('[data-tab=payments][aria-selected=true]');
  expect(document.querySelectorAll('[data-row-kind]')).toHaveLength(1);
});

test('a manager says whom the codes pay; the counter reads it', async () => {
  const on = await openWindow({ as: 'ดาว' });
  await on.press(to('settings', 'manager'));
  const field = (await on.see('input[name=promptpay]')) as HTMLInputElement;
  field.focus();
  field.select();
  await on.type('12345');
  await on.press('Enter');
  await on.read('เลขนี้ใช้กับพร้อมเพย์ไม่ได้');
  field.select();
  await on.type('0899999999');
  await on.press('Enter');
  await vi.waitFor(() => expect(on.clinic.promptpay).toBe('0899999999'));
  const counter = await openWindow();
  await counter.press(to('settings'));
  await counter.read('พร้อมเพย์ของคลินิก');
  expect(counter.none('input[name=promptpay]')).toBe(true);
});

test('the toast offers the receipt on the card, and no longer once the card is left', async () => {
  const on = await atCard();
  await pay(on, '1999');
  on.one('[data-toast] [data-action=toast-more]').click();
  await on.see('[data-dialog=receipt] [data-print]');
  await on.press('Esc');
  await pay(on, '100');
  await on.press(to('settings'));
  await on.see('[data-screen=settings]');
  expect(on.none('[data-toast] [data-action=toast-more]')).toBe(true);
});

test('a thank-you that was called off says why in the language of the window', () => {
  const line = { id: 'x', kind: 'refund', amount: -200, description: null, at: 0, expiresAt: null, isWaiting: false };
  const why = whyPoints(shownEntry({ ...line, origin: 'called_off', why: { by: 'นก' } }));
  expect(why).toEqual([m.referral_reason_not_kept(), m.why_booked_by({ name: 'นก' })]);
});
