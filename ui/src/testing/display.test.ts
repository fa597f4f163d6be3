/** The customer's own screen: one customer, one question, and nothing of anybody else. */
import { render } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import { useBackend } from '../backend';
import { FakeClinic, fakeBackend } from '../backend/fake';
import Display from '../screens/display/Display.svelte';
import { openWindow, settle } from './window';

async function openCard() {
  const on = await openWindow();
  await fakeBackend(on.clinic).call('display_open', {});
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  return on;
}

async function ask() {
  const on = await openCard();
  await on.press('R');
  await on.type('120');
  await on.see('[data-after="1120"]');
  await on.press('Enter');
  await on.see('[data-asking]');
  const { question } = on.clinic.display;
  if (!question) throw new Error('nothing is asked');
  return { on, question };
}

test('it shows the customer whose card is open, and nobody as soon as the card is closed', async () => {
  const on = await openCard();
  await vi.waitFor(() => expect(on.clinic.display.customer).toBe('c1'));
  await on.press('Esc');
  await vi.waitFor(() => expect(on.clinic.display.customer).toBeNull());
});

test('without the customer nothing is taken, and with their yes it is taken once', async () => {
  const { on, question } = await ask();
  expect(on.calls).not.toContain('points_redeem');
  expect(on.clinic.customer('c1').points).toBe(1240);
  await fakeBackend(on.clinic).call('display_answer', { question: question.id, yes: true });
  await on.gone('[data-dialog=redeem]');
  expect(on.clinic.ledger('c1').filter(({ amount }) => amount === -120)).toHaveLength(1);
});

test('their no is said at the counter and takes nothing', async () => {
  const { on, question } = await ask();
  await fakeBackend(on.clinic).call('display_answer', { question: question.id, yes: false });
  await on.see('[data-said]');
  expect(on.calls).not.toContain('points_redeem');
  expect(on.clinic.display.question).toBeNull();
});

test('a dialog that is closed leaves no question on it', async () => {
  const { on } = await ask();
  await on.press('Esc');
  await vi.waitFor(() => expect(on.clinic.display.question).toBeNull());
  expect(on.clinic.display.customer).toBe('c1');
});

test('the counter can confirm instead', async () => {
  const { on } = await ask();
  on.one('[data-action=by-staff]').click();
  await on.gone('[data-dialog=redeem]');
  expect(on.clinic.customer('c1').points).toBe(1120);
});

async function openDisplay(part: Partial<FakeClinic['display']>) {
  const clinic = new FakeClinic();
  Object.assign(clinic.display, { isOpen: true, ...part });
  useBackend(fakeBackend(clinic));
  render(Display);
  await vi.waitFor(() => expect(document.body.textContent).toContain('ออร่า อารีย์'));
  await settle();
  return clinic;
}

const question = { id: 'q1', points: 120, reward: null, answer: null };

test('the customer reads what they have, what goes and what is left, and says yes with one touch', async () => {
  const clinic = await openDisplay({ customer: 'c1', question });
  const terms = [...document.querySelectorAll('[data-term]')].map((term) => term.textContent);
  expect(terms).toEqual(['1,240', '120', '1,120']);
  expect(document.querySelector('[data-worth]')?.textContent).toBe('ได้โค้ดลดบิล 24.00 บาท');
  document.querySelector<HTMLElement>('[data-answer=yes]')?.click();
  await vi.waitFor(() => expect(clinic.display.question?.answer).toBe(true));
  await vi.waitFor(() => expect(document.querySelector('[data-answer=yes]')).toBeNull());
});

test('it may be read in English by this customer, and the next one begins in Thai again', async () => {
  const clinic = await openDisplay({ customer: 'c1' });
  document.querySelector<HTMLElement>('[data-choice=language] input[value=en]')?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain('Points to spend'));
  Object.assign(clinic.display, { customer: null });
  clinic.tell('display');
  await vi.waitFor(() => expect(document.querySelector('[data-display=blank]')?.textContent).toContain('ยินดีต้อนรับ'));
});

test('while the counter is locked it shows nobody', async () => {
  const clinic = await openDisplay({ customer: 'c1' });
  clinic.me = null;
  clinic.tell('start');
  await vi.waitFor(() => expect(document.querySelector('[data-display=blank]')).not.toBeNull());
});

test('what is to be paid stands there once it has been typed, and goes with the dialog', async () => {
  const on = await openCard();
  await on.press('F9');
  await on.type('1999');
  await on.see('[data-action=save]:enabled');
  await vi.waitFor(() => expect(on.clinic.display.bill).toEqual({ satang: 199_900, method: 'cash' }), 3000);
  await on.press('Esc');
  await vi.waitFor(() => expect(on.clinic.display.bill).toBeNull());
});

test('the code on it asks for exactly the sum', async () => {
  await openDisplay({ customer: 'c1', bill: { satang: 199_900, method: 'promptpay' } });
  expect(document.querySelector('[data-due="199900"]')?.textContent).toContain('1,999.00');
  expect(document.querySelector('[data-qr]')?.getAttribute('data-qr')).toBe('promptpay:199900');
});
