/** What the fake clinic answers of tasks and calls beyond the list: beginning, making, typed times, what came of a call. */
import type { CallChoice } from '../bindings/CallChoice';
import type { ContactRow } from '../bindings/ContactRow';
import type { Outcome } from '../bindings/Outcome';
import type { TaskRow } from '../bindings/TaskRow';
import type { TypedTime } from '../bindings/TypedTime';
import type { Understood } from '../bindings/Understood';
import type { Wanted } from '../bindings/Wanted';
import type { Request } from '../backend';
import type { FakeClinic } from './clinic';
import { at, staff } from './day';
import { PEOPLE } from './people';

const OUTCOMES: [Outcome, string | null, number | null, boolean][] = [
  ['talked', 'customer_follow_up', 72, false],
  ['booked', 'appointment_reminder', null, false],
  ['asked_price', 'send_proposal', 2, false],
  ['thinking', 'customer_follow_up', 48, false],
  ['no_answer', 'customer_follow_up', 3, true],
  ['call_back', 'customer_follow_up', 2, true],
  ['not_interested', null, null, false],
  ['wrong_number', 'customer_follow_up', 24, false],
  ['do_not_call', null, null, false],
];

export function choices(clinic: FakeClinic, { customerId }: Request<'call_choices'>) {
  const of = customerId ? clinic.customer(customerId) : undefined;
  const row = ([outcome, nextKind, hours, isRetry]: (typeof OUTCOMES)[number], nth: number): CallChoice => ({
    outcome,
    key: nth + 1,
    nextKind,
    nextAt: hours === null ? null : clinic.now() + hours * 3_600_000,
    isRetry,
  });
  return {
    rows: OUTCOMES.map(row),
    phone: of?.phoneShown ?? null,
    doNotContact: of?.preference?.doNotContact ?? false,
    canDial: clinic.canDial && !!of?.phone && !of.preference?.doNotContact,
    unanswered: 0,
  };
}

export function dial(clinic: FakeClinic, { customerId }: Request<'call_dial'>) {
  if (clinic.customer(customerId).preference?.doNotContact) clinic.refuse('not_to_be_called');
  return {};
}

export function callers(clinic: FakeClinic, { number }: Request<'caller_find'>) {
  const digits = number.replace(/\D/g, '').replace(/^66/, '0');
  if (digits.length < 9) clinic.refuse('phone_invalid', { field: 'number' });
  const rows = clinic.customers.filter(({ phone }) => phone?.replace(/\D/g, '').replace(/^66/, '0') === digits);
  return {
    rows: rows.map(({ id, fullName, nickname, preference }) => ({
      id,
      fullName,
      nickname,
      doNotContact: preference?.doNotContact ?? false,
    })),
    number: digits.replace(/^(\d{3})(\d{3})(\d+)$/, '$1-$2-$3'),
  };
}

/** The few times that the tests type. */
export function understood(text: string, wants: Wanted): Understood {
  const hour = (day: string): TypedTime => ({ at: at(day), isDayOnly: false });
  const known: Record<string, Understood> = {
    พรุ่งนี้บ่ายสอง: { kind: 'certain', time: hour('2026-10-02 14:00') },
    '13 เม.ย. 2570': { kind: 'certain', time: { at: at('2027-04-13 09:00'), isDayOnly: true } },
    'tomorrow 2pm': { kind: 'certain', time: hour('2026-10-02 14:00') },
    เสาร์หน้าบ่ายสอง: { kind: 'ask', times: [hour('2026-10-10 14:00'), hour('2026-10-03 14:00')] },
    เมื่อวาน: { kind: 'refused', why: 'past' },
    '31/9': { kind: 'refused', why: 'no_such_day' },
  };
  if (wants.kind === 'day' && text.trim() === 'พรุ่งนี้') return { kind: 'certain', time: hour('2026-10-02 09:00') };
  if (wants.kind === 'hour' && ['บ่ายสอง', '2pm'].includes(text.trim()))
    return { kind: 'certain', time: hour(`${wants.day} 14:00`) };
  const written = /^(\d+)\/(\d+)\/(\d{4}) (\d{2}:\d{2})$/.exec(text.trim());
  if (written) {
    const [, day = '', month = '', year = '', time = ''] = written;
    const era = Number(year) > 2400 ? 543 : 0;
    const iso = `${Number(year) - era}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    return { kind: 'certain', time: hour(`${iso} ${time}`) };
  }
  return known[text.trim()] ?? { kind: 'refused', why: 'not_understood' };
}

function open(clinic: FakeClinic, id: string): TaskRow {
  const task = clinic.tasks.find((row) => row.id === id) ?? clinic.refuse('task_not_found');
  if (task.status === 'completed' || task.status === 'cancelled') clinic.refuse('task_already_closed');
  return task;
}

export function start(clinic: FakeClinic, id: string) {
  const task = open(clinic, id);
  if (task.startedBy && task.startedBy.id !== clinic.me) clinic.refuse('task_started', { by: task.startedBy.nickname });
  const before = { ...task };
  Object.assign(task, { status: 'in_progress', startedBy: staff(clinic.me ?? ''), snoozedUntil: null });
  const revert = () => Object.assign(task, before);
  return clinic.undoable(id, 'task.start', task.title, revert, 'tasks', `customer:${task.customer?.id}`);
}

export function make(clinic: FakeClinic, request: Request<'task_create'>) {
  const of = clinic.customer(request.customerId);
  const isThere = clinic.tasks.some(
    ({ customer, kind, status }) => customer?.id === of.id && kind === request.kind && status === 'pending',
  );
  if (isThere) clinic.refuse('task_exists');
  const task: TaskRow = {
    ...blank(clinic, request.kind, of.id),
    title: request.title ?? `${request.kind} ${of.nickname ?? of.fullName}`,
    priority: request.priority ?? 'medium',
    dueAt: request.dueAt,
    assignedTo: staff(request.to ?? clinic.me ?? ''),
    notes: request.note,
  };
  clinic.tasks.push(task);
  const revert = () => (clinic.tasks = clinic.tasks.filter(({ id }) => id !== task.id));
  return clinic.undoable(task.id, 'task.create', task.title, revert, 'tasks', `customer:${of.id}`);
}

function blank(clinic: FakeClinic, kind: string, customerId: string): TaskRow {
  const { id, fullName, nickname, preference } = clinic.customer(customerId);
  return {
    id: clinic.id(),
    title: kind,
    kind,
    description: null,
    priority: 'medium',
    status: 'pending',
    dueAt: null,
    snoozedUntil: null,
    isOverdue: false,
    customer: { id, fullName, nickname, doNotContact: preference?.doNotContact ?? false },
    assignedTo: staff(clinic.me ?? ''),
    completedAt: null,
    notes: null,
    reasons: [],
    isWaiting: clinic.mode === 'offline',
    isCall: true,
    startedBy: null,
  };
}

/** A call: its row, what becomes of its task, what follows, and the consent of who never wants to be called again. */
export function log(clinic: FakeClinic, request: Request<'contact_log'>) {
  const { customerId, taskId, outcome, nextAt } = request;
  const of = customerId ? clinic.customer(customerId) : undefined;
  const row: ContactRow = {
    id: clinic.id(),
    isIncoming: request.isIncoming,
    outcome,
    note: request.note,
    at: clinic.now(),
    by: clinic.nickname(),
    nextAt,
    isWaiting: clinic.mode === 'offline',
  };
  const before = structuredClone({ tasks: clinic.tasks, preference: of?.preference ?? null });
  const calls = clinic.contactsOf(customerId ?? '');
  calls.unshift(row);
  const [, nextKind, , isRetry] = OUTCOMES.find(([word]) => word === outcome) ?? ['talked', null, null, false];
  if (taskId) settleTask(clinic, taskId, isRetry ? nextAt : null);
  if (outcome === 'do_not_call' && of) stopCalls(clinic, of.id);
  if (nextKind && nextAt !== null && of && !(isRetry && taskId)) {
    clinic.tasks.push({ ...blank(clinic, nextKind, of.id), dueAt: nextAt });
  }
  const revert = () => {
    calls.splice(calls.indexOf(row), 1);
    clinic.tasks = before.tasks;
    if (of) of.preference = before.preference;
  };
  const name = of?.nickname ?? of?.fullName ?? '';
  return clinic.undoable(row.id, 'contact.log', name, revert, 'tasks', 'customers', `customer:${customerId}`);
}

function settleTask(clinic: FakeClinic, id: string, until: number | null): void {
  const task = open(clinic, id);
  if (until !== null) Object.assign(task, { snoozedUntil: until, status: 'pending', startedBy: null });
  else Object.assign(task, { status: 'completed', completedAt: clinic.now() });
}

function stopCalls(clinic: FakeClinic, id: string): void {
  const of = clinic.customer(id);
  const wishes = of.preference ?? { marketingOptIn: false, preferredChannels: [], language: 'th' };
  of.preference = { ...wishes, doNotContact: true };
  for (const task of clinic.tasks) {
    if (task.customer?.id !== id) continue;
    task.customer = { ...task.customer, doNotContact: true };
    const isOpen = task.status === 'pending' || task.status === 'in_progress';
    if (task.isCall && isOpen) Object.assign(task, { status: 'cancelled', completedAt: clinic.now() });
  }
}

/** What only a manager may do with all tasks. */
export function asHead(clinic: FakeClinic, name: string) {
  const role = PEOPLE.find(({ id }) => id === clinic.me)?.role;
  if (role !== 'manager' && role !== 'owner') clinic.refuse('role_not_allowed');
  return clinic.saved(clinic.id(), name, null, 'tasks');
}

export function away(clinic: FakeClinic, id: string, until: number | null) {
  clinic.away.set(id, until);
  return clinic.saved(id, until === null ? 'staff.back' : 'staff.away', null, 'tasks', 'start');
}
