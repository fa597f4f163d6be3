/** What a person does with the keyboard alone, on the whole window. Every key goes out as a Thai layout sends it. */
import { fireEvent } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import { drafts } from '../state/drafts.svelte';
import { openWindow, settle, to, type Opened } from './window';

async function unlock(on: Opened, pin: string) {
  await on.press(...pin);
  await settle();
}

const selected = (on: Opened) => on.one('[role=row][aria-selected=true]').dataset['rowId'];

test('search finds by the last digits and opens the second hit', async () => {
  const on = await openWindow();
  await on.press('Ctrl K');
  await on.type('5678');
  await on.see('[role=option][data-row-id=c2]');
  expect(on.one('[role=option][data-row-id=c1] mark').textContent).toBe('5678');
  expect(on.one('[role=option]').dataset['rowId']).toBe('c1');
  await on.press('↓', 'Enter');
  await on.see('[data-screen=card] [data-customer-id=c2]');
  expect(on.none('[data-dialog=search]')).toBe(true);
});

test('search says that it repaired the keyboard layout and how long it took', async () => {
  const on = await openWindow();
  await on.press('/');
  await on.type('r]vp');
  await on.see('[data-repaired]');
  expect(on.one('[data-repaired]').textContent).toContain('พลอย');
  expect(on.one('[data-took]').textContent).toContain('2.3');
  const said = on.one('[data-dialog=search] [role=status]');
  expect(said.textContent).toContain('พลอย');
  expect(said.textContent).toMatch(/ลูกค้า \d+ จาก \d+/);
  expect(on.one('[data-took]').closest('[aria-live], [role=status]')).toBeNull();
});

test('Alt and a number opens that hit; the empty search then shows it as opened last', async () => {
  const on = await openWindow();
  await on.press('Ctrl K');
  await on.type('พลอย');
  await on.see('[role=option][data-row-id=c2]');
  await on.press('Alt 2');
  await on.see('[data-customer-id=c2]');
  await on.press('Ctrl K');
  await on.see('[role=option][data-row-id=c2]');
});

test('Enter before the answer opens what was typed, not what stood there', async () => {
  const on = await openWindow();
  await on.press('Ctrl K');
  await on.type('พลอย');
  await on.see('[role=option]');
  const release = on.holdNext('customer_search');
  await on.type('ฮ');
  await on.press('Enter');
  release();
  await settle();
  expect(on.none('[data-screen=card]')).toBe(true);
  expect(on.none('[role=option]')).toBe(true);
});

test('each lot of points says the day on which it expires', async () => {
  const on = await openWindow();
  await on.press('Ctrl K');
  await on.type('พลอย');
  await on.see('[role=option]');
  await on.press('Enter');
  await on.see('[data-screen=card] .lot');
  const days = [...document.querySelectorAll('[data-screen=card] .lot .t2')].map((day) => day.textContent);
  expect(days.length).toBeGreaterThan(0);
  for (const day of days) expect(day).toMatch(/25[67]\d$/);
});

test('a task is done with D and Enter, its row leaves and the next one is selected', async () => {
  const on = await openWindow();
  await on.press('F4');
  await on.see('[data-row-id=t1]');
  expect(selected(on)).toBe('t1');
  await on.press('D');
  await on.see('[data-dialog=complete]');
  await on.type('ชำระแล้ว');
  await on.press('Enter');
  await on.gone('[data-row-id=t1]');
  expect(selected(on)).toBe('t2');
  expect(on.clinic.tasks.find(({ id }) => id === 't1')).toMatchObject({ status: 'completed' });
  expect(on.clinic.tasks.find(({ id }) => id === 't1')?.notes).toContain('ชำระแล้ว');
  await on.see('[data-toast=done]');
});

test('offline, a note is kept and its task shows that it waits', async () => {
  const on = await openWindow({ mode: 'offline' });
  await on.press('F4', 'N');
  await on.type('โทรกลับบ่ายสาม');
  await on.press('Ctrl Enter');
  await on.see('[data-toast=waiting]');
  await on.see('[data-row-id=t1] .chip.warn');
  expect(on.one('footer').dataset['state']).toBe('offline');
  expect(on.one('footer').textContent).toContain('4');
});

test('a task is snoozed with S and a number', async () => {
  const on = await openWindow();
  await on.press('F4', 'S');
  (await on.see('[data-option=quarter]')).focus();
  await on.press('3');
  await on.gone('[data-row-id=t1]');
  await on.press('Alt 2');
  await on.see('[data-row-id=t1]');
});

test('a task given to a colleague leaves my list and stands in everyone’s', async () => {
  const on = await openWindow();
  await on.press('F4', 'A');
  (await on.see('[data-option=p-may]')).click();
  await on.gone('[data-row-id=t1]');
  await on.press('M');
  await on.see('[data-row-id=t1]');
});

test('a follow-up is done, and cancelled, from Today', async () => {
  const on = await openWindow();
  await on.press('↓', '↓');
  expect(selected(on)).toBe('f1');
  await on.press('D');
  await on.see('[data-dialog=followup-done]');
  await on.press('Enter');
  await on.gone('[data-row-id=f1]');
  expect(selected(on)).toBe('f2');
  await on.press('X');
  await on.type('นัดใหม่แล้ว');
  await on.press('Enter');
  await on.gone('[data-row-id=f2]');
  expect(on.clinic.followups.map(({ status }) => status).slice(0, 2)).toEqual(['delivered', 'cancelled']);
});

test('wrong PINs are counted, then paused; the right one opens', async () => {
  const on = await openWindow({ phase: 'locked' });
  await unlock(on, '0000');
  await on.read('เหลืออีก 4 ครั้ง');
  await unlock(on, '2468');
  await on.see('[data-screen=today]');
  await on.press('F12');
  await on.see('[data-screen=lock]');
  await on.press('↓');
  for (let n = 0; n < 5; n++) await unlock(on, '1111');
  await on.read('พักการใส่ PIN');
  await unlock(on, '8642');
  expect(on.none('[data-screen=today]')).toBe(true);
});

test('half a note survives the lock and another person, and only its author sees it', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c3');
  await on.see('[data-customer-id=c3]');
  await on.press('N');
  await on.type('ลูกค้าชอบ');
  await on.press('F12');
  await on.see('[data-screen=lock]');
  expect(on.one('[data-person=นก]').textContent).toContain('พิมพ์ค้าง 1');
  await on.press('↓');
  await unlock(on, '8642');
  await on.see('[data-screen=today]');
  on.clinic.open('/customers/c3');
  expect(((await on.see('textarea[name=note]')) as HTMLTextAreaElement).value).toBe('');
  await on.press('F12', '↑');
  await unlock(on, '2468');
  on.clinic.open('/customers/c3');
  expect(((await on.see('textarea[name=note]')) as HTMLTextAreaElement).value).toBe('ลูกค้าชอบ');
  expect(JSON.stringify(localStorage)).not.toContain('ลูกค้าชอบ');
});

test('the file for support is written from the settings, and its place is shown', async () => {
  const on = await openWindow();
  await on.press(to('settings'));
  on.one('[data-action=support-file]').click();
  await settle();
  expect(on.one('[data-screen=settings]').textContent).toContain('aura-desk-support.json');
});

test('a PC too long without contact says since when and what opens it; a PIN does not', async () => {
  const on = await openWindow({ phase: 'locked', staleSince: Date.parse('2026-09-20T03:00:00Z') });
  expect(on.one('[data-notice=cache_stale]').textContent).toContain('20 ก.ย. 2569 10:00');
  await unlock(on, '2468');
  expect(on.one('[data-screen=lock] .pane [role=status]').textContent).toContain('ตั้งแต่ 20 ก.ย. 2569 10:00');
});

test('a PC that the clinic has wiped says so on its first screen, and takes a new code there', async () => {
  const on = await openWindow({ phase: 'first_start', blocked: 'pc_wiped' });
  expect(on.one('[data-notice=pc_wiped]').textContent).toContain('ถูกล้างตามคำสั่งของคลินิก');
  expect(on.one('textarea[name=code]')).toBeTruthy();
});

test('who unlocks again is where they were', async () => {
  const on = await openWindow();
  await on.press('F4', 'F12');
  await unlock(on, '2468');
  await on.see('[data-screen=tasks]');
});

test('Esc leaves the note first and loses nothing, then leaves the card', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('N');
  await on.type('abc');
  await on.press('Esc');
  expect((on.one('textarea[name=note]') as HTMLTextAreaElement).value).toBe('abc');
  await on.press('Esc');
  await on.see('[data-screen=today]');
});

test('letters typed into a field trigger nothing', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('N');
  await on.press('E', 'P', '/', 'N');
  expect(on.none('dialog')).toBe(true);
  await on.press('F9');
  await on.see('[data-dialog=award]');
});

test('a customer is added with F2; the form keeps its text when the backend refuses', async () => {
  const on = await openWindow();
  await on.press('F2');
  await on.type('ฟ้า ใสสะอาด');
  on.one('input[name=phone]').focus();
  await on.type('085-777-88');
  await on.read('ขาดอีก 2');
  on.clinic.failing.set('customer_create', 'phone_invalid');
  await on.press('Ctrl Enter');
  await on.see('input[name=phone][aria-invalid=true]');
  expect((on.one('input[name=full_name]') as HTMLInputElement).value).toBe('ฟ้า ใสสะอาด');
  on.clinic.failing.clear();
  on.one('input[name=phone]').focus();
  await on.type('88');
  await on.press('Ctrl Enter');
  await on.see('[data-screen=card]');
  await on.read('085-777-8888');
  expect(on.clinic.customers.at(-1)).toMatchObject({ fullName: 'ฟ้า ใสสะอาด', phone: '085-777-8888', nickname: null });
});

test('the new form warns when the number belongs to someone', async () => {
  const on = await openWindow();
  await on.press('F2');
  on.one('input[name=phone]').focus();
  await on.type('0830001111');
  await on.see('[data-action=open-twin]');
  await on.read('ปานวาด ทองใบ');
});

test('a closed form opens again with what was typed', async () => {
  const on = await openWindow();
  await on.press('F2');
  await on.type('มะลิ');
  await on.press('Esc');
  expect(on.none('[data-dialog=new-customer]')).toBe(true);
  await on.press('F2');
  expect((on.one('input[name=full_name]') as HTMLInputElement).value).toBe('มะลิ');
});

test('what was typed about one person never ends up in the form of another, and waits for its own', async () => {
  const on = await openWindow();
  const value = (name: string) => (on.one(`input[name=${name}]`) as HTMLInputElement).value;
  const addFromSearch = async (typed: string) => {
    await on.press('Ctrl K');
    await on.type(typed);
    await on.press('F2');
    await on.see('[data-dialog=new-customer]');
  };
  await addFromSearch('0891112222');
  on.one('input[name=full_name]').focus();
  await on.type('ฟ้า');
  await on.press('Esc');
  await addFromSearch('มะลิ');
  expect([value('full_name'), value('phone')]).toEqual(['มะลิ', '']);
  await on.press('Esc');
  await addFromSearch('0891112222');
  expect([value('full_name'), value('phone')]).toEqual(['ฟ้า', '0891112222']);
});

test('a form that was only filled in by itself is not left as unfinished work', async () => {
  const on = await openWindow();
  await on.press('Ctrl K');
  await on.type('มะลิ');
  await on.press('F2');
  await on.see('[data-dialog=new-customer]');
  await on.press('Esc');
  expect(drafts.waitingFor(drafts.person)).toBe(0);
  await on.press('F2');
  expect((on.one('input[name=full_name]') as HTMLInputElement).value).toBe('');
});

test('an edit sends only what changed, with what was seen', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('E');
  on.one('input[name=nickname]').focus();
  await on.type('ใหญ่');
  await on.press('Ctrl Enter');
  await on.gone('[data-dialog=edit]');
  await on.read('“พลอยใหญ่”');
  expect(on.sent('customer_edit')).toEqual({
    id: 'c1',
    changes: [{ field: 'nickname', from: 'พลอย', to: 'พลอยใหญ่' }],
  });
  expect([...drafts.read('edit:c1/nickname')]).toEqual([]);
});

test('a payment: the sum is shown before saving, and pressing twice takes it once', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-points="1240"]');
  await on.press('F9');
  await on.type('1999');
  await on.see('[data-award-points="399"]');
  await on.read('⌊1,999.00 × 2 ÷ 10⌋');
  await on.read('1,639');
  await on.press('Enter');
  await on.press('Enter');
  await on.see('[data-points="1639"]');
  expect(on.clinic.ledger('c1').filter(({ amount }) => amount === 399)).toHaveLength(1);
});

test('an amount that was left is replaced by the next one, not made longer', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('F9');
  await on.type('100');
  await on.press('Esc');
  await on.press('F9');
  await on.type('250');
  await on.see('[data-award-points="50"]');
});

test('points are redeemed by keyboard, with the effect shown before anything is taken', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('R');
  await on.type('120');
  await on.see('[data-after="1120"]');
  expect(on.clinic.customer('c1').points).toBe(1240);
  await on.press('Enter');
  await on.gone('[data-dialog=redeem]');
  await on.see('[data-points="1120"]');
  expect(on.clinic.ledger('c1').filter(({ amount }) => amount === -120)).toHaveLength(1);
});

test('more points than there are: the gap is named and nothing is taken', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('R');
  await on.type('5000');
  await on.read('ขาด 3,760 แต้ม มี 1,240');
  await on.press('Enter');
  expect(on.calls).not.toContain('points_redeem');
});

test('two quick presses of one save are one call', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('F9');
  await on.type('500');
  await on.see('[data-award-points="100"]');
  const save = on.one('[data-dialog=award] [data-action=save]');
  save.click();
  save.click();
  await on.gone('[data-dialog=award]');
  expect(on.calls.filter((name) => name === 'payment_take')).toHaveLength(1);
});

test('two saves in one breath are one customer', async () => {
  const on = await openWindow();
  await on.press('F2');
  await on.type('ฟ้า');
  const twice = { code: 'Enter', key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true };
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', twice));
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', twice));
  await on.see('[data-screen=card]');
  expect(on.calls.filter((name) => name === 'customer_create')).toHaveLength(1);
});

test('an amount that is none is refused in words and saves nothing', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('F9');
  await on.type('สองร้อย');
  await on.see('input[name=amount][aria-invalid=true]');
  await on.press('Enter');
  expect(on.calls).not.toContain('payment_take');
});

test('an amount that earns no point is taken all the same, without an entry', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  const entries = on.clinic.ledger('c1').length;
  await on.press('F9');
  await on.type('0.01');
  await on.read('ยอดนี้ยังไม่ได้แต้ม รับชำระได้ตามปกติ');
  await on.press('Enter');
  await on.gone('[data-dialog=award]');
  expect(on.clinic.payments.map(({ satang, points }) => [satang, points])).toEqual([[1, 0]]);
  expect(on.clinic.ledger('c1')).toHaveLength(entries);
});

test('the first points of somebody announce the welcome points', async () => {
  const on = await openWindow();
  const newcomer = on.clinic.customers.find(({ isMember }) => !isMember);
  on.clinic.open(`/customers/${newcomer?.id}`);
  await on.see(`[data-customer-id=${newcomer?.id}]`);
  await on.press('F9');
  await on.type('1999');
  await on.see('[data-welcome="100"]');
  await on.read('แต้มต้อนรับสมาชิกใหม่');
  await on.press('Enter');
  await on.see('[data-points="299"]');
});

test('a refusal without sides is accepted or sent again, in the foot and afterwards too', async () => {
  const on = await openWindow({ withAttention: true });
  await on.press(to('sync'));
  await on.see('[data-detail=attention]');
  await on.read('นก 081-765-4321 · บีม 081-765-1234');
  expect(on.one('footer').textContent).toContain('ใช้อีกฝั่ง');
  await on.press('↓');
  await on.see('[data-code=task_already_closed]');
  expect(on.one('footer').textContent).toContain('รับทราบ ไม่ส่ง');
  expect(on.one('footer').textContent).not.toContain('ใช้อีกฝั่ง');
  await on.press('2');
  await on.read('รับทราบแล้ว ไม่ส่ง');
});

test('a bill that was refused for who took it shows baht, and is sent again by who may', async () => {
  const on = await openWindow({ withAttention: true });
  const typed = { satang: '199950', held: '50000', bill: '222167', discount_percent: '10', note: 'เลเซอร์' };
  const input = Object.entries(typed).map(([field, value]) => ({ field, value }));
  const waits = { name: 'payment.take', code: 'role_not_allowed', subject: 'ศิริพร มณี', input, canRetry: true };
  on.clinic.attention = on.clinic.attention.slice(1).map((row) => ({ ...row, ...waits }));
  await on.press(to('sync'));
  await on.see('[data-code=role_not_allowed]');
  for (const shown of ['1,999.50', '500.00', '2,221.67', 'ส่วนลดสมาชิก (%)']) await on.read(shown);
  expect(on.text()).not.toContain('199950');
  await on.press('1');
  await on.read('ไม่มีรายการต้องดู');
  expect(on.sent('attention_settle')).toMatchObject({ how: 'mine' });
});

test('where nothing is, it is said once', async () => {
  const on = await openWindow({ isEmpty: true });
  await on.press('F4');
  await on.see('[data-screen=tasks]');
  await on.read('ไม่มีงานเปิด');
  expect(on.text()).not.toContain('เลือกแถว');
  await on.press(to('sync'));
  await on.see('[data-screen=sync]');
  await on.read('ไม่มีรายการต้องดู');
  expect(on.text().split('ไม่มีรายการต้องดู')).toHaveLength(2);
});

test('the demo clinic is named at the foot, the sync screen says what to do about it; one button takes a payment', async () => {
  const on = await openWindow({ mode: 'demo' });
  await on.press(to('sync'));
  await on.read('ไม่มีคลินิกให้ซิงก์ด้วย');
  expect(on.text().split('ไม่มีอะไรออกจากเครื่องนี้')).toHaveLength(2);
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  expect(document.querySelectorAll('[aria-keyshortcuts=F9], [data-action^=award]')).toHaveLength(1);
});

test('a lead has one phone number in its detail', async () => {
  const on = await openWindow();
  const pane = await on.see('aside:has([data-detail=lead])');
  expect(pane.textContent.split('084-555-6666')).toHaveLength(2);
});

test('an unexpected failure shows its reference, an expected one does not', async () => {
  const on = await openWindow();
  on.clinic.failing.set('task_complete', 'unexpected');
  await on.press('F4', 'D', 'Enter');
  await on.read('อ้างอิง 7f3a');
  on.clinic.failing.set('task_complete', 'task_already_closed');
  await on.press('Enter');
  await on.read('งานนี้ปิดไปแล้ว');
  expect(on.text()).not.toContain('อ้างอิง');
});

test('both sides of a clash are shown, and 2 takes the other', async () => {
  const on = await openWindow({ withAttention: true });
  await on.press(to('sync'));
  await on.read('081-765-4321');
  await on.read('081-765-1234');
  expect(on.none('[data-screen=sync] .btn.primary')).toBe(true);
  await on.press('2');
  await on.gone('[data-row-id=q1]');
  expect(selected(on)).toBe('q2');
});

test('a notification opens where it leads and is read', async () => {
  const on = await openWindow();
  await on.press('Ctrl D', '↓', 'Enter');
  await on.see('[data-customer-id=c5]');
  expect(on.clinic.notifications.find(({ id }) => id === 'n2')?.isRead).toBe(true);
});

test('Ctrl Shift D asks how long, shows until when, and ends it', async () => {
  const on = await openWindow();
  await on.press('Ctrl Shift D');
  await on.see('[data-dialog=disturb]');
  await on.press('1');
  await on.gone('[data-dialog=disturb]');
  expect(on.clinic.disturb.isOn).toBe(true);
  await settle();
  expect(on.one('[data-action=disturb]').textContent).toMatch(/งดรบกวนถึง.*\d\d:\d\d/);
  await on.press('Ctrl Shift D');
  await settle();
  expect(on.clinic.disturb.isOn).toBe(false);
  expect(on.one('[data-action=disturb]').textContent).not.toContain('ถึง');
});

test('what is put away unread over and over is proposed to be muted: one line, one key', async () => {
  const on = await openWindow();
  on.clinic.proposal = { class: 'booking', count: 5 };
  await on.press('Ctrl D');
  const line = await on.see('[data-proposal=booking]');
  expect(line.textContent).toContain('5 ครั้งติดกัน');
  await on.press('Q');
  await on.gone('[data-proposal]');
  expect(on.sent('notification_mute')).toEqual({ class: 'booking', isMuted: true });
  on.clinic.proposal = { class: 'journey', count: 6 };
  on.clinic.tell('notifications');
  await on.see('[data-proposal=journey]');
  await on.press('K');
  await on.gone('[data-proposal]');
  expect(on.sent('notification_mute')).toEqual({ class: 'journey', isMuted: false });
  const before = on.calls.length;
  await on.press('Q');
  expect(on.calls.slice(before)).not.toContain('notification_mute');
});

test('a notification is put away, the unread alone can be shown, and what gathered is one line', async () => {
  const on = await openWindow();
  on.clinic.gathered = [{ class: 'hot_lead', count: 2 }];
  await on.press('Ctrl D');
  await on.see('[data-row-id=n3]');
  expect(on.one('[data-gathered]').textContent).toMatch(/ลีดร้อน 2/);
  await on.press('M');
  await on.gone('[data-row-id=n3]');
  await on.see('[data-row-id=n2]');
  await on.press('M', 'Delete');
  await on.gone('[data-row-id=n1]');
  expect(on.clinic.notifications.some(({ id }) => id === 'n1')).toBe(false);
});

test('toasts are held while points are given', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c5');
  await on.see('[data-customer-id=c5]');
  await on.press('F9');
  await settle();
  expect(on.clinic.isWithCustomer).toBe(true);
  await on.press('Esc');
  await settle();
  expect(on.clinic.isWithCustomer).toBe(false);
});

test('a place asked for from outside waits for the PIN', async () => {
  const on = await openWindow({ phase: 'locked' });
  on.clinic.open('/customers/c5');
  await settle();
  expect(on.none('[data-screen=card]')).toBe(true);
  await unlock(on, '2468');
  await on.see('[data-customer-id=c5]');
});

test('the language changes at once and keeps what was typed', async () => {
  const on = await openWindow();
  on.clinic.open('/customers/c1');
  await on.see('[data-customer-id=c1]');
  await on.press('N');
  await on.type('ครึ่งโน้ต');
  await on.press(to('settings'));
  (on.one('[data-choice=language] input[value=en]') as HTMLInputElement).click();
  await on.read('Settings');
  expect(document.documentElement.lang).toBe('en');
  await on.press('Alt ←');
  expect(((await on.see('textarea[name=note]')) as HTMLTextAreaElement).value).toBe('ครึ่งโน้ต');
});

test('settings changed quickly one after the other all hold, though an answer comes late', async () => {
  const on = await openWindow();
  const choose = (choice: string) => on.one(`[data-choice=${choice}]`).click();
  await on.press(to('settings'));
  const release = on.holdNext('settings_set');
  choose('density] input[value=comfortable');
  choose('theme] input[value=dark');
  await settle();
  expect(document.documentElement.dataset['theme']).toBe('dark');
  release();
  await settle();
  choose('autoLockMinutes] input[value="15"');
  const wanted = { density: 'comfortable', theme: 'dark', autoLockMinutes: 15 };
  await vi.waitFor(() => expect(on.clinic.settings).toMatchObject(wanted));
  expect(document.documentElement.dataset['theme']).toBe('dark');
});

test('quiet hours are the clinic’s until a person sets their own, and can be the clinic’s again', async () => {
  const on = await openWindow();
  on.clinic.clinicDay = { timezone: 'Asia/Bangkok', quietFrom: '19:00', quietTo: '08:30', daysUnseen: 7 };
  on.clinic.tell('start');
  await on.press(to('settings'));
  await on.read('ตามคลินิก 19:00–08:30');
  const choose = (name: string, value: string) =>
    fireEvent.change(on.one(`select[name=${name}]`), { target: { value } });
  await choose('quietHours', 'own');
  await on.see('select[name=quietFrom]');
  await choose('quietFrom', '21:00');
  await vi.waitFor(() => expect(on.clinic.settings).toMatchObject({ quietFrom: '21:00', quietTo: '08:30' }));
  await choose('quietHours', 'clinic');
  await vi.waitFor(() => expect(on.clinic.settings).toMatchObject({ quietFrom: null, quietTo: null }));
});

test('every time is by the clinic’s clock, also while it is locked', async () => {
  const on = await openWindow({ phase: 'locked' });
  await on.read('10:2');
  on.clinic.clinicDay = { ...on.clinic.clinicDay, timezone: 'Asia/Tokyo' };
  on.clinic.tell('start');
  await on.read('12:2');
});

test('a setting that cannot be kept goes back and says so', async () => {
  const on = await openWindow();
  await on.press(to('settings'));
  on.clinic.failing.set('settings_set', 'disk_full');
  (on.one('[data-choice=theme] input[value=dark]') as HTMLInputElement).click();
  await on.see('[data-toast=failed]');
  expect(document.documentElement.dataset['theme']).toBe('light');
});

test('first start: two different PINs are not sent; then code, PIN and name are', async () => {
  const on = await openWindow({ phase: 'first_start' });
  on.one('textarea[name=code]').focus();
  await on.type('AURA1-xyz');
  await on.press('Enter');
  (await on.see('input[name=pin]')).focus();
  await on.type('2580');
  on.one('input[name=pin-again]').focus();
  await on.type('2581');
  await on.press('Enter');
  await on.read('PIN สองช่องไม่ตรงกัน');
  expect(on.calls).not.toContain('connect');
  (on.one('input[name=pin-again]') as HTMLInputElement).select();
  await on.type('2580');
  await on.press('Enter');
  await on.see('[data-screen=loading]');
});

test('the demo shows its PINs, opens, and can be removed', async () => {
  const on = await openWindow({ phase: 'first_start' });
  on.one('[data-action=demo]').click();
  await on.see('[data-demo-pins]');
  await unlock(on, '2468');
  await on.see('[data-screen=today]');
  await on.press(to('settings'));
  on.one('[data-action=demo-remove]').click();
  (await on.see('[data-dialog=demo-remove] [data-action=confirm]')).click();
  await on.see('[data-screen=first-start]');
});

test('a closed dialog gives the focus back to the list', async () => {
  const on = await openWindow();
  await on.press('F4');
  expect(document.activeElement?.getAttribute('role')).toBe('grid');
  await on.press('N');
  await on.see('[data-dialog=note]');
  expect(document.activeElement?.tagName).toBe('TEXTAREA');
  await on.press('Esc');
  expect(document.activeElement?.getAttribute('role')).toBe('grid');
});

test('the key map lists keys of the place first and closes with Esc', async () => {
  const on = await openWindow();
  await on.press('F4', '?');
  const dialog = await on.see('[data-dialog=keys]');
  expect(dialog.querySelector('h3')?.textContent).toContain('งาน');
  await on.press('Esc');
  await on.gone('[data-dialog=keys]');
});

test('data-ready is set once the first data is painted', async () => {
  await openWindow();
  await vi.waitFor(() => expect(document.documentElement.dataset['ready']).toBe('true'));
});

test('rows that arrive above the selected one wait; the hand is not moved', async () => {
  const on = await openWindow();
  await on.press('↓');
  expect(selected(on)).toBe('l2');
  const [first] = on.clinic.leads;
  if (!first) throw new Error('the fake has leads');
  on.clinic.leads.unshift({ ...first, id: 'l0', name: 'ลีดใหม่มาก' });
  on.clinic.tell('leads');
  await on.see('[data-action=show-new]');
  expect(on.none('[data-row-id=l0]')).toBe(true);
  expect(selected(on)).toBe('l2');
  await on.press('U');
  await on.see('[data-row-id=l0]');
  expect(selected(on)).toBe('l2');
});

test('a new lead shows at once while nobody has touched the list', async () => {
  const on = await openWindow();
  const [first] = on.clinic.leads;
  if (!first) throw new Error('the fake has leads');
  on.clinic.leads.unshift({ ...first, id: 'l0' });
  on.clinic.tell('leads');
  await on.see('[data-row-id=l0]');
});

test('the window locks itself after the minutes of the settings, and not before', async () => {
  const on = await openWindow({ settings: { autoLockMinutes: 1 } });
  const start = Date.now();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(start + 55_000);
  await on.press('↓');
  clock.mockReturnValue(start + 110_000);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(on.none('[data-screen=lock]')).toBe(true);
  clock.mockReturnValue(start + 116_000);
  await on.see('[data-screen=lock]');
  clock.mockRestore();
});

test('a key held down completes one task, not the next as well', async () => {
  const on = await openWindow();
  await on.press('F4');
  const held = { code: 'KeyD', key: 'ก', repeat: true, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new KeyboardEvent('keydown', held));
  await settle();
  expect(on.none('dialog')).toBe(true);
  document.body.dispatchEvent(new KeyboardEvent('keydown', { ...held, repeat: false }));
  await on.see('[data-dialog=complete]');
});

test('the search answers the last key, though an earlier answer comes late', async () => {
  const on = await openWindow();
  await on.press('Ctrl K');
  const release = on.holdNext('customer_search');
  await on.type('a');
  await on.type('qqqq');
  await on.gone('[role=option]');
  release();
  await settle();
  expect(on.none('[role=option]')).toBe(true);
});
