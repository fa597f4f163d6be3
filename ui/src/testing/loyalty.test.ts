/** Members and points for who answers for the clinic, the tier on the card, and a payment of another day: by keyboard, under a Thai layout. */
import { expect, test } from 'vitest';
import type { FakeOptions } from '../backend/fake/clinic';
import { PolicyForm } from '../screens/loyalty/policy-form.svelte';
import { openWindow, settle, type Opened } from './window';

async function asManager(options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow({ as: 'ดาว', ...options });
  await on.press('Shift F7');
  await on.see('[data-figure=liability]');
  return on;
}

function fill(on: Opened, name: string, text: string) {
  const field = on.one(`input[name=${name}]`) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  return settle();
}

test('only those who answer for the clinic see what is owed to members', async () => {
  const on = await openWindow({ as: 'เมย์' });
  expect(on.none('nav [data-place=loyalty]')).toBe(true);
  await on.press('Shift F7');
  await settle();
  expect(on.none('[data-screen=loyalty]')).toBe(true);
});

test('the liability adds up, each figure has its rows as a file, and a gift has its reason', async () => {
  const on = await asManager();
  expect(on.one('[data-satang]').dataset['satang']).toBe('4821000');
  expect(on.one('[data-figure=liability] .total').textContent).toContain('48,210.00');
  // 62 of the 250 members.
  expect(on.one('[data-figure=unlocks] tbody tr').textContent).toMatch(/มาครบ 10 ครั้ง\s*62\s*24\.8 %/);
  await on.read('รอนานกว่า 30 นาที');
  on.one('[data-action=export-gifts]').click();
  await on.read('aura-desk-gifts-2026-10-01.csv');
  expect(on.sent('loyalty_export')).toMatchObject({ figure: 'gifts' });
});

test('other terms are tried on real bills before they can be put into force, and what cannot be is said at its field', async () => {
  const on = await asManager();
  await on.press('N');
  await on.see('[data-dialog=policy]');
  await on.see('[data-trial="12900"]');
  await fill(on, 'times_bronze', '1.6');
  await on.read('ไม่น้อยกว่าระดับล่าง');
  expect((on.one('[data-dialog=policy] [data-action=save]') as HTMLButtonElement).disabled).toBe(true);
  await fill(on, 'times_bronze', '1.2');
  await on.see('[data-trial="15480"]');
  await fill(on, 'from', '1/9/2569');
  await on.read('ต้องเป็นวันนี้หรือหลังจากนี้');
  await fill(on, 'from', '15/10/2569');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=policy]');
  expect(on.sent('policy_plan')).toMatchObject({
    expected: 1,
    from: '2026-10-15',
    terms: { tenths: [12, 15, 20, 25, 30] },
  });
  await on.see('[data-version="2"]');
});

test('a manager closes a month that is over, and is not offered to open it again', async () => {
  const on = await asManager();
  await on.press('2');
  (await on.see('[data-action=month-close]')).click();
  await on.see('[data-books="2026-09-30"]');
  expect(on.none('[data-action=month-open]')).toBe(true);
});

async function atCard(options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  return on;
}

test('what if they pay 8,000 today: points to come and the tier, and nothing is saved', async () => {
  const on = await atCard();
  on.one('input[name=what_if]').focus();
  await on.type('8000');
  const answer = await on.see('[data-what-if="1600"]');
  expect(answer.textContent).toContain('1,600');
  expect(on.clinic.payments).toHaveLength(0);
});

test('a payment of more than a week ago is for a manager, with a reason, and counts from its day', async () => {
  const nok = await atCard();
  await nok.press('F9');
  await nok.type('500');
  nok.one('[data-switch=late]').click();
  await nok.see('input[name=paid_on]');
  await fill(nok, 'paid_on', '20/9/2569');
  await nok.read('ให้ผู้จัดการหรือเจ้าของลง');
  expect((nok.one('[data-dialog=award] [data-action=save]') as HTMLButtonElement).disabled).toBe(true);
  const dao = await atCard({ as: 'ดาว' });
  await dao.press('F9');
  await dao.type('500');
  dao.one('[data-switch=late]').click();
  await dao.see('input[name=paid_on]');
  await fill(dao, 'paid_on', '20/9/2569');
  await dao.read('ต้องมีเหตุผล');
  expect((dao.one('[data-dialog=award] [data-action=save]') as HTMLButtonElement).disabled).toBe(true);
  await fill(dao, 'late_reason', 'ลืมลงบิล');
  await dao.press('Ctrl Enter');
  await dao.gone('[data-dialog=award]');
  expect(dao.sent('payment_take')).toMatchObject({ paidOn: '2026-09-20', lateReason: 'ลืมลงบิล' });
  await dao.read('ลืมลงบิล');
});

test('a comma is no decimal point: 1,5 is refused instead of becoming fifteen, and Thai digits are read', () => {
  const tenths = [10, 15, 20, 25, 30] as [number, number, number, number, number];
  const floors = [1_000, 3_000, 7_000, 15_000] as [number, number, number, number];
  const bonuses = { treatment: 50, review: 50, referral: 200, birthday: 100, checkIn: 10 };
  const discounts: [number, number, number, number, number] = [0, 5, 10, 12, 50];
  const worth = { pointSatang: 25, redeemSatang: 20, discounts };
  const terms = { basis: 'points' as const, tenths, floors, months: 24, welcome: 100, bonuses, ...worth };
  const one = { terms, versions: [], inForce: 1, newest: 1, today: '2026-10-01' };
  const form = new PolicyForm({ ...one, booksClosedTo: null, canClose: null, canOpen: null });
  expect(form.terms).toEqual(terms);
  form.times[1] = '1,5';
  expect(form.timesError(1)).toBeDefined();
  expect(form.terms).toBeUndefined();
  form.times[1] = '๑.๕';
  form.months = '๓๖';
  expect(form.terms).toEqual({ ...terms, months: 36 });
  form.bonuses.checkIn = '๐';
  expect(form.terms).toEqual({ ...terms, months: 36, bonuses: { ...bonuses, checkIn: 0 } });
  form.bonuses.referral = '0';
  expect(form.bonusError('referral')).toBeDefined();
  expect(form.terms).toBeUndefined();
});
