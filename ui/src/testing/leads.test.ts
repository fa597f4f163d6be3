/** Leads by keyboard alone, on the whole window, under a Thai layout. */
import { expect, test } from 'vitest';
import { openWindow, settle, type Opened } from './window';

const selected = (on: Opened) => on.one('[role=row][aria-selected=true]').dataset['rowId'];

async function toLeads(on: Opened) {
  await on.press('F6');
  await on.see('[data-screen=leads] [data-row-id=l1]');
}

test('F6 shows who waits, who else is there, and who has somebody', async () => {
  const on = await openWindow();
  await toLeads(on);
  const groups = [...document.querySelectorAll<HTMLElement>('[data-group]')].map((group) => [
    group.dataset['group'],
    [...group.querySelectorAll<HTMLElement>('[data-row-id]')].map((row) => row.dataset['rowId']),
  ]);
  expect(groups).toEqual([
    ['hot', ['l1', 'l2']],
    ['open', ['l3']],
    ['claimed', ['l4']],
  ]);
  expect(selected(on)).toBe('l1');
  expect(on.one('[data-row-id=l4]').textContent).toContain('เมย์รับแล้ว');
  expect(on.one('[data-place=leads] .n').textContent).toContain('2');
});

test('the lead in front says how long it waits, what happens next, and why it is hot', async () => {
  const on = await openWindow();
  await toLeads(on);
  const pane = on.one('[data-detail=lead]').closest('aside');
  expect(pane?.querySelector('.figure')?.textContent).toMatch(/^11:[34]\d$/);
  expect(on.one('[data-part=escalation]').textContent).toContain('ส่งต่อเมย์แล้ว');
  expect(on.one('[data-part=escalation]').textContent).toMatch(/ดาวอีก\s*3:[012]\d/);
  const why = on.one('[data-part=why-hot]').textContent;
  expect(why).toContain('ถามเวลาวันนี้');
  expect(why).toContain('ซื้อ 23 จาก 52 คน · ทั้งคลินิก 22 จาก 100');
  expect(why).toContain('ยังไม่รู้งบ');
  expect(pane?.textContent).toContain('ประมาณการ');
  expect(pane?.textContent).not.toContain('%');
});

test('A takes a lead, Ctrl Z gives it back', async () => {
  const on = await openWindow();
  await toLeads(on);
  await on.press('A');
  await on.see('[data-group=claimed] [data-row-id=l1]');
  await on.see('[data-toast=done]');
  expect(on.clinic.leads.find(({ id }) => id === 'l1')).toMatchObject({
    status: 'claimed',
    claimedBy: { id: 'p-nok' },
  });
  await on.press('Ctrl Z');
  await on.see('[data-group=hot] [data-row-id=l1]');
});

test('a lead that a colleague took first is refused in words, and shows whose it is', async () => {
  const on = await openWindow();
  await toLeads(on);
  const lead = on.clinic.leads.find(({ id }) => id === 'l1');
  const other = on.clinic.leads.find(({ id }) => id === 'l4');
  Object.assign(lead ?? {}, { status: 'claimed', claimedBy: other?.claimedBy, claimedAt: on.clinic.now() });
  await on.press('A');
  await on.see('[data-toast=failed]');
  expect(on.one('[data-toast=failed]').textContent).toContain('มีคนรับลีดนี้ไปก่อนแล้ว');
  on.clinic.tell('leads');
  await on.see('[data-group=claimed] [data-row-id=l1]');
});

test('C, a number, a note and Enter: the call is logged and the clock stands', async () => {
  const on = await openWindow();
  await toLeads(on);
  await on.press('A');
  await on.see('[data-group=claimed] [data-row-id=l1]');
  await on.press('C');
  (await on.see('[data-dialog=answer] [data-option=talked]')).focus();
  await on.press('1');
  await on.see('[data-dialog=answer] input[name=note]');
  await on.type('นัดบ่ายสอง');
  await on.press('Enter');
  await on.gone('[data-dialog=answer]');
  expect(on.sent('lead_answer')).toEqual({ id: 'l1', outcome: 'talked', note: 'นัดบ่ายสอง', nextAt: null });
  await on.read('นกตอบเมื่อ');
  expect(on.one('[data-row-id=l1]').textContent).toContain('ของเรา · คุยแล้ว');
});

test('an answer that closes a lead takes it off the list; the next one is selected', async () => {
  const on = await openWindow();
  await toLeads(on);
  await on.press('C');
  (await on.see('[data-option=booked]')).focus();
  await on.press('2');
  await on.see('[data-dialog=answer] input[name=note]');
  await on.press('Enter');
  await on.gone('[data-row-id=l1]');
  expect(selected(on)).toBe('l2');
});

test('S lets a lead rest for oneself; it stays where it is', async () => {
  const on = await openWindow();
  await toLeads(on);
  await on.press('S');
  (await on.see('[data-dialog=snooze-lead] [data-option=quarter]')).focus();
  await on.press('1');
  await on.gone('[data-dialog=snooze-lead]');
  await on.read('พักถึง');
  expect(selected(on)).toBe('l1');
});

test('R gives a lead back; a colleague’s only a manager', async () => {
  const on = await openWindow();
  await toLeads(on);
  await on.press('End', 'R');
  expect(on.calls).not.toContain('lead_release');
  const manager = await openWindow({ as: 'ดาว' });
  await toLeads(manager);
  await manager.press('End', 'R');
  await manager.see('[data-group=open] [data-row-id=l4], [data-group=hot] [data-row-id=l4]');
});

test('in Today A takes the lead that is selected, and a toast leads to the lead', async () => {
  const on = await openWindow();
  await on.see('[data-screen=today] [data-row-id=l1]');
  on.clinic.open('/leads/l2');
  await on.see('[data-screen=leads] [data-row-id=l2][aria-selected=true]');
  on.clinic.open('/today');
  await on.see('[data-screen=today] [data-row-id=l1]');
  await on.press('A');
  await on.read('ของเรา');
  expect(selected(on), 'the hand stays where it was').toBe('l1');
  expect(on.sent('lead_claim')).toEqual({ id: 'l1' });
});

test('outside opening hours the clock stands and says when it goes on', async () => {
  const on = await openWindow();
  const lead = on.clinic.leads.find(({ id }) => id === 'l1');
  if (!lead) throw new Error('the fake has leads');
  const opens = on.clinic.now() + 3_600_000;
  const still = { ...lead, clock: { waited: 120_000, at: on.clinic.now(), isRunning: false, turnsAt: opens } };
  const { waitedMs, nextTurn } = await import('../screens/leads/lead-clock');
  expect(waitedMs(still, on.clinic.now() + 600_000)).toBe(120_000);
  const running = { ...still, clock: { ...still.clock, isRunning: true, turnsAt: still.clock.at + 60_000 } };
  expect(waitedMs(running, still.clock.at + 30_000)).toBe(150_000);
  expect(waitedMs(running, still.clock.at + 600_000), 'it stops when the clinic closes').toBe(180_000);
  expect(nextTurn([still, running])).toBe(running.clock.turnsAt);
  await settle();
});

test('a lead made into a customer is theirs: the lead opens the card', async () => {
  const on = await openWindow();
  await toLeads(on);
  await on.press('Enter');
  (await on.see('[data-dialog=new-customer] input[name=full_name]')).focus();
  await on.press('Enter');
  await on.gone('[data-dialog=new-customer]');
  await toLeads(on);
  await settle();
  expect(on.clinic.leads.find((lead) => lead.id === 'l1')?.customerId).not.toBeNull();
  expect(on.one('[data-detail=lead]').closest('aside')?.querySelector('[data-action=open-customer]')).not.toBeNull();
});
