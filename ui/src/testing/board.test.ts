/** The board of journeys and the band on the card: by keys alone and by carrying a card, under a Thai layout. */
import { expect, test } from 'vitest';
import type { BoardAsk } from '../backend/bindings/BoardAsk';
import { dropOn, openWindow, settle, to, type Opened } from './window';

const card = (id: string) => `[role=option][data-row-id=${id}]`;
const selected = (on: Opened) => on.one('[role=option][aria-selected=true]').dataset['rowId'];
const stageOf = (on: Opened, id: string) => on.clinic.journeys.find((one) => one.id === id)?.stage;
const columns = () =>
  [...document.querySelectorAll<HTMLElement>('[data-column]')].map((column) => [
    column.dataset['column'],
    [...column.querySelectorAll<HTMLElement>('[data-row-id]')].map((row) => row.dataset['rowId']),
  ]);

async function toBoard(on: Opened, id?: string) {
  if (id) on.clinic.open(`/journeys/${id}`);
  else await on.press(to('journeys'));
  await on.see(`[data-screen=journeys] ${id ? `${card(id)}[aria-selected=true]` : '[data-row-id]'}`);
  await settle();
}

async function toCard(on: Opened, id = 'c1') {
  on.clinic.open(`/customers/${id}`);
  await on.see(`[data-customer-id=${id}] [data-action=journey-begin]`);
}

async function openMenu(on: Opened) {
  await on.press('M');
  (await on.see('[data-dialog=journey-move] [data-option]')).focus();
}

test('nine columns, each with its count, what is over and its limit; the first card is selected', async () => {
  const on = await openWindow();
  await toBoard(on);
  expect(columns()).toEqual([
    ['lead_created', ['j3', 'j2']],
    ['scanned', ['j9']],
    ['proposal_sent', ['j4']],
    ['payment_confirmed', ['j7']],
    ['treatment_scheduled', ['j1']],
    ['in_treatment', ['j5']],
    ['treatment_completed', []],
    ['follow_up', ['j6']],
    ['completed', ['j8']],
  ]);
  expect(selected(on)).toBe('j3');
  expect(on.one('#column-lead_created').textContent).toMatch(/ลีดใหม่\s*2\s*เกิน 1\s*15 นาที/);
  expect(on.one('#column-treatment_scheduled').textContent).toContain('ตามนัด');
  expect(on.text()).toContain('8 เส้นทางที่เปิดอยู่ · จบใน 30 วัน 1');
  expect(document.activeElement?.getAttribute('aria-activedescendant')).toBe('row-j3');
});

test('a card says who, what, which session and who looks after her; what is late says so by symbol and in words', async () => {
  const on = await openWindow();
  await toBoard(on);
  const words = on.one(card('j1')).textContent;
  for (const fact of ['พลอยไพลิน ศ.', 'HydraFacial', '3/5', 'ครั้งที่ 3 จาก 5', 'วันนี้ 10:30', 'เมย์']) {
    expect(words).toContain(fact);
  }
  const ages = ['j9', 'j4', 'j3'].map((id) => on.one(card(id)).dataset['age']);
  expect(ages).toEqual(['within', 'over', 'twice']);
  expect(on.one(card('j4')).textContent).toContain('เกินกำหนด');
  expect(on.one(card('j3')).textContent).toContain('เกินสองเท่า');
  const mark = (id: string) => on.one(`${card(id)} .age svg`).outerHTML;
  expect(new Set(['j9', 'j4', 'j3'].map(mark)).size).toBe(3);
});

test('arrows walk within a stage and across, over empty ones; Enter opens the customer, and back is where one was', async () => {
  const on = await openWindow();
  await toBoard(on);
  await on.press('↓');
  expect(selected(on)).toBe('j2');
  await on.press('→', '→', '→', '→', '→');
  expect(selected(on)).toBe('j5');
  await on.press('→');
  expect(selected(on), 'nobody has been treated').toBe('j6');
  await on.press('←', '←');
  expect(selected(on)).toBe('j1');
  await on.press('Enter');
  await on.see('[data-customer-id=c1]');
  await on.press('Esc');
  await on.see(`${card('j1')}[aria-selected=true]`);
  await toBoard(on, 'j4');
  await on.press('←', 'Enter', 'Esc');
  await on.see(`${card('j9')}[aria-selected=true]`);
});

test('only mine, only what is over its limit; both say so when there is nothing', async () => {
  const on = await openWindow();
  await toBoard(on);
  await on.press('G');
  await on.gone(card('j1'));
  expect(selected(on)).toBe('j9');
  await on.press('O');
  await on.read('ไม่มีเส้นทางที่เกินกำหนด');
  await on.press('G');
  await on.see(card('j3'));
  expect(on.one('[data-action=only-over]').getAttribute('aria-pressed')).toBe('true');
  expect(on.none(card('j1'))).toBe(true);
});

test('one service at a time, by name and number; it stays while one looks at a customer and goes with the person', async () => {
  const on = await openWindow();
  await toBoard(on);
  await on.press('F');
  const options = () => [...document.querySelectorAll<HTMLElement>('[data-dialog=board-service] [data-option]')];
  await on.see('[data-dialog=board-service] [data-option]');
  expect(options().map((one) => one.textContent?.replace(/\s+/g, ' ').trim())).toEqual([
    'ทุกบริการ 1',
    'ยังไม่ได้ระบุ เปิดอยู่ 3 2',
    'เลเซอร์ เปิดอยู่ 2 3',
    'HydraFacial เปิดอยู่ 1 4',
    'Ultherapy เปิดอยู่ 1 5',
    'ฟิลเลอร์ เปิดอยู่ 1 6',
  ]);
  options()[0]?.focus();
  await on.press('↓', '↓', '↓', 'Enter');
  await on.gone('[data-dialog=board-service]');
  await on.gone(card('j3'));
  const shown = () => columns().flatMap(([, ids]) => ids);
  expect(shown()).toEqual(['j1', 'j8']);
  expect(on.text()).toContain('1 เส้นทางที่เปิดอยู่ · จบใน 30 วัน 1');
  expect(on.one('[data-action=board-service]').textContent).toContain('HydraFacial');
  await on.press('Enter');
  await on.see('[data-customer-id=c1]');
  await on.press('Esc');
  await on.see(card('j1'));
  expect(shown()).toEqual(['j1', 'j8']);
  await on.press('O');
  await on.read('ไม่มีเส้นทางที่เกินกำหนด');
  await on.press('O', 'F');
  (await on.see('[data-dialog=board-service] [data-option]')).focus();
  await on.press('1');
  await on.see(card('j3'));
  expect(shown().length).toBe(9);
});

test('M offers by number what can be done and says why the rest cannot; what asks nothing is done at once, and undone', async () => {
  const on = await openWindow();
  await toBoard(on, 'j1');
  await openMenu(on);
  const options = [...document.querySelectorAll<HTMLElement>('[data-option]')].map(({ dataset }) => dataset['option']);
  expect(options).toEqual(['start_treatment', 'reschedule', 'no_show', 'cancel']);
  expect(on.one('[data-refused=step_back]').textContent).toContain('ผู้จัดการ');
  await on.press('1');
  await on.see(`[data-column=in_treatment] ${card('j1')}`);
  expect(selected(on), 'the selection goes along').toBe('j1');
  expect(on.one('[data-toast=done]').textContent).toContain('กำลังทำ');
  expect(document.activeElement?.getAttribute('role')).toBe('listbox');
  await on.press('Ctrl Z');
  await on.see(`[data-column=treatment_scheduled] ${card('j1')}`);
});

const write = async (on: Opened, field: string, text: string) => {
  const input = on.one(`input[name=${field}]`) as HTMLInputElement;
  input.focus();
  input.select();
  await on.type(text);
};
const bookingOf = (on: Opened, journey: string) =>
  on.clinic.agenda.find(({ bookingId }) => bookingId && on.clinic.journeyOf.get(bookingId) === journey);

test('a booking of a journey is made in the dialog of bookings; without a time nothing is saved, and the journey follows', async () => {
  const on = await openWindow();
  await toBoard(on, 'j7');
  await openMenu(on);
  await on.press('1');
  const dialog = await on.see('[data-dialog=book]');
  expect(dialog.textContent).toContain('ฟิลเลอร์');
  expect(on.none('[name=kind]'), 'it is a treatment').toBe(true);
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('appointment_book');
  await write(on, 'date', 'พรุ่งนี้');
  await on.see('[data-moment=certain]');
  await write(on, 'time', '1400');
  await on.press('Ctrl Enter');
  await on.gone('dialog[open]');
  expect(on.calls, 'the booking moves it').not.toContain('journey_move');
  expect(on.sent('appointment_book')).toMatchObject({
    customerId: 'x5',
    journeyId: 'j7',
    kind: 'treatment',
    service: 'ฟิลเลอร์',
    place: { date: '2026-10-02', startTime: '14:00' },
  });
  await on.see(`[data-column=treatment_scheduled] ${card('j7')}`);
  expect(on.one(card('j7')).textContent).toContain('พรุ่งนี้ 14:00');
  await on.press('Ctrl Z');
  await on.see(`[data-column=payment_confirmed] ${card('j7')}`);
  expect(bookingOf(on, 'j7')).toBeUndefined();
});

test('a journey is rescheduled by moving its booking; where there is none one is made', async () => {
  const on = await openWindow();
  await toBoard(on, 'j1');
  await openMenu(on);
  await on.press('2');
  const dialog = await on.see('[data-dialog=move]');
  expect(dialog.textContent, 'from when').toContain('1 ต.ค. 10:30');
  await write(on, 'date', '2/10/69');
  await write(on, 'time', '1515');
  await on.press('Ctrl Enter');
  await on.gone('dialog[open]');
  expect(on.sent('appointment_reschedule')).toMatchObject({
    id: 'b1',
    from: { date: '2026-10-01', startTime: '10:30', endTime: '11:30' },
    to: { date: '2026-10-02', startTime: '15:15', endTime: '16:15' },
  });
  expect(on.calls).not.toContain('journey_move');
  await on.read('พรุ่งนี้ 15:15');
  on.clinic.journeyOf.clear();
  await openMenu(on);
  await on.press('2');
  expect((await on.see('[data-dialog=book] [data-unbooked]')).textContent).toContain('2 ต.ค. 15:15');
});

test('a plan is title, sessions and sum; sessions that are none are said, not sent', async () => {
  const on = await openWindow({ as: 'เมย์' });
  await toBoard(on, 'j9');
  await openMenu(on);
  await on.press('1');
  (await on.see('[data-dialog=journey-step] input[name=title]')).focus();
  await on.type('เลเซอร์');
  on.one('input[name=sessions]').focus();
  await on.type('500');
  await on.read('เป็นเลข 1 ถึง 99');
  await on.press('Ctrl Enter');
  expect(on.calls).not.toContain('journey_move');
  (on.one('input[name=sessions]') as HTMLInputElement).select();
  await on.type('6');
  on.one('input[name=amount]').focus();
  await on.type('12,500.50');
  await on.press('Ctrl Enter');
  await on.see(`[data-column=proposal_sent] ${card('j9')}`);
  expect(on.sent('journey_move')).toMatchObject({ title: 'เลเซอร์', sessions: 6, satang: 1_250_050, note: null });
});

test('cancelling asks why; Esc keeps what was typed', async () => {
  const on = await openWindow();
  await toBoard(on, 'j1');
  const reach = async () => {
    await openMenu(on);
    await on.press('4');
    (await on.see('[data-dialog=journey-step] input[name=note]')).focus();
  };
  await reach();
  expect(on.one('[data-cancels=b1]').textContent, 'what is cancelled with it').toBe('1 ต.ค. 10:30 · HydraFacial · บีม');
  await on.press('Enter');
  expect(on.calls, 'without a reason').not.toContain('journey_move');
  await on.type('ย้ายบ้าน');
  await on.press('Esc');
  await on.gone('dialog[open]');
  await reach();
  expect((on.one('input[name=note]') as HTMLInputElement).value).toBe('ย้ายบ้าน');
  await on.press('Enter');
  await on.see(`[data-column=completed] ${card('j1')}`);
  expect(on.clinic.journeys.find(({ id }) => id === 'j1')).toMatchObject({ outcome: 'cancelled', reason: 'ย้ายบ้าน' });
  expect(on.one(card('j1')).textContent).toContain('ยกเลิก');
  expect(bookingOf(on, 'j1')?.standing).toBe('cancelled');
  await on.press('Ctrl Z');
  await on.see(`[data-column=treatment_scheduled] ${card('j1')}`);
  expect(bookingOf(on, 'j1')?.standing, 'both come back').toBe('booked');
});

test('a journey without a booking is cancelled without a word about one', async () => {
  const on = await openWindow();
  await toBoard(on, 'j7');
  await openMenu(on);
  (await on.see('[data-option=cancel]')).click();
  await on.see('[data-dialog=journey-step] input[name=note]');
  expect(on.none('[data-cancels]')).toBe(true);
});

test('W says in one sentence why she is in this stage, and leads to the move and to the follow-up', async () => {
  const on = await openWindow();
  await toBoard(on, 'j1');
  await on.press('W');
  const why = await on.see('[data-dialog=journey-why] [data-why]');
  expect(why.textContent?.replace(/\s+/g, ' ')).toMatch(/อยู่ขั้น “นัดทำ” เพราะ นัดครั้งถัดไป · นก · เมื่อวาน 18:02.*นัดไว้ 10:30/);
  on.one('[data-link=move]').click();
  await on.see('[data-screen=card] [data-customer-id=c1]');
  await on.see('[role=tab][aria-selected=true]');
  expect(on.one('[role=tab][aria-selected=true]').textContent).toContain('เส้นทาง');
  await toBoard(on, 'j6');
  await on.press('W');
  (await on.see('[data-link=followup]')).click();
  await on.see('[data-screen=today] [data-row-id=f1][aria-selected=true]');
});

test('a card carried to a column makes the one move that leads there', async () => {
  const on = await openWindow();
  await toBoard(on);
  await dropOn(on.one(card('j1')), on.one('[data-column=in_treatment]'));
  await on.see(`[data-column=in_treatment] ${card('j1')}`);
  expect(on.sent('journey_move')).toMatchObject({ id: 'j1', action: 'start_treatment', expected: 5 });
});

test('where two moves lead, the drop asks which; a trembling hand and Esc move nothing', async () => {
  const on = await openWindow({ as: 'ดาว' });
  await toBoard(on);
  await dropOn(on.one(card('j4')), on.one('[data-column=completed]'));
  await on.see('[data-dialog=journey-move]');
  const options = [...document.querySelectorAll<HTMLElement>('[data-option]')].map(({ dataset }) => dataset['option']);
  expect(options).toEqual(['mark_lost', 'cancel']);
  await on.press('Esc');
  await on.gone('dialog[open]');
  await dropOn(on.one(card('j4')), on.one('[data-column=payment_confirmed]'), { far: 2 });
  await dropOn(on.one(card('j4')), on.one('[data-column=payment_confirmed]'), { isGivenUp: true });
  expect(on.calls).not.toContain('journey_move');
  expect(on.one('[data-screen=journeys]')).toBeTruthy();
});

test('a drop that is refused says why in one sentence; where nothing leads it says that', async () => {
  const on = await openWindow({ as: 'เมย์' });
  await toBoard(on);
  await dropOn(on.one(card('j6')), on.one('[data-column=scanned]'));
  await on.read('ไม่มีทางจาก “ติดตาม” ไป “ตรวจผิว” ในครั้งเดียว');
  await dropOn(on.one(card('j1')), on.one('[data-column=in_treatment]'));
  await on.see('[data-toast=info]');
  expect(on.one('[data-toast=info]').textContent).toContain('ผู้ดูแล');
  expect(stageOf(on, 'j1')).toBe('treatment_scheduled');
  expect(on.calls).not.toContain('journey_move');
});

test('the end of a course that is not over is refused with the sessions that are left', async () => {
  const on = await openWindow({ as: 'เมย์' });
  await toBoard(on, 'j6');
  await openMenu(on);
  expect(on.one('[data-refused=close_case]').textContent).toContain('3');
  expect(on.none('[data-option=close_case]')).toBe(true);
});

test('a journey that a colleague moved first is not moved twice', async () => {
  const on = await openWindow();
  await toBoard(on, 'j1');
  await openMenu(on);
  Object.assign(on.clinic.journeys.find(({ id }) => id === 'j1') ?? {}, { stage: 'in_treatment', version: 6 });
  await on.press('1');
  await on.see('[data-toast=failed]');
  expect(on.one('[data-toast=failed]').textContent).toContain('กำลังทำ');
  expect(on.none('dialog[open]')).toBe(true);
});

test('what the clinic changes arrives without taking the selection or the focus', async () => {
  const on = await openWindow();
  await toBoard(on, 'j1');
  const before = on.one(card('j1'));
  Object.assign(on.clinic.journeys.find(({ id }) => id === 'j2') ?? {}, { stage: 'scanned' });
  on.clinic.tell('journeys');
  await on.see(`[data-column=scanned] ${card('j2')}`);
  expect(selected(on)).toBe('j1');
  expect(on.one(card('j1')), 'the very same card').toBe(before);
  expect(document.activeElement?.getAttribute('role')).toBe('listbox');
});

/** So many more of a stage, which came long before the others; the last of them a moment ago. */
function crowd(on: Opened, stage: string, count = 700) {
  const [pattern] = on.clinic.journeys.filter(({ id }) => id === 'j2');
  if (!pattern) throw new Error('the fake has journeys');
  for (let nth = 0; nth < count; nth++) {
    on.clinic.journeys.push({
      ...pattern,
      id: `n${nth}`,
      stage,
      stageSince: pattern.stageSince - (count - nth) * 60_000,
    });
  }
}

const cardsOf = (stage: string) => [...document.querySelectorAll<HTMLElement>(`[data-column=${stage}] [data-row-id]`)];
const windows = (on: Opened) => (on.sent('journey_board') as BoardAsk).windows;

test('by keys to the end of seven hundred and back: only what is in view is in the page and asked for', async () => {
  const on = await openWindow();
  crowd(on, 'lead_created');
  await toBoard(on);
  expect(on.one('#column-lead_created').textContent).toContain('702');
  const [first] = cardsOf('lead_created').map(({ dataset }) => dataset['rowId']);
  await on.press('End');
  await on.see(`${card('j2')}[aria-selected=true]`);
  expect(cardsOf('lead_created').length).toBeLessThan(25);
  expect(cardsOf('lead_created').at(-1)?.dataset['rowId']).toBe('j2');
  expect(on.one(card('j2')).getAttribute('aria-posinset')).toBe('702');
  expect(on.one(card('j2')).getAttribute('aria-setsize')).toBe('702');
  expect(on.one('[role=listbox]').getAttribute('aria-activedescendant')).toBe('row-j2');
  expect(windows(on).length, 'of one column').toBe(1);
  expect(Math.max(...windows(on).map(({ from, to }) => to - from))).toBeLessThan(40);
  for (let step = 0; step < 30; step++) await on.press('↑');
  await on.see(`${card('n670')}[aria-selected=true]`);
  expect(on.one('[role=listbox]').getAttribute('aria-activedescendant')).toBe('row-n670');
  await on.press('PgUp', 'Home');
  await on.see(`${card(first ?? '')}[aria-selected=true]`);
  expect(cardsOf('lead_created').length).toBeLessThan(25);
});

test('from the end of a long stage the next stage is entered at the height at which the eye is', async () => {
  const on = await openWindow();
  crowd(on, 'scanned');
  await toBoard(on);
  await on.press('→', 'End');
  await on.see(`${card('j9')}, [aria-posinset="701"][aria-selected=true]`);
  await on.press('←');
  expect(selected(on), 'the lowest that is there').toBe('j2');
  await on.press('→', '→');
  expect(selected(on)).toBe('j4');
});

test('a card that goes to the end of a long stage is seen there; two columns are read, a few of their cards, and no other moves', async () => {
  const on = await openWindow();
  crowd(on, 'in_treatment');
  await toBoard(on, 'j1');
  const elsewhere = on.one(card('j3'));
  await openMenu(on);
  await on.press('1');
  await on.see(`[data-column=in_treatment] ${card('j1')}[aria-selected=true]`);
  await settle();
  expect(on.one(card('j1')).getAttribute('aria-posinset')).toBe('702');
  expect(on.one('[role=listbox]').getAttribute('aria-activedescendant')).toBe('row-j1');
  expect(windows(on).map(({ stage }) => stage)).toEqual(['treatment_scheduled', 'in_treatment']);
  expect(cardsOf('in_treatment').length).toBeLessThan(25);
  expect(on.one('[data-column=in_treatment] .cards').scrollTop).toBeGreaterThan(50_000);
  expect(on.one('[data-column=lead_created] .cards').scrollTop).toBe(0);
  expect(on.one(card('j3')), 'the very same card').toBe(elsewhere);
  await on.press('Ctrl Z');
  await on.see(`[data-column=treatment_scheduled] ${card('j1')}[aria-selected=true]`);
});

test('a selected card that a colleague moves to the end of a long stage is gone along with', async () => {
  const on = await openWindow();
  crowd(on, 'follow_up');
  await toBoard(on, 'j5');
  Object.assign(on.clinic.journeys.find(({ id }) => id === 'j5') ?? {}, {
    stage: 'follow_up',
    stageSince: on.clinic.now(),
  });
  on.clinic.tell('journeys');
  await on.see(`[data-column=follow_up] ${card('j5')}[aria-selected=true]`);
  expect(on.one(card('j5')).getAttribute('aria-posinset')).toBe('702');
});

test('what comes in above does not move what the eye is on, and whoever scrolled away stays there', async () => {
  const on = await openWindow();
  crowd(on, 'lead_created');
  await toBoard(on);
  const column = on.one('[data-column=lead_created] .cards');
  for (let step = 0; step < 30; step++) await on.press('↓');
  await settle();
  const [before, chosen] = [column.scrollTop, selected(on)];
  Object.assign(on.clinic.journeys.find(({ id }) => id === 'j9') ?? {}, { stage: 'lead_created', stageSince: 0 });
  on.clinic.tell('journeys');
  await on.gone(`[data-column=scanned] ${card('j9')}`);
  await settle();
  expect(selected(on)).toBe(chosen);
  expect(column.scrollTop - before, 'one card').toBe(83);
  column.scrollTop = 40_000;
  column.dispatchEvent(new Event('scroll'));
  await settle();
  expect(on.none('[aria-selected=true][role=option]'), 'it is far above').toBe(true);
  on.clinic.tell('journeys');
  await settle();
  expect(column.scrollTop).toBe(40_000);
  await on.press('↓');
  await settle();
  expect(column.scrollTop, 'the keys go on from the selected card').toBeLessThan(4_000);
});

test('nothing there, and something wrong, are said; the second can be tried again', async () => {
  const on = await openWindow({ isEmpty: true });
  await on.press(to('journeys'));
  await on.read('ยังไม่มีเส้นทาง');
  const broken = await openWindow();
  broken.clinic.failing.set('journey_board', 'cache_busy');
  await broken.press(to('journeys'));
  await broken.see('[data-screen=journeys] [data-error=cache_busy]');
  broken.clinic.failing.delete('journey_board');
  broken.one('[data-action=retry]').click();
  await broken.see(card('j1'));
});

test('on the customer’s card the chosen journey is moved by the same menu', async () => {
  const on = await openWindow();
  await toCard(on);
  await openMenu(on);
  await on.press('1');
  await on.read('ย้ายพลอยไปขั้น “กำลังทำ” แล้ว');
  expect(stageOf(on, 'j1')).toBe('in_treatment');
  await on.see('.band [aria-current=step]');
  expect(on.one('.band [aria-current=step]').textContent).toContain('กำลังทำ');
});

test('J begins a journey, A gives it away, Ctrl Z takes each back', async () => {
  const on = await openWindow();
  await toCard(on);
  await on.press('J');
  (await on.see('[data-dialog=journey-begin] input[name=title]')).focus();
  await on.type('Botox');
  on.one('input[name=sessions]').focus();
  await on.type('3');
  await on.press('Enter');
  await on.gone('dialog[open]');
  expect(on.sent('journey_open')).toEqual({
    customerId: 'c1',
    title: 'Botox',
    sessions: 3,
    salesId: null,
    beauticianId: null,
  });
  await on.press('Ctrl Z');
  await on.read('ย้อน: เริ่มเส้นทาง');
  expect(on.clinic.journeys.some(({ plan }) => plan === 'Botox')).toBe(false);
  await on.press('A');
  const first = await on.see('[data-dialog=journey-give] [data-option]');
  const person = first.dataset['option'];
  first.focus();
  await on.press('1');
  await on.gone('dialog[open]');
  expect(on.sent('journey_assign')).toEqual({ id: 'j1', part: 'beautician', to: person });
  expect(on.clinic.journeys.find(({ id }) => id === 'j1')?.beautician?.id).toBe(person);
});

test('Ctrl 0 opens the settings for everybody, also where the menu has ten places', async () => {
  for (const as of ['นก', 'ดาว']) {
    const on = await openWindow({ as });
    await on.press('Ctrl 0');
    await on.see('[data-screen=settings]');
  }
});
