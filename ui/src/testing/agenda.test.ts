/** The agenda by keyboard alone: check-in and its mistake, start and finish, who is late and who does not come. */
import { expect, test } from 'vitest';
import { standingAt } from '../screens/agenda/standing';
import { lanesOf, nextOf, windowAt } from '../screens/today/strip';
import { at } from '../backend/fake/day';
import { agenda } from '../backend/fake/agenda';
import { openWindow, settle, type Opened } from './window';

const row = (id: string) => `[role=row][data-row-id=${id}]`;
const standing = (on: Opened, id: string) => on.one(`${row(id)} [data-standing]`).dataset['standing'];
const selected = (on: Opened) => on.one('[role=row][aria-selected=true]').dataset['rowId'];

async function openAgenda(on: Opened, id = 'b1') {
  await on.press('F3');
  await on.see(row('b1'));
  await on.press('Home');
  for (let step = 0; step < 20 && selected(on) !== id; step++) await on.press('↓');
}

test('F3 opens the agenda at its next open line', async () => {
  const on = await openWindow();
  await on.press('F3');
  await on.see(row('b1'));
  expect(selected(on)).toBe('b2');
  expect(standing(on, 'b2')).toBe('late');
  expect(on.one(`${row('b2')} .chip.warn`).textContent).toContain('สาย 23 นาที');
  expect(on.one(`${row('b2')} .chip.warn svg`)).toBeTruthy();
  expect(on.one('[data-screen=agenda]').ownerDocument.querySelector('h1')?.textContent).toBe('นัดหมาย');
});

test('the wrong Ploy: Space, Ctrl Z, Space; the number is said, the mistake stays in the history', async () => {
  const on = await openWindow();
  await openAgenda(on);
  await on.press('Space');
  await on.read('เช็กอินแล้ว คิว A12');
  expect(standing(on, 'b1')).toBe('waiting');
  expect(on.one('[data-queue]').dataset['queue']).toBe('A12');
  await on.press('Ctrl Z');
  await on.see(`${row('b1')} [data-standing=booked]`);
  await on.press('Space');
  await on.read('เช็กอินแล้ว คิว A13');
  const steps = [...document.querySelectorAll<HTMLElement>('aside [data-step]')];
  expect(steps.map(({ dataset }) => dataset['step'])).toEqual(['arrived', 'undone', 'arrived']);
  for (const step of steps) expect(step.textContent).toContain('นก · PC-A');
});

test('Space once more takes a check-in back, but only for who made it', async () => {
  const on = await openWindow();
  await openAgenda(on);
  await on.press('Space');
  await on.see(`${row('b1')} [data-standing=waiting]`);
  await on.press('Space');
  await on.see(`${row('b1')} [data-standing=booked]`);
  await openAgenda(on, 'b6');
  await on.press('Space');
  await on.read('ย้อนได้เฉพาะคนที่เช็กอิน');
  expect(standing(on, 'b6')).toBe('waiting');
});

test('offline she waits at once; that the number is to come is said in words', async () => {
  const on = await openWindow({ mode: 'offline' });
  await openAgenda(on);
  await on.press('Space');
  await on.read('เช็กอินแล้ว รอเลขคิว');
  expect(on.one(row('b1')).textContent).toContain('รอเลขคิว');
  expect(standing(on, 'b1')).toBe('waiting');
});

test('the toast learns the number when the clinic has given it', async () => {
  const on = await openWindow({ mode: 'offline' });
  await openAgenda(on);
  await on.press('Space');
  await on.read('เช็กอินแล้ว รอเลขคิว');
  on.clinic.agenda = on.clinic.agenda.map((line) => (line.id === 'b1' ? { ...line, queue: 'A12' } : line));
  on.clinic.tell('agenda');
  await on.read('เช็กอินแล้ว คิว A12');
});

test('start, then finish; finishing first is refused with the reason', async () => {
  const on = await openWindow();
  await openAgenda(on);
  await on.press('Space');
  await on.see(`${row('b1')} [data-standing=waiting]`);
  await on.press('D');
  await on.read('จบไม่ได้ ยังไม่ได้เริ่มทำ');
  expect(standing(on, 'b1')).toBe('waiting');
  await on.press('S');
  await on.see(`${row('b1')} [data-standing=serving]`);
  await on.press('D');
  await on.see(`${row('b1')} [data-standing=done]`);
});

test('who does not come is marked with X once the time has come, and not before', async () => {
  const on = await openWindow();
  await openAgenda(on, 'b2');
  await on.press('X');
  await on.see(`${row('b2')} [data-standing=no_show]`);
  await openAgenda(on, 'b7');
  await on.press('X');
  await on.read('ยังไม่ถึงเวลานัด');
  expect(standing(on, 'b7')).toBe('booked');
});

test('who leaves is let go with a reason; a booking is moved by its form', async () => {
  const on = await openWindow();
  await openAgenda(on, 'b6');
  await on.press('L');
  await on.see('[data-dialog=left]');
  await on.type('รอนาน');
  await on.press('Enter');
  await on.see(`${row('b6')} [data-standing=left]`);
  expect(on.sent('visit_leave')).toMatchObject({ reason: 'รอนาน' });
  await openAgenda(on, 'b8');
  await on.press('R');
  await on.see('[data-dialog=move]');
  on.one('input[name=time]').focus();
  (on.one('input[name=time]') as HTMLInputElement).select();
  await on.type('1430');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=move]');
  expect(on.sent('appointment_reschedule')).toMatchObject({
    from: { startTime: '11:30', endTime: '12:00' },
    to: { date: '2026-10-01', startTime: '14:30', endTime: '15:00', room: 'ปรึกษา' },
  });
});

test.each([
  ['1/12/69', '2pm', '2026-12-01'],
  ['1 ธ.ค. 69', 'บ่ายสอง', '2026-12-01'],
  ['1 ธันวาคม 2569', '1400', '2026-12-01'],
  ['พรุ่งนี้', 'บ่ายสอง', '2026-10-02'],
])('a booking is made for %s %s as it is typed', async (day, hour, date) => {
  const on = await openBooking();
  await write(on, 'date', day);
  await on.see('[data-dialog=move] [data-moment=certain]');
  await write(on, 'time', hour);
  await on.read('หมายถึง 14:00');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=move]');
  expect(on.sent('appointment_reschedule')).toMatchObject({ to: { date, startTime: '14:00', endTime: '14:30' } });
});

test('a day or an hour of a booking that is none is said', async () => {
  const on = await openBooking();
  await write(on, 'date', '31/9');
  await on.read('ปฏิทินไม่มีวันนี้');
  await write(on, 'time', 'สักพัก');
  await on.read('อ่านเวลานี้ไม่ออก ลองพิมพ์ “บ่ายสอง”');
  await write(on, 'minutes', '9x');
  await on.read('ใส่นาทีเป็นตัวเลข และจบก่อนเที่ยงคืน');
  expect((on.one('[data-dialog=move] [data-action=save]') as HTMLButtonElement).disabled).toBe(true);
});

async function openBooking(): Promise<Opened> {
  const on = await openWindow();
  await openAgenda(on, 'b8');
  await on.press('R');
  await on.see('[data-dialog=move]');
  return on;
}

async function write(on: Opened, field: string, text: string) {
  on.one(`input[name=${field}]`).focus();
  (on.one(`input[name=${field}]`) as HTMLInputElement).select();
  await on.type(text);
}

test('a room that is taken then is said while typing, and nobody is stopped', async () => {
  const on = await openWindow();
  await openAgenda(on, 'b8');
  await on.press('R');
  await on.see('[data-dialog=move]');
  on.one('input[name=time]').focus();
  (on.one('input[name=time]') as HTMLInputElement).select();
  await on.type('1030');
  await on.read('ชนกับนัด 10:00');
  expect((on.one('[data-dialog=move] [data-action=save]') as HTMLButtonElement).disabled).toBe(false);
});

test('chips say what must not be overlooked, each with a symbol', async () => {
  const on = await openWindow();
  await openAgenda(on, 'b9');
  const text = on.one(row('b9')).textContent ?? '';
  for (const said of ['ห้ามติดต่อ', 'ค้างคืน 101 แต้ม', 'ค้างชำระ']) expect(text).toContain(said);
  expect(on.one(row('b9')).querySelectorAll('.l1 .chip svg')).toHaveLength(3);
  expect(on.one(row('b1')).textContent).toContain('ครั้งที่ 3 จาก 5');
});

test('Enter opens the card, and a walk-in is checked in from there', async () => {
  const on = await openWindow();
  await openAgenda(on);
  await on.press('Enter');
  await on.see('[data-customer-id=c1]');
  await on.press('Esc');
  on.clinic.open('/customers/x20');
  await on.see('[data-customer-id=x20]');
  await on.press('I');
  await on.read('เช็กอินแล้ว คิว A12');
  await on.gone('[data-screen=card] [data-action=check-in]');
  await on.press('F3');
  await on.see('[data-screen=agenda]');
  await on.read('ไม่ได้นัด');
});

test('another day is a key away, and today is one more', async () => {
  const on = await openWindow();
  await openAgenda(on);
  await on.press('→');
  await on.read('ศุกร์ 2 ต.ค. 2569');
  await on.read('วันนั้นไม่มีนัด');
  await on.press('T');
  await on.see(row('b1'));
});

test('300 bookings: the row that is walked to is drawn, and not all of them are', async () => {
  const on = await openWindow();
  const first = on.clinic.agenda[5];
  if (!first) throw new Error('no booking');
  on.clinic.agenda = Array.from({ length: 300 }, (_, n) => ({
    ...first,
    id: `m${n}`,
    bookingId: `m${n}`,
    startsAt: first.startsAt + n,
  }));
  await on.press('F3');
  await settle();
  expect(document.querySelectorAll('[data-row-kind=agenda]').length).toBeLessThan(300);
});

test('today shows the lanes of the rooms around now', async () => {
  const on = await openWindow();
  await on.see('[data-strip] [data-block=b1]');
  expect(on.one('[data-block=b3]').dataset['standing']).toBe('serving');
  expect(on.one('[data-block=b2]').textContent).toContain('สาย 23 น.');
  expect(on.one('[data-block=b6]').textContent).toContain('รอ 11 น.');
  expect(on.one('[data-block=b1]').className).toContain('next');
  expect(on.one('[data-block=b1]').textContent).toContain('3/5');
  on.one('[data-block=b1]').click();
  await on.see('[data-screen=agenda]');
  expect(selected(on)).toBe('b1');
});

test('a booking turns late at the minute, without being asked for again', () => {
  const line = agenda().find(({ id }) => id === 'b1');
  if (!line) throw new Error('no booking');
  expect(standingAt(line, at('10:44'))).toBe('booked');
  expect(standingAt(line, at('10:45'))).toBe('late');
});

test('the strip goes from an hour back to three and a half ahead, in steps', () => {
  const span = windowAt(at('10:24'));
  expect([span.from, span.to]).toEqual([at('09:00'), at('13:30')]);
  const rooms = lanesOf(agenda(), span).map(({ room }) => room);
  expect(rooms).toEqual(['ปรึกษา', 'ห้อง 1', 'ห้อง 2']);
  expect(nextOf(agenda(), at('10:24'))?.id).toBe('b1');
});
