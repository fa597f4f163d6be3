/** Points by hand and the second person, by keyboard: the effect and the limits before anything is given, why it is asked, and who may say yes. */
import { expect, test } from 'vitest';
import { fakeBackend } from '../backend/fake';
import type { FakeOptions } from '../backend/fake/clinic';
import { issue } from '../backend/fake/rewards';
import { openWindow, type Opened } from './window';

async function atCard(options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  return on;
}

function choose(on: Opened, value: string) {
  const select = on.one('[data-dialog] select[name=reason]') as HTMLSelectElement;
  select.value = value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Another person sits down at this PC. */
async function sitsDown(on: Opened, who: string) {
  on.clinic.me = who;
  on.clinic.tell('customers', 'customer:c1');
  on.clinic.open('/customers/c2');
  on.clinic.open('/customers/c1');
}

test('L22 a small gift is given at once, with its effect shown before', async () => {
  const on = await atCard();
  await on.press('G');
  await on.type('120');
  await on.see('[data-gift-after="1360"]');
  expect(on.calls).not.toContain('points_give');
  await on.press('Enter');
  await on.see('[data-points="1360"]');
  expect(on.sent('points_give')).toMatchObject({ points: 120, reason: 'goodwill', note: null });
  await on.press('Ctrl Z');
  await on.see('[data-points="1240"]');
});

test('L22 a reason that says nothing needs words, and more than the day allows says what is left', async () => {
  const on = await atCard();
  await on.press('G');
  await on.type('120');
  await on.see('[data-gift-after]');
  choose(on, 'other');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('points_give');
  const points = on.one('[data-dialog] input[name=points]') as HTMLInputElement;
  points.focus();
  points.select();
  await on.type('2001');
  await on.read('วันนี้ให้ได้อีก 2,000 แต้ม (จาก 2,000 ต่อวัน)');
  await on.press('Enter');
  expect(on.calls).not.toContain('points_give');
});

test('L22 a large gift waits until a manager agrees, and nobody agrees with themselves', async () => {
  const on = await atCard();
  await on.press('G');
  await on.type('500');
  await on.see('[data-gift-after="1740"]');
  await on.read('เกิน 300 แต้ม ต้องมีคนที่สองเห็นชอบ');
  await on.press('Enter');
  await on.see('[data-approval]');
  await on.see('[data-points="1240"]');
  await on.press('Shift G');
  expect(on.none('[data-dialog=second-person]')).toBe(true);
  await sitsDown(on, 'p-dao');
  await on.see('[data-approval] [data-action=second-person]');
  await on.press('Shift G');
  await on.see('[data-second-after="1740"]');
  await on.press('Ctrl Enter');
  await on.see('[data-points="1740"]');
  expect(on.sent('approval_decide')).toMatchObject({ agree: true });
  expect(on.none('[data-approval]')).toBe(true);
});

test('L22 no needs a reason, and gives nothing', async () => {
  const on = await atCard();
  await on.press('G');
  await on.type('500');
  await on.see('[data-gift-after]');
  await on.press('Enter');
  await on.see('[data-approval]');
  await sitsDown(on, 'p-dao');
  await on.see('[data-action=second-person]');
  await on.press('Shift G');
  const no = await on.see('[data-dialog=second-person] [data-action=decline]');
  expect(no.hasAttribute('disabled')).toBe(true);
  await on.type('ให้มากไป');
  no.click();
  await on.gone('[data-approval]');
  expect(on.sent('approval_decide')).toMatchObject({ agree: false, why: 'ให้มากไป' });
  await on.see('[data-points="1240"]');
});

test('L13 what is too large for one asks a second person, or the customer on their own screen', async () => {
  const on = await atCard();
  on.clinic.gifts.limits.redeemAlone = 200;
  await on.press('R');
  await on.type('300');
  await on.see('[data-needs-two="200"]');
  await on.press('Enter');
  await on.see('[data-approval]');
  expect(on.calls).not.toContain('points_redeem');
  await on.see('[data-points="1240"]');
  await sitsDown(on, 'p-beam');
  await on.see('[data-action=second-person]');
  await on.press('Shift G');
  await on.see('[data-second-after="940"]');
  await on.press('Ctrl Enter');
  await on.see('[data-points="940"]');
});

test('L13 what staff redeem alone is counted by the day, and taking it back frees the day', async () => {
  const on = await atCard();
  on.clinic.gifts.limits.redeemAlone = 500;
  const redeem = async (points: string) => {
    await on.press('R');
    await on.type(points);
    await on.see('[data-after]');
    await on.press('Enter');
    await on.see('[data-dialog=code]');
    await on.press('Esc');
    await on.gone('[data-dialog=code]');
  };
  await redeem('300');
  await on.press('R');
  await on.type('300');
  await on.see('[data-needs-two="200"]');
  await on.read('วันนี้คนเดียวแลกแทนลูกค้าคนนี้ได้อีก 200 แต้ม (จาก 500 ต่อวัน)');
  await on.press('Esc');
  await on.gone('[data-dialog=redeem]');
  await on.press('Ctrl Z');
  await on.see('[data-points="1240"]');
  await redeem('300');
  await on.see('[data-points="940"]');
});

test('L13 with the customer’s own yes one person is enough', async () => {
  const on = await atCard();
  on.clinic.gifts.limits.redeemAlone = 200;
  await fakeBackend(on.clinic).call('display_open', {});
  await on.press('R');
  await on.type('300');
  await on.see('[data-needs-two]');
  await on.press('Enter');
  await on.see('[data-asking]');
  expect(on.none('[data-action=by-staff]')).toBe(true);
  await on.see('[data-action=ask-second]');
  const { question } = on.clinic.display;
  await fakeBackend(on.clinic).call('display_answer', { question: question?.id ?? '', yes: true });
  await on.gone('[data-dialog=redeem]');
  await on.see('[data-points="940"]');
});

test('L14 the amount is typed, stepped or taken whole, and its effect is shown with every change', async () => {
  const on = await atCard();
  await on.press('R');
  await on.see('[data-now="1240"]');
  expect(on.none('[data-after]')).toBe(true);
  await on.type('120');
  await on.see('[data-after="1120"]');
  on.one('[data-dialog] [data-action=more]').click();
  await on.see('[data-after="1110"]');
  on.one('[data-dialog] [data-action=less]').click();
  on.one('[data-dialog] [data-action=less]').click();
  await on.see('[data-after="1130"]');
  on.one('[data-dialog] [data-action=all]').click();
  await on.see('[data-after="0"]');
  const field = on.one('[data-dialog] input[name=points]') as HTMLInputElement;
  field.focus();
  field.select();
  await on.type('1241');
  await on.read('ขาด 1 แต้ม');
  await on.press('Enter');
  expect(on.calls).not.toContain('points_redeem');
});

test('L12 the card lists every coming expiry', async () => {
  const on = await openWindow();
  const day = 86_400_000;
  const entry = { kind: 'earned', description: null, isWaiting: false, at: on.clinic.now() };
  for (let nth = 1; nth <= 9; nth += 1) {
    on.clinic.ledger('c1').push({ ...entry, id: `e${nth}`, amount: nth, expiresAt: on.clinic.now() + nth * 40 * day });
  }
  const known = on.clinic.ledger('c1').filter(({ expiresAt, amount }) => expiresAt && amount > 0).length;
  on.clinic.open('/customers/c1');
  await on.see('[data-panel=points] .lot');
  expect(document.querySelectorAll('[data-panel=points] .lot').length).toBe(known);
  expect(known).toBeGreaterThanOrEqual(9);
});

test('L3 giving a whole bill back shows that its code goes with it', async () => {
  const on = await openWindow();
  issue(on.clinic, 'c1', 'k1', 'r1');
  on.clinic.open('/customers/c1');
  await on.see('[data-code]');
  await on.press('F9');
  await on.type('1000');
  (await on.see('[data-bill-code]')).click();
  await on.see('[data-pays="95000"]');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=award]');
  await on.press('Shift F9');
  await on.see('[data-dialog=refund] [data-code-returns="500"]');
});

test('the limits are the manager’s to change', async () => {
  const on = await openWindow();
  on.clinic.me = 'p-dao';
  await on.press('Ctrl 0');
  const field = (await on.see('input[name=giftAlone]')) as HTMLInputElement;
  field.focus();
  field.select();
  await on.type('50');
  on.one('[data-action=limits-save]').click();
  await on.gone('[data-action=limits-save]:not([disabled])');
  expect(on.sent('point_limits_set')).toMatchObject({ giftDaily: 2000, giftAlone: 50, redeemAlone: 2000 });
});
