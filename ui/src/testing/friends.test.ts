/** Friends, achievements, the membership card and the referrals that a manager looks at, by keyboard. */
import { expect, test, vi } from 'vitest';
import type { FakeOptions } from '../backend/fake/clinic';
import { openWindow, type Opened } from './window';

async function atCard(id: string, options: FakeOptions = {}): Promise<Opened> {
  const on = await openWindow(options);
  on.clinic.open(`/customers/${id}`);
  await on.see(`[data-customer-id=${id}]`);
  return on;
}

test('a card says whom they sent and what became of it, in words', async () => {
  const on = await atCard('c1');
  await on.press('F');
  await on.see('[data-dialog=friends] [data-referral=rf1][data-state=review]');
  await on.read('ที่อยู่เดียวกัน');
  await on.read('ชำระแล้ว รอครบ 14 วัน');
  await on.see('[data-achievement=a1][data-earned=true]');
  await on.see('[data-achievement=a2][data-earned=false]');
  await on.read('62%');
});

test('who sent somebody is recorded once, by the code that they brought', async () => {
  const on = await atCard('c2');
  await on.press('F');
  const code = on.clinic.customers.find(({ id }) => id === 'c1')?.isMember;
  expect(code).toBe(true);
  (await on.see('[data-dialog=friends] input[name=referrer]')).focus();
  await on.type('bn000001');
  await on.see('[data-referrer=c1]');
  await on.press('Ctrl Enter');
  await on.see('[data-dialog=friends] [data-referral][data-state=waiting]');
  expect(on.sent('referral_record')).toEqual({ customerId: 'c2', code: 'bn000001', referrerId: null });
  expect(on.none('[data-dialog=friends] input[name=referrer]')).toBe(true);
});

test('nobody is taken who was not chosen by name, and nobody sends themselves', async () => {
  const on = await atCard('c2');
  await on.press('F');
  (await on.see('[data-dialog=friends] input[name=referrer]')).focus();
  await on.type('ไม่มีคนนี้แน่นอน');
  await on.read('ไม่พบใคร');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('referral_record');
});

test('a new customer is registered together with who sent them', async () => {
  const on = await openWindow();
  await on.press('F2');
  (await on.see('[data-dialog=new-customer] input[name=full_name]')).focus();
  await on.type('ใหม่ มาก');
  on.one('[data-dialog=new-customer] input[name=referrer]').focus();
  await on.type('BN000001');
  await on.see('[data-dialog=new-customer] [data-referrer=c1]');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=new-customer]');
  expect(on.sent('referral_record')).toMatchObject({ code: 'BN000001' });
});

test('a referrer that is not clear stops the registration instead of being lost', async () => {
  const on = await openWindow();
  await on.press('F2');
  (await on.see('[data-dialog=new-customer] input[name=full_name]')).focus();
  await on.type('ใหม่ มาก');
  on.one('[data-dialog=new-customer] input[name=referrer]').focus();
  await on.type('BN999999');
  await on.read('ไม่พบใคร');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('customer_create');
});

test('the membership card is shown and printed with one key each', async () => {
  const print = vi.fn();
  vi.stubGlobal('print', print);
  const on = await atCard('c1');
  await on.press('Q');
  await on.see('[data-dialog=member-card] [data-print]');
  await on.press('Ctrl P');
  expect(print).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});

test('a manager sees why one waits, both people side by side, and decides it with a reason', async () => {
  const on = await openWindow({ as: 'ดาว' });
  await on.press('Shift F6');
  await on.see('[data-row-id=rf1]');
  await on.see('[data-reasons=same_address]');
  await on.read('คนแนะนำ');
  await on.press('P');
  await on.see('[data-dialog=referral-decision]');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('referral_decide');
  await on.type('พี่น้องกัน');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=referral-decision]');
  expect(on.sent('referral_decide')).toEqual({ referralId: 'rf1', decision: 'pay', reason: 'พี่น้องกัน' });
  await on.gone('[data-row-id=rf1]');
});

test('who may not decide has no key for it, and the screen says who may', async () => {
  const on = await openWindow({ as: 'นก' });
  await on.press('Shift F6');
  expect(on.none('[data-screen=referrals]')).toBe(true);
  on.clinic.open('/referrals');
  await on.read('เจ้าของและผู้จัดการเป็นคนตัดสิน');
});
