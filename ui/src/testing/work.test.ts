/** Tasks and calls by keyboard alone, on the whole window, under a Thai layout: typed times, why, calls one after the other, a call that comes in. */
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { at } from '../backend/fake/day';
import { openWindow, settle, type Opened } from './window';

const selected = (on: Opened) => on.one('[role=row][aria-selected=true]').dataset['rowId'];

async function toCard(on: Opened, digits: string, id: string) {
  await on.press('Ctrl K');
  await on.type(digits);
  await on.see(`[role=option][data-row-id=${id}]`);
  await on.press('Enter');
  await on.see(`[data-screen=card] [data-customer-id=${id}]`);
}

test('a time in words shows what it means before it is saved', async () => {
  const on = await openWindow();
  await on.press('F4', 'S');
  await on.see('[data-dialog=snooze] input');
  on.one('[data-dialog=snooze] input').focus();
  await on.type('พรุ่งนี้บ่ายสอง');
  await on.read('หมายถึง ศุกร์ 2 ต.ค. 2569 14:00');
  expect(on.calls).not.toContain('task_snooze_until');
  await on.press('Enter');
  await on.gone('[data-row-id=t1]');
  expect(on.sent('task_snooze_until')).toEqual({ id: 't1', at: at('2026-10-02 14:00') });
});

test('a time that means two things is asked, and saved only when one is chosen', async () => {
  const on = await openWindow();
  await on.press('F4', 'S');
  await on.see('[data-dialog=snooze] input');
  on.one('[data-dialog=snooze] input').focus();
  await on.type('เสาร์หน้าบ่ายสอง');
  await on.see('[data-moment=ask] input[type=radio]');
  await on.press('Enter');
  expect(on.calls).not.toContain('task_snooze_until');
  const options = [...document.querySelectorAll<HTMLElement>('[data-moment=ask] input')];
  expect(options).toHaveLength(2);
  options[1]?.click();
  await settle();
  on.one('[data-dialog=snooze] [data-action=save]').click();
  await on.gone('[data-dialog=snooze]');
  expect(on.sent('task_snooze_until')).toEqual({ id: 't1', at: at('2026-10-03 14:00') });
});

test('a time that has passed or that nobody knows is refused in words, and the text stays', async () => {
  const on = await openWindow();
  await on.press('F4', 'S');
  await on.see('[data-dialog=snooze] input');
  on.one('[data-dialog=snooze] input').focus();
  await on.type('เมื่อวาน');
  await on.read('เวลานี้ผ่านไปแล้ว');
  await on.press('Enter');
  expect(on.calls).not.toContain('task_snooze_until');
  expect(on.one('[data-dialog=snooze] input')).toHaveProperty('value', 'เมื่อวาน');
});

test('W says in one sentence why a task stands where it stands', async () => {
  const on = await openWindow();
  await on.press('F4');
  await on.see('[data-row-id=t1]');
  await on.press('W');
  const sentence = (await on.see('[data-why]')).textContent;
  expect(sentence).toMatch(/^ลำดับที่ 1 จาก \d+: เกินกำหนด/);
  expect(sentence).toContain('มีนัดวันนี้');
  await on.press('Esc');
  await on.gone('[data-dialog=why]');
});

test('calls go one after the other: Enter begins, C, a digit, a note, Enter', async () => {
  const on = await openWindow({ mode: 'offline' });
  await on.press('F4');
  await on.see('[data-row-id=t1]');
  await on.press('Enter');
  await vi.waitFor(() => expect(on.calls).toContain('task_start'));
  const first = selected(on);
  await on.press('C');
  (await on.see('[data-dialog=call] [data-option=thinking]')).focus();
  await on.press('4');
  await on.see('[data-outcome=thinking]');
  await on.read('ต่อไป: โทรติดตาม');
  await on.type('ขอคุยกับแฟน');
  await on.read('หมายถึง');
  await on.press('Enter');
  await on.gone('[data-dialog=call]');
  expect(on.sent('contact_log')).toMatchObject({
    taskId: first,
    outcome: 'thinking',
    note: 'ขอคุยกับแฟน',
    isIncoming: false,
  });
  expect(on.sent('contact_log')).toHaveProperty('nextAt', expect.any(Number));
  await on.gone(`[data-row-id=${first}]`);
  expect(selected(on)).not.toBe(first);
  // Esc leaves the calls first, then the screen.
  await on.press('Esc');
  expect(on.none('[data-screen=tasks]')).toBe(false);
});

test('nobody who asked not to be called is among the calls', async () => {
  const on = await openWindow();
  const [first] = on.clinic.tasks;
  if (first?.customer) first.customer.doNotContact = true;
  await on.press('F4');
  await on.see('[data-row-id=t1]');
  await on.press('↓', 'Enter');
  await on.gone('[data-row-id=t1]');
});

test('a customer who is not to be called says so before anything is dialled', async () => {
  const on = await openWindow();
  await toCard(on, '0861112222', 'c4');
  await on.press('C');
  const warning = await on.see('[data-dialog=call] [role=alert]');
  expect(warning.textContent).toContain('ห้ามโทร');
});

test('“never call again” holds at once, and Ctrl Z puts it back', async () => {
  const on = await openWindow();
  await toCard(on, '0812345678', 'c1');
  await on.press('C');
  (await on.see('[data-option=do_not_call]')).focus();
  await on.press('9');
  await on.read('จากนี้จะไม่มีใครโทร');
  await on.press('Enter');
  await on.gone('[data-dialog=call]');
  expect(on.clinic.customer('c1').preference?.doNotContact).toBe(true);
  await on.press('Ctrl Z');
  await vi.waitFor(() => expect(on.clinic.customer('c1').preference?.doNotContact).toBe(false));
});

test('F8 opens who calls, and the call is logged as theirs', async () => {
  const on = await openWindow();
  await on.press('F8');
  await on.see('[data-dialog=caller]');
  await on.type('0812345678');
  await on.press('Enter');
  await on.see('[data-screen=card] [data-customer-id=c1]');
  (await on.see('[data-dialog=call] [data-option=asked_price]')).focus();
  await on.press('3');
  await on.see('[data-outcome=asked_price]');
  await on.type('สนใจเลเซอร์');
  await on.read('หมายถึง');
  await on.press('Enter');
  await on.gone('[data-dialog=call]');
  expect(on.sent('contact_log')).toMatchObject({
    customerId: 'c1',
    isIncoming: true,
    outcome: 'asked_price',
    note: 'สนใจเลเซอร์',
  });
  await on.press('Alt 6');
  await on.see('[data-row-kind=calls]');
});

test('a number that nobody has becomes a new client with the number filled in', async () => {
  const on = await openWindow();
  await on.press('F8');
  await on.see('[data-dialog=caller]');
  await on.type('0845556666');
  await on.press('Enter');
  await on.see('[data-dialog=caller] [data-action=register]');
  await on.press('Enter');
  await on.see('[data-dialog=new-customer]');
  expect(on.one('[data-dialog=new-customer] [name=phone]')).toHaveProperty('value', '084-555-6666');
});

test('C once more dials where something can; who asked not to be called has no such button', async () => {
  const on = await openWindow();
  await toCard(on, '0812345678', 'c1');
  await on.press('C');
  (await on.see('[data-dialog=call] [data-option]')).focus();
  expect(on.none('[data-dialog=call] [data-action=dial]')).toBe(false);
  await on.press('C');
  await on.read('ส่งเบอร์ไปที่โปรแกรมโทรศัพท์แล้ว');
  expect(on.sent('call_dial')).toEqual({ customerId: 'c1' });
  await on.press('1');
  await on.see('[data-outcome=talked]');
  on.one('[name=note]').focus();
  await on.type('c');
  expect(
    on.calls.filter((name) => name === 'call_dial'),
    'a letter of the note dials nobody',
  ).toHaveLength(1);
  await on.press('Esc');
  await toCard(on, '0861112222', 'c4');
  await on.press('C');
  await on.see('[data-dialog=call] [role=alert]');
  expect(on.none('[data-action=dial]')).toBe(true);
});

test('without a program for it nothing offers to dial', async () => {
  const on = await openWindow();
  on.clinic.canDial = false;
  await toCard(on, '0812345678', 'c1');
  await on.press('C');
  await on.see('[data-dialog=call] [data-option]');
  expect(on.none('[data-action=dial]')).toBe(true);
});

test('a call that comes while a form is filled in lies over it, and the next one puts nobody aside', async () => {
  const on = await openWindow();
  await toCard(on, '0861112222', 'c4');
  await on.press('F9');
  (await on.see('[data-dialog=award] [name=amount]')).focus();
  await on.type('1500');
  on.clinic.open('/call/0812345678');
  await on.see('[data-dialog=call] [data-option]');
  expect(on.one('[data-dialog=call]').textContent).toContain('พลอย');
  on.clinic.open('/call/0845556666');
  await on.read('อีกสายหนึ่งเข้ามา: 0845556666');
  expect(on.one('[data-dialog=call]').textContent).toContain('พลอย');
  await on.press('Esc');
  await on.gone('[data-dialog=call]');
  expect(on.one('[data-dialog=award] [name=amount]')).toHaveProperty('value', '1500');
});

test('a link of the telephone system opens the card over the work', async () => {
  const on = await openWindow();
  on.clinic.open('/call/0812345678');
  await on.see('[data-screen=card] [data-customer-id=c1]');
  await on.see('[data-dialog=call]');
});

test('a new task needs a kind and shows what its time means', async () => {
  const on = await openWindow();
  await toCard(on, '0812345678', 'c1');
  await on.press('T');
  await on.see('[data-dialog=new-task]');
  await userEvent.selectOptions(on.one('[data-dialog=new-task] [name=kind]'), 'send_proposal');
  on.one('[data-dialog=new-task] [name=due]').focus();
  await on.type('พรุ่งนี้บ่ายสอง');
  await on.read('หมายถึง ศุกร์ 2 ต.ค. 2569 14:00');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=new-task]');
  expect(on.sent('task_create')).toMatchObject({
    customerId: 'c1',
    kind: 'send_proposal',
    dueAt: at('2026-10-02 14:00'),
    to: null,
  });
});

test('only a manager orders and gives out all tasks', async () => {
  const seller = await openWindow({ as: 'เมย์' });
  await seller.press('F4');
  expect(seller.none('[data-action=all-tasks]')).toBe(true);
  document.body.replaceChildren();
  const on = await openWindow({ as: 'ดาว' });
  await on.press('F4', 'G');
  (await on.see('[data-dialog=all-tasks] [data-option=assign]')).click();
  await on.gone('[data-dialog=all-tasks]');
  expect(on.calls).toContain('task_assign_all');
});

test('whom the server refuses reads so in the foot, and what to do in the sync screen', async () => {
  const on = await openWindow({ isRefused: true });
  await on.see('footer');
  expect(on.one('footer').textContent).toContain('เซิร์ฟเวอร์ของคลินิกไม่ให้เครื่องนี้เข้า');
  on.clinic.open('/sync');
  await on.read('แจ้งผู้ดูแลระบบไอที');
});

test('what a colleague did whose login here has ended waits for a new code, and says so', async () => {
  const on = await openWindow({ as: 'ดาว', ended: 'นก' });
  on.clinic.open('/sync');
  await on.see('[data-screen=sync] [data-waiting]');
  await on.read('รอรหัสใหม่');
});

test('the lock screen says whose login has ended, and why to who is chosen alone', async () => {
  const on = await openWindow({ phase: 'locked', ended: 'นก' });
  await on.see('[data-screen=lock] [data-person="นก"][aria-selected=true]');
  expect(on.one('[data-person="นก"]').textContent).toContain('รอรหัสใหม่');
  await on.read('สิทธิ์ของคุณที่เครื่องนี้สิ้นสุดแล้ว');
  await on.press('ArrowDown');
  await on.see('[data-person="บีม"][aria-selected=true]');
  expect(on.one('[data-screen=lock]').textContent).not.toContain('สิทธิ์ของคุณ');
});
