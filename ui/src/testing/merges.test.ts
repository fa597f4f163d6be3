/** Two customers who are one, by keyboard: side by side, what would be, done, and taken back out of the history. */
import { expect, test } from 'vitest';
import type { FakeOptions } from '../backend/fake/clinic';
import { openWindow, settle, type Opened } from './window';

async function atCard(id: string, options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  on.clinic.open(`/customers/${id}`);
  await on.see(`[data-customer-id=${id}]`);
  return on;
}

async function choose(on: Opened, typed: string, twin: string) {
  await on.press('X');
  (await on.see('[data-dialog=merge] input[name=twin]')).focus();
  await on.type(typed);
  const radio = await on.see(`[data-dialog=merge] [data-twin=${twin}] input`);
  radio.click();
  await on.see('[data-dialog=merge] [data-merge-effect=merge]');
}

const MANAGER: FakeOptions = { as: 'ดาว' };

test('both stand side by side, a field is chosen, points are added up, and the history takes it apart again', async () => {
  const on = await atCard('c1', MANAGER);
  const other = on.clinic.customers.find(({ id }) => id === 'c2');
  const sum = 1240 + (other?.points ?? 0);
  await choose(on, other?.code ?? '', 'c2');
  expect(on.one('[data-dialog=merge] [data-sum]').dataset['sum']).toBe(String(sum));
  on.one('[data-dialog=merge] [data-field=phone] input[value=from]').click();
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=merge]');
  expect(on.sent('customer_merge')).toMatchObject({
    from: 'c2',
    into: 'c1',
    seen: sum,
    fields: expect.arrayContaining([{ field: 'phone', side: 'from' }]) as unknown,
  });
  const again = await on.see('[data-merge] [data-action=separate]');
  again.click();
  await on.see('[data-dialog=separate] [data-merge-effect=separate]');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=separate]');
  await on.read('แยกกลับแล้ว');
  expect(on.none('[data-merge] [data-action=separate]')).toBe(true);
  expect(on.clinic.customers.find(({ id }) => id === 'c1')?.points).toBe(1240);
});

test('money that was paid in advance stands beside the points, of each and of both, and goes back with its side', async () => {
  const on = await atCard('c2', MANAGER);
  for (const [id, baht] of [
    ['c2', '200'],
    ['c1', '500'],
  ] as const) {
    on.clinic.open(`/customers/${id}`);
    await on.see(`[data-customer-id=${id}]`);
    await on.press('F9');
    await on.type(baht);
    await on.press('Alt 6');
    await on.see('[data-award-points="0"]');
    await on.press('Enter');
    await on.gone('[data-dialog=award]');
  }
  await choose(on, on.clinic.customers.find(({ id }) => id === 'c2')?.code ?? '', 'c2');
  await on.see('[data-held-sum="70000"]');
  await on.read('เงินรับล่วงหน้า 500.00 + 200.00 = 700.00 บาท');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=merge]');
  await on.see('[data-held-left="70000"]');
  (await on.see('[data-merge] [data-action=separate]')).click();
  await on.see('[data-dialog=separate] [data-side=into] [data-held="50000"]');
  await on.see('[data-dialog=separate] [data-side=from] [data-held="20000"]');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=separate]');
  await on.see('[data-held-left="50000"]');
});

test('where nothing was paid in advance, nothing is said of it', async () => {
  const on = await atCard('c1', MANAGER);
  await choose(on, on.clinic.customers.find(({ id }) => id === 'c2')?.code ?? '', 'c2');
  expect(on.none('[data-held-sum]')).toBe(true);
});

test('who was merged leads to who was kept', async () => {
  const on = await atCard('c1', MANAGER);
  await choose(on, on.clinic.customers.find(({ id }) => id === 'c2')?.code ?? '', 'c2');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=merge]');
  on.clinic.open('/customers/c2');
  await on.see('[data-customer-id=c1]');
});

/** What the keys of a Thai layout send in the row of digits. */
async function typePin(on: Opened, pin: string) {
  const field = await on.see('[data-dialog] input[name=confirm_pin]');
  field.focus();
  for (const digit of pin) {
    const init = { code: `Digit${digit}`, key: 'ต', bubbles: true, cancelable: true };
    expect(field.dispatchEvent(new KeyboardEvent('keydown', init)), 'no Thai letter arrives').toBe(false);
  }
  await settle();
}

test('the front desk brings it before a manager, whose PIN confirms it and who is not signed in afterwards', async () => {
  const on = await atCard('c1');
  await choose(on, on.clinic.customers.find(({ id }) => id === 'c2')?.code ?? '', 'c2');
  await on.read('PIN ของดาว');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('customer_merge');
  await typePin(on, '9753');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=merge]');
  expect(on.sent('customer_merge')).toMatchObject({ confirmed: { person: 'p-dao', pin: '9753' } });
  expect(on.clinic.me).toBe('p-nok');
  expect(on.clinic.merges[0]?.by).toBe('ดาว');
  (await on.see('[data-merge] [data-action=separate]')).click();
  await on.see('[data-dialog=separate] [data-merge-effect=separate]');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('customer_separate');
  await typePin(on, '9753');
  await on.press('Enter');
  await on.gone('[data-dialog=separate]');
  await on.read('แยกกลับแล้ว');
  expect([on.clinic.merges[0]?.separatedBy, on.clinic.me]).toEqual(['ดาว', 'p-nok']);
});

test('a wrong PIN is counted, said and forgotten, and nothing is merged', async () => {
  const on = await atCard('c1');
  await choose(on, on.clinic.customers.find(({ id }) => id === 'c2')?.code ?? '', 'c2');
  for (const left of [4, 3, 2]) {
    await typePin(on, '0000');
    await on.press('Ctrl Enter');
    await on.read(`PIN ไม่ตรง เหลืออีก ${left} ครั้ง`);
    expect((on.one('input[name=confirm_pin]') as HTMLInputElement).value).toBe('');
  }
  await typePin(on, '0000');
  await on.press('Ctrl Enter');
  await on.read('เหลืออีก 1 ครั้ง');
  await typePin(on, '0000');
  await on.press('Ctrl Enter');
  await on.read('พักการใส่ PIN');
  await typePin(on, '9753');
  await on.press('Ctrl Enter');
  expect(on.clinic.merges).toEqual([]);
  expect(on.clinic.pins.get('p-dao')?.until).toBeGreaterThan(on.clinic.now());
});

test('who sells is not offered it', async () => {
  const on = await atCard('c1', { as: 'เมย์' });
  await on.press('X');
  expect(on.none('[data-dialog=merge]')).toBe(true);
  expect(on.none('[data-action=merge]')).toBe(true);
});

test('without the clinic nothing is merged, and the dialog says so', async () => {
  const on = await atCard('c1', MANAGER);
  on.clinic.mode = 'offline';
  await on.press('X');
  (await on.see('[data-dialog=merge] input[name=twin]')).focus();
  await on.type(on.clinic.customers.find(({ id }) => id === 'c2')?.code ?? '');
  (await on.see('[data-dialog=merge] [data-twin=c2] input')).click();
  await on.read('รวมและแยกได้เมื่อต่อกับคลินิกเท่านั้น');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('customer_merge');
});
