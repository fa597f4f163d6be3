/** Ctrl Z on the whole window: what was done goes back, and what went back is named. */
import { expect, test, vi } from 'vitest';
import { toasts } from '../state/toasts.svelte';
import { openWindow, settle, type Opened } from './window';

const task = (on: Opened, id: string) => on.clinic.tasks.find((row) => row.id === id);
const toast = (on: Opened) => on.one('[data-toast]').textContent ?? '';

async function complete(on: Opened) {
  await on.press('D');
  await on.see('[data-dialog=complete]');
  await on.press('Enter');
  await on.gone('[data-dialog=complete]');
}

async function award(on: Opened, amount: string) {
  await on.press('F9');
  await on.type(amount);
  await on.see('[data-award-points]');
  await on.press('Enter');
  await on.gone('[data-dialog=award]');
}

test('a closed task is open again with Ctrl Z, and the toast says which', async () => {
  const on = await openWindow();
  await on.press('F4');
  const title = task(on, 't1')?.title ?? '';
  await complete(on);
  await on.gone('[data-row-id=t1]');
  expect(on.one('[data-toast] [data-action=undo]').textContent).toContain('ย้อนกลับ');
  await on.press('Ctrl Z');
  await on.see('[data-row-id=t1]');
  expect(task(on, 't1')?.status).toBe('pending');
  expect(toast(on)).toContain(`ย้อน: ปิดงาน ${title}`);
  expect(on.none('[data-toast] [data-action=undo]')).toBe(true);
});

test('the button of the toast takes back what the toast tells of', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  const of = on.clinic.lastDone()?.id;
  on.one('[data-toast] [data-action=undo]').click();
  await on.see('[data-row-id=t1]');
  expect(on.sent('undo')).toEqual({ of });
});

test('what somebody decided after it stands, and the toast says so', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  const undone = on.clinic.undo.bind(on.clinic);
  on.clinic.undo = (of) => ({ ...undone(of), leavesStanding: true });
  await on.press('Ctrl Z');
  await on.read('ผลที่ตัดสินหลังจากนั้นยังอยู่ตามเดิม');
});

test('two presses take back two things, the newest first, also when the toast is gone', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  await complete(on);
  toasts.clear();
  await on.press('Ctrl Z', 'Ctrl Z');
  await vi.waitFor(() => expect(task(on, 't1')?.status).toBe('pending'));
  expect(task(on, 't2')?.status).toBe('pending');
  await on.press('Ctrl Z');
  await on.read('ไม่มีอะไรให้ย้อน');
});

test('in a text field Ctrl Z is the field’s own', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('N');
  await on.type('abc');
  await on.press('Ctrl Z');
  expect(on.calls).not.toContain('undo');
  expect(task(on, 't1')?.status).toBe('completed');
});

test('an open dialog keeps Ctrl Z from what lies under it', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  await on.press('S');
  await on.see('[data-dialog=snooze]');
  await on.press('Ctrl Z');
  expect(on.calls).not.toContain('undo');
});

test('what a colleague has changed since stays, the reason is said, and the one before is next', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  await complete(on);
  Object.assign(task(on, 't2') ?? {}, { status: 'cancelled' });
  await on.press('Ctrl Z');
  await on.see('[data-toast=failed]');
  expect(toast(on)).toContain('ย้อนไม่ได้: ปิดงาน');
  expect(toast(on)).toContain('มีคนเปลี่ยนรายการนี้หลังจากนั้น');
  expect(task(on, 't2')?.status).toBe('cancelled');
  await on.press('Ctrl Z');
  await on.see('[data-row-id=t1]');
});

test('a payment that the clinic has booked stays, and it is said how to give it back', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  await award(on, '1999');
  await on.see('[data-points="1639"]');
  await on.press('Ctrl Z');
  await on.read('คลินิกบันทึกการชำระนี้แล้ว');
  expect(on.clinic.customer('c1').points).toBe(1639);
});

test('a payment that has not left this PC goes without a trace', async () => {
  const on = await openWindow({ mode: 'offline' });
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  await award(on, '1999');
  await on.see('[data-points="1639"]');
  await on.press('Ctrl Z');
  await on.see('[data-points="1240"]');
  expect(on.clinic.payments).toEqual([]);
  expect(on.clinic.ledger('c1').filter(({ amount }) => amount === 399)).toEqual([]);
});

test('a customer added by mistake goes, and nobody stays on their card', async () => {
  const on = await openWindow();
  await on.press('F4', 'F2');
  await on.type('ฟ้า');
  await on.press('Ctrl Enter');
  await on.see('[data-screen=card]');
  await on.press('Ctrl Z');
  await on.see('[data-screen=tasks]');
  expect(on.clinic.customers.some(({ fullName }) => fullName === 'ฟ้า')).toBe(false);
  await on.read('ย้อน: ลูกค้าใหม่ ฟ้า');
});

test('an edit and a follow-up go back', async () => {
  const on = await openWindow();
  await on.press('↓', '↓', 'D');
  await on.see('[data-dialog=followup-done]');
  await on.press('Enter');
  await on.gone('[data-row-id=f1]');
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('E');
  on.one('input[name=nickname]').focus();
  await on.type('ใหญ่');
  await on.press('Ctrl Enter');
  await on.read('“พลอยใหญ่”');
  await on.press('Ctrl Z');
  await on.read('“พลอย”');
  await on.press('Ctrl Z');
  await vi.waitFor(() => expect(on.clinic.followups.find(({ id }) => id === 'f1')?.status).toBe('pending'));
});

test('nobody takes back what a colleague did at this PC', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  await on.press('F12');
  await on.see('[data-screen=lock]');
  await on.press('↓', '8', '6', '4', '2');
  await on.see('[data-screen=today]');
  await on.press('Ctrl Z');
  await on.read('ไม่มีอะไรให้ย้อน');
  expect(task(on, 't1')?.status).toBe('completed');
});

test('the foot names what Ctrl Z would take back, in the language of the window', async () => {
  const on = await openWindow({ settings: { language: 'en' } });
  await on.press('F4');
  expect(on.none('footer [data-undo]')).toBe(true);
  await complete(on);
  await on.see('footer [data-undo]');
  expect(on.one('footer [data-undo]').textContent).toContain('Undo: Complete a task');
  expect(toast(on)).toContain('Undo');
  await on.press('Ctrl Z');
  await on.gone('footer [data-undo]');
  expect(toast(on)).toContain('Undone: Complete a task · ');
});

test('the key map lists it', async () => {
  const on = await openWindow();
  await on.press('?');
  await on.see('[data-dialog=keys]');
  await on.read('ย้อนกลับรายการล่าสุดของตัวเอง');
});

test('the toast stays ten seconds, longer under the pointer, and other toasts five', async () => {
  const on = await openWindow();
  await on.press('F4');
  await complete(on);
  vi.useFakeTimers();
  toasts.resume();
  vi.advanceTimersByTime(9_900);
  expect(toasts.current).toBeDefined();
  toasts.pause();
  vi.advanceTimersByTime(60_000);
  expect(toasts.current).toBeDefined();
  toasts.resume();
  vi.advanceTimersByTime(10_100);
  expect(toasts.current).toBeUndefined();
  toasts.show({ tone: 'done', text: 'x' });
  vi.advanceTimersByTime(5_100);
  expect(toasts.current).toBeUndefined();
  vi.useRealTimers();
  await settle();
});

test('offline, what never left is taken out of what waits', async () => {
  const on = await openWindow({ mode: 'offline' });
  await on.press('F4', 'N');
  await on.type('ผิดงาน');
  await on.press('Ctrl Enter');
  await on.see('[data-toast=waiting]');
  expect(on.clinic.waiting).toHaveLength(4);
  await on.press('Ctrl Z');
  await on.see('[data-toast=done]');
  expect(on.clinic.waiting).toHaveLength(3);
});
