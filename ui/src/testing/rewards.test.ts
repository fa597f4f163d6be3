/** Rewards with codes by keyboard: what can be bought and why not, the code and its paper, a bill with codes, giving one back, and keeping the rewards. */
import { expect, test } from 'vitest';
import type { FakeOptions } from '../backend/fake/clinic';
import { issue } from '../backend/fake/rewards';
import { openWindow, settle, type Opened } from './window';

async function atCard(options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  return on;
}

/** C1 has a code for this reward. */
async function withCode(reward: string, options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  issue(on.clinic, 'c1', 'k1', reward);
  on.clinic.open('/customers/c1');
  await on.see('[data-code]');
  return on;
}

test('what can be bought now is listed, and what cannot says why; the web system’s nonsense is left out', async () => {
  const on = await atCard();
  await on.press('R');
  await on.see('[data-reward=r1]');
  const why = (id: string) => on.one(`[data-reward=${id}] [data-why]`).textContent;
  expect(why('r3')).toBe('ตั้งแต่ Platinum');
  expect(why('r4')).toBe('ขาด 260');
  expect(why('r5')).toBe('หมดแล้ว');
  expect(why('r6')).toBe('หมดเขตแล้ว');
  expect(on.one('[data-reward=r4]').hasAttribute('disabled')).toBe(true);
  expect(on.none('[data-reward=r7]')).toBe(true);
});

test('redeeming for a reward issues a code: its paper opens, and the card shows it with its end', async () => {
  const on = await atCard();
  await on.press('R');
  (await on.see('[data-reward=r1]')).click();
  await on.see('[data-after="740"]');
  await on.press('Ctrl Enter');
  await on.see('[data-dialog=code] [data-print]');
  await on.read('K7QF-29M0');
  await on.press('Esc');
  await on.see('[data-code="K7QF-29M0"]');
  expect(on.sent('points_redeem')).toMatchObject({ points: 500, rewardId: 'r1' });
});

test('offline what is limited cannot be redeemed and says so; what is not can', async () => {
  const on = await atCard({ mode: 'offline' });
  await on.press('R');
  await on.see('[data-reward=r2] [data-why=offline]');
  expect(on.none('[data-reward=r1] [data-why]')).toBe(true);
});

test('a code on a bill: the sum shows it before saving, the PromptPay code asks for the rest, points are earned on that', async () => {
  const on = await withCode('r1');
  await on.press('F9');
  await on.type('1999.99');
  await on.see('[data-award-points="399"]');
  (await on.see('[data-bill-code]')).click();
  await on.see('[data-pays="190000"]');
  await on.see('[data-award-points="380"]');
  await on.press('Alt 3');
  await on.see('[data-qr="promptpay:190000"]');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=award]');
  expect(on.sent('payment_take')).toMatchObject({ satang: 199_999, coupons: ['k1'] });
  await on.see('[data-code][data-state=used]');
});

test('a code that offers itself is on the bill already and can be taken off', async () => {
  const on = await openWindow();
  for (const reward of on.clinic.rewards) reward.isAutomatic = reward.id === 'r1';
  issue(on.clinic, 'c1', 'k1', 'r1');
  on.clinic.open('/customers/c1');
  await on.see('[data-code]');
  await on.press('F9');
  await on.type('1000');
  const code = await on.see('[data-bill-code][aria-pressed=true]');
  await on.see('[data-pays="95000"]');
  expect(on.one('[data-offer=r1]')).toBeTruthy();
  code.click();
  await on.see('[data-bill-code][aria-pressed=false]');
  await on.gone('[data-pays]');
});

test('a code is handed over at the counter once, with one key', async () => {
  const on = await withCode('r2');
  await on.press('U');
  await on.see('[data-dialog=use-code]');
  expect(on.clinic.isWithCustomer).toBe(true);
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=use-code]');
  await on.see('[data-code][data-state=used]');
  expect(on.sent('coupon_use')).toMatchObject({ customerId: 'c1', coupons: ['k1'], bill: null });
});

test('giving a code back shows what returns and what has expired; the front desk grants nothing', async () => {
  const on = await withCode('r1');
  on.one('[data-action=code-cancel]').click();
  await on.see('[data-cancel-after="1640"]');
  expect(on.one('[data-over="100"]').textContent).toContain('100 แต้มหมดอายุไปแล้ว');
  expect(on.none('[data-choice=cancel-by]')).toBe(true);
  expect(on.none('[data-switch=grant]')).toBe(true);
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=cancel-code]');
  expect(on.sent('coupon_cancel')).toMatchObject({ couponId: 'k1', by: 'customer', grant: false });
  await on.see('[data-code][data-state=cancelled]');
});

test('for the clinic a manager says why and may grant thirty days', async () => {
  const on = await withCode('r1', { as: 'ดาว' });
  on.one('[data-action=code-cancel]').click();
  await on.see('[data-choice=cancel-by]');
  on.one('[data-choice=cancel-by] input[value=clinic]').click();
  (await on.see('[data-switch=grant]')).click();
  await on.see('[data-cancel-after="1740"]');
  await on.press('Ctrl Enter');
  await settle();
  expect(on.none('[data-dialog=cancel-code]')).toBe(false);
  on.one('input[name=reason]').focus();
  await on.type('เครื่องเสีย');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=cancel-code]');
  expect(on.sent('coupon_cancel')).toMatchObject({ by: 'clinic', reason: 'เครื่องเสีย', grant: true });
});

test('managers keep the rewards by keyboard; the others read them', async () => {
  const on = await openWindow({ as: 'ดาว' });
  await on.press('F7');
  await on.see('[data-row-id=r1]');
  await on.press('N');
  await on.type('สครับผิว');
  on.one('input[name=value]').focus();
  await on.type('5');
  await on.press('Ctrl Enter');
  await on.read('พิมพ์เป็นตัวเลข');
  on.one('input[name=cost]').focus();
  await on.type('700');
  on.one('input[name=until]').focus();
  await on.type('2569-12-31');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=reward]');
  const said = { expected: null, name: 'สครับผิว', value: 500, pointsCost: 700, until: '2026-12-31' };
  expect(on.sent('reward_save')).toMatchObject(said);
  await on.read('สครับผิว');
  const nok = await openWindow();
  await nok.press('F7');
  await nok.see('[data-row-id=r1]');
  expect(nok.none('[data-action=new-reward]')).toBe(true);
});

test('a row that makes no sense is shown as such; S ends and offers again', async () => {
  const on = await openWindow({ as: 'ดาว' });
  await on.press('F7');
  await on.see('[data-row-id=r7]');
  expect(on.one('[data-row-id=r7]').textContent).toContain('ข้อมูลไม่ครบ');
  await on.press('Home', 'S');
  await on.read('ไม่เปิดให้แลก');
  expect(on.sent('reward_save')).toMatchObject({ id: 'r1', expected: 1, isActive: false });
});

test('a clinic without rewards adds the usual ones with one key', async () => {
  const on = await openWindow({ as: 'ดาว', isEmpty: true });
  await on.press('F7');
  await on.see('[data-action=usual]');
  await on.press('U');
  await on.see('[data-row-id=r4]');
});

test('managers say what has to be done for an achievement, in words and numbers; what asks nothing is not saved', async () => {
  const on = await openWindow({ as: 'ดาว' });
  await on.press('F7');
  await on.see('[data-row-id=r1]');
  await on.press('Alt 2');
  await on.see('[data-row-id=a1]');
  await on.press('N');
  await on.type('ครบแสน');
  await on.press('Ctrl Enter');
  await on.read('กรอกอย่างน้อยหนึ่งอย่าง');
  on.one('input[name=spent]').focus();
  await on.type('100000');
  on.one('input[name=points]').focus();
  await on.type('900');
  await on.read('ใช้จ่ายครบ 100,000 บาท');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=achievement]');
  expect(on.sent('achievement_save')).toMatchObject({
    expected: null,
    name: 'ครบแสน',
    description: 'ใช้จ่ายครบ 100,000 บาท',
    points: 900,
    conditions: { totalSpent: 100_000, each: null, withinMonths: null },
  });
});

test('what the web system asks in its own way stays as it is; it can be ended, and the counter only reads', async () => {
  const on = await openWindow({ as: 'ดาว' });
  await on.press('F7');
  await on.press('Alt 2');
  (await on.see('[data-row-id=a3]')).click();
  await on.read('เขียนไว้ในระบบเว็บ');
  await on.press('S');
  await settle();
  expect(on.sent('achievement_save')).toMatchObject({ id: 'a3', conditions: null, isActive: false });
  const counter = await openWindow();
  await counter.press('F7');
  await counter.press('Alt 2');
  await counter.see('[data-row-id=a1]');
  expect(counter.none('[data-action=new-achievement]')).toBe(true);
});

test('points without a reward buy a code for money: what it takes off is shown first, and the paper opens', async () => {
  const on = await atCard();
  await on.press('R');
  await on.type('120');
  await on.see('[data-worth="2400"]');
  await on.press('Ctrl Enter');
  await on.see('[data-dialog=code] [data-print]');
  await on.read('ส่วนลดจากแต้ม');
  await on.press('Esc');
  expect((await on.see('[data-code]')).textContent).toContain('ส่วนลดจากแต้ม 24.00 บาท');
  await on.press('F9');
  await on.type('1000');
  const code = await on.see('[data-bill-code]');
  expect(code.textContent).toContain('ส่วนลดจากแต้ม 24.00 บาท');
  code.click();
  await on.see('[data-pays="97600"]');
});

test('what the tier takes off a bill is off until the counter says so, is a percent of what the codes left, and is what is paid', async () => {
  const on = await withCode('r1');
  await on.press('F9');
  await on.type('1999.99');
  await on.see('[data-tier-off="10"] [aria-checked=false]');
  expect(on.none('[data-pays]')).toBe(true);
  (await on.see('[data-bill-code]')).click();
  await on.see('[data-pays="190000"]');
  await on.press('Alt 9');
  await on.see('[data-tier-less="19000"]');
  await on.see('[data-pays="171000"]');
  await on.see('[data-award-points="342"]');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=award]');
  expect(on.sent('payment_take')).toMatchObject({ satang: 199_999, coupons: ['k1'], discountPercent: 10 });
});

test('nothing is taken off what is only held', async () => {
  const on = await atCard();
  await on.press('F9');
  await on.type('1000');
  await on.press('Alt 9');
  await on.see('[data-pays="90000"]');
  await on.press('Alt 6');
  await on.gone('[data-tier-off]');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=award]');
  expect(on.sent('payment_take')).toMatchObject({ satang: 100_000, heldAs: 'deposit', discountPercent: null });
});

test('the key of the tier does nothing where nothing can be taken off: neither without a sum nor for what is only held', async () => {
  const on = await atCard();
  const isWhole = async () => {
    await on.see('[data-award-points="200"]');
    await on.see('[data-tier-off] [aria-checked=false]');
    expect(on.none('[data-pays]')).toBe(true);
  };
  await on.press('F9');
  await on.see('[data-dialog=award]');
  await on.press('Alt 9');
  await on.type('1000');
  await isWhole();
  await on.press('Alt 6');
  await on.gone('[data-tier-off]');
  await on.press('Alt 9');
  await on.press('Alt 5');
  await isWhole();
});
