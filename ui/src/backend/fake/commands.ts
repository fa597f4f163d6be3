/** What the fake clinic answers to each command: one line or one small function per name of the command list. */
import type { CustomerCard } from '../bindings/CustomerCard';
import type { CustomerCreate } from '../bindings/CustomerCreate';
import type { PointsPreview } from '../bindings/PointsPreview';
import type { Redeemed } from '../bindings/Redeemed';
import type { SnoozeUntil } from '../bindings/SnoozeUntil';
import type { TaskList } from '../bindings/TaskList';
import type { TaskRow } from '../bindings/TaskRow';
import type { Today } from '../bindings/Today';
import type { Unlock } from '../bindings/Unlock';
import type { CommandName, Request, Response } from '../backend';
import type { FakeClinic } from './clinic';
import * as doors from './agenda';
import * as day from './day';
import * as display from './display';
import * as achievements from './achievements';
import * as friends from './friends';
import * as gifts from './gifts';
import { assign, board, move, ofCustomer, open, services, show } from './journeys';
import * as leads from './leads';
import { shownEntry } from './ledger';
import * as merges from './merges';
import { loyaltyOf, pointsFor, redeemPreviewOf, tenthsOf, tierOf, WELCOME } from './loyalty';
import { manageAnswers } from './manage';
import { customer as newCustomer, PEOPLE, shownPhone } from './people';
import { tryPin } from './pins';
import * as rewards from './rewards';
import { ruleAnswers } from './rules';
import * as opening from './opening';
import * as payments from './payments';
import { search } from './search';
import * as work from './work';

type Answers = { [K in CommandName]: (clinic: FakeClinic, request: Request<K>) => Response<K> };

const RANK = { critical: 0, high: 1, medium: 2, low: 3 };
const isOpen = (task: TaskRow) => task.status === 'pending' || task.status === 'in_progress';

function openTasks(clinic: FakeClinic): TaskRow[] {
  const open = clinic.tasks.filter((task) => isOpen(task) && !((task.snoozedUntil ?? 0) > clinic.now()));
  return open.sort((a, b) => RANK[a.priority] - RANK[b.priority] || (a.dueAt ?? 0) - (b.dueAt ?? 0));
}

const myTasks = (clinic: FakeClinic) => openTasks(clinic).filter(({ assignedTo }) => assignedTo?.id === clinic.me);

/** Which, and the first of them as rows. */
const FIRST = 30;
const asList = (tasks: TaskRow[]) => ({ taskIds: tasks.map(({ id }) => id), tasks: tasks.slice(0, FIRST) });

function taskRows(clinic: FakeClinic, { ids }: Request<'task_rows'>) {
  return { rows: ids.flatMap((id) => clinic.tasks.filter((task) => task.id === id)) };
}

const canBeCalled = ({ isCall, customer }: TaskRow) => isCall && customer !== null && !customer.doNotContact;

function today(clinic: FakeClinic): Today {
  return {
    date: '2026-10-01',
    now: clinic.now(),
    attention: [...clinic.attention],
    leads: leads.today(clinic),
    followups: clinic.followups.filter(({ status }) => status === 'pending'),
    ...asList(myTasks(clinic)),
    nextBooking: '10:30',
  };
}

function taskList(clinic: FakeClinic, { whose, state }: TaskList) {
  const now = clinic.now();
  const asleep = clinic.tasks.filter((task) => isOpen(task) && (task.snoozedUntil ?? 0) > now);
  const closed = clinic.tasks.filter((task) => !isOpen(task));
  const open = openTasks(clinic);
  const all = { open, calls: open.filter(canBeCalled), snoozed: asleep, closed }[state];
  const { taskIds, tasks } = asList(
    all.filter(({ assignedTo }) => whose === 'everyone' || assignedTo?.id === clinic.me),
  );
  return { ids: taskIds, rows: tasks };
}

function card(clinic: FakeClinic, asked: string): CustomerCard {
  const id = merges.survivor(clinic, asked);
  const { preference, isMember: _m, lifetime: _l, points: _p, bookedToday: _b, ...profile } = clinic.customer(id);
  return {
    profile,
    preference,
    loyalty: loyaltyOf(clinic, clinic.customer(id), clinic.ledger(id), clinic.now()),
    journeys: ofCustomer(clinic, id),
    tasks: openTasks(clinic).filter(({ customer }) => customer?.id === id),
    followups: clinic.followups.filter(({ customer }) => customer.id === id),
    appointments: day.appointments(id),
    visits: doors.visitsOf(clinic, id),
    contacts: [...clinic.contactsOf(id)],
    payments: payments.paymentsOf(clinic, id),
    heldLeft: payments.heldLeft(clinic, id),
    coupons: rewards.couponsOf(clinic, id),
    approvals: gifts.approvalsOf(clinic, id),
    merges: merges.rowsOf(clinic, id),
    mayMerge: merges.mayMerge(clinic),
    mayTake: payments.mayTake(clinic),
  };
}

function unlock(clinic: FakeClinic, { person, pin }: Unlock) {
  if (clinic.staleSince !== null) return clinic.refuse('cache_stale', { since: String(clinic.staleSince) });
  tryPin(clinic, person, pin);
  clinic.me = person;
  clinic.phase = 'ready';
  return clinic.start();
}

function checked(clinic: FakeClinic, fields: Partial<CustomerCreate>): void {
  if (fields.fullName !== undefined && !fields.fullName.trim()) clinic.refuse('name_empty', { field: 'full_name' });
  const digits = fields.phone?.replace(/\D/g, '') ?? '';
  const isThai = digits.startsWith('0');
  if (fields.phone && (isThai ? digits.length < 9 || digits.length > 10 : digits.length < 8)) {
    clinic.refuse('phone_invalid', { field: 'phone' });
  }
  if (fields.email && !/^\S+@\S+\.\S+$/.test(fields.email)) clinic.refuse('email_invalid', { field: 'email' });
}

function create(clinic: FakeClinic, request: CustomerCreate) {
  checked(clinic, request);
  const isWaiting = clinic.mode === 'offline';
  const id = clinic.id();
  clinic.customers.push(
    newCustomer({ ...request, id, isWaiting, code: isWaiting ? null : 'A-100001', createdAt: clinic.now() }),
  );
  const lead = clinic.leads.find((of) => of.id === request.lead && of.customerId === null);
  if (lead) lead.customerId = id;
  const revert = () => {
    clinic.customers = clinic.customers.filter((of) => of.id !== id);
    if (lead) lead.customerId = null;
  };
  const name = request.nickname ?? request.fullName;
  return clinic.undoable(id, 'customer.create', name, revert, 'customers', `customer:${id}`);
}

const SHOWN = {
  full_name: 'fullName',
  nickname: 'nickname',
  phone: 'phone',
  email: 'email',
  birth_date: 'birthDate',
  gender: 'gender',
  notes: 'notes',
} as const;

function edit(clinic: FakeClinic, { id, changes }: Request<'customer_edit'>) {
  const of = clinic.customer(id);
  const before = { ...of };
  const set = Object.fromEntries(changes.map(({ field, to }) => [SHOWN[field], to]));
  checked(clinic, set);
  Object.assign(of, set, { isWaiting: clinic.mode === 'offline' });
  of.phoneShown = shownPhone(of.phone);
  const revert = () => Object.assign(of, before);
  return clinic.undoable(id, 'customer.edit', of.nickname ?? of.fullName, revert, 'customers', `customer:${id}`);
}

function preview(clinic: FakeClinic, { customerId, satang }: PointsPreview) {
  const of = clinic.customer(customerId);
  if (satang <= 0 || satang > 100_000_000) clinic.refuse('amount_out_of_range', { field: 'satang' });
  const multiplierTenths = tenthsOf(of.lifetime);
  const points = pointsFor(satang, multiplierTenths);
  if (!points) clinic.refuse('amount_out_of_range', { least: String(Math.ceil(10_000 / multiplierTenths)) });
  const welcomePoints = of.isMember ? 0 : WELCOME;
  const added = points + welcomePoints;
  const after = { availableAfter: of.points + added, owedAfter: 0, tierAfter: tierOf(of.lifetime + added) };
  return { points, multiplierTenths, welcomePoints, ...after };
}

function award(clinic: FakeClinic, request: Request<'points_award'>) {
  const { points, welcomePoints, availableAfter } = preview(clinic, request);
  const of = clinic.customer(request.customerId);
  const entries = clinic.ledger(of.id);
  const [name, topic] = [of.nickname ?? of.fullName, `customer:${of.id}`];
  if (entries.some(({ id }) => id === request.entryId)) {
    return clinic.saved(request.entryId, 'points.award', name, topic);
  }
  const before = { points: of.points, lifetime: of.lifetime, isMember: of.isMember };
  const isWaiting = clinic.mode === 'offline';
  const expiresAt = clinic.now() + 730 * 86_400_000;
  const entry = { kind: 'earned', amount: points, description: request.note, at: clinic.now(), expiresAt, isWaiting };
  if (welcomePoints) {
    const welcome = { kind: 'bonus', origin: 'welcome' as const, amount: welcomePoints, description: null };
    entries.unshift({ ...entry, id: clinic.id(), ...welcome });
  }
  entries.unshift({ id: request.entryId, ...entry, origin: 'bill' });
  Object.assign(of, { points: availableAfter, lifetime: of.lifetime + points + welcomePoints, isMember: true });
  const revert = () => {
    if (of.points < points) clinic.refuse('points_spent');
    const back = { kind: 'refund', amount: -points, description: null, at: clinic.now() };
    clinic.ledger(of.id).unshift({ id: clinic.id(), ...back, expiresAt, isWaiting, origin: 'undone' });
    Object.assign(of, before);
  };
  return clinic.undoable(request.entryId, 'points.award', name, revert, topic);
}

function redeem(clinic: FakeClinic, request: Request<'points_redeem'>): Redeemed {
  const of = clinic.customer(request.customerId);
  const isOffline = clinic.mode === 'offline';
  const promise = redeemPreviewOf(clinic, of, request.points);
  if (promise.missing) {
    clinic.refuse('points_short', { missing: String(promise.missing), available: String(promise.available) });
  }
  const offer = promise.rewards.find(({ id }) => id === request.rewardId);
  if (offer?.bar) clinic.refuse(offer.bar.why === 'offline' ? 'reward_needs_clinic' : 'reward_unavailable');
  const isAlone = clinic.display.question?.answer !== true;
  if (request.points > promise.alone && isAlone) {
    clinic.refuse('second_person_needed', { most: String(promise.aloneADay), left: String(promise.alone) });
  }
  if (request.points > promise.most) clinic.refuse('lease_exceeded', { left: String(promise.most) });
  const entry = { kind: 'redeemed', amount: -request.points, description: null, at: clinic.now(), expiresAt: null };
  const entries = clinic.ledger(of.id);
  const undo = request.entryId;
  if (!entries.some(({ id }) => id === undo)) {
    entries.unshift({ id: undo, ...entry, isWaiting: isOffline, origin: 'redemption' });
    of.points -= request.points;
    if (request.rewardId) rewards.issue(clinic, of.id, undo, request.rewardId);
    else rewards.issueMoney(clinic, of.id, undo, request.points);
    const counts = (points: number) =>
      isAlone && (clinic.gifts.alone[of.id] = (clinic.gifts.alone[of.id] ?? 0) + points);
    counts(request.points);
    const revert = () => {
      of.points += request.points;
      counts(-request.points);
    };
    clinic.undoable(undo, 'points.redeem', of.nickname ?? of.fullName, revert, `customer:${of.id}`);
  }
  return isOffline ? { how: 'offline', undo, left: promise.most - request.points } : { how: 'confirmed', undo };
}

function changeTask(clinic: FakeClinic, id: string, name: string, change: (task: TaskRow) => void) {
  const task = clinic.tasks.find((row) => row.id === id) ?? clinic.refuse('task_not_found');
  if (!isOpen(task) && name !== 'task.note') clinic.refuse('task_already_closed');
  const before = { ...task };
  change(task);
  const after = { ...task };
  task.isWaiting = clinic.mode === 'offline';
  const revert = () => {
    // A colleague was there since: what the action wrote stands no more.
    if (task.status !== after.status || task.assignedTo?.id !== after.assignedTo?.id)
      clinic.refuse('changed_meanwhile');
    Object.assign(task, before);
  };
  return clinic.undoable(id, name, task.title, revert, 'tasks', `customer:${task.customer?.id}`);
}

function noted(clinic: FakeClinic, notes: string | null, text: string | null): string | null {
  if (!text) return notes;
  return [notes, `01/10 10:24 ${clinic.nickname()}: ${text}`].filter(Boolean).join('\n');
}

function wakeAt(clinic: FakeClinic, until: SnoozeUntil): number {
  const later = { quarter: clinic.now() + 900_000, hour: clinic.now() + 3_600_000 };
  return { ...later, tomorrow: day.at('2026-10-02 09:00'), next_week: day.at('2026-10-08 09:00') }[until];
}

function closeFollowup(clinic: FakeClinic, id: string, name: string, status: string) {
  const row = clinic.followups.find((one) => one.id === id) ?? clinic.refuse('followup_not_found');
  if (row.status !== 'pending') clinic.refuse('followup_already_closed');
  const before = { ...row };
  Object.assign(row, { status, executedAt: clinic.now(), isWaiting: clinic.mode === 'offline' });
  const revert = () => Object.assign(row, before);
  return clinic.undoable(id, name, row.customer.fullName, revert, 'followups', `customer:${row.customer.id}`);
}

function settle(clinic: FakeClinic, id: string) {
  if (!clinic.attention.some((row) => row.id === id)) clinic.refuse('attention_not_found');
  clinic.attention = clinic.attention.filter((row) => row.id !== id);
  clinic.tell('today', 'sync', 'customers');
  return clinic.sync();
}

function goTo(clinic: FakeClinic, phase: FakeClinic['phase'], mode = clinic.mode) {
  Object.assign(clinic, { phase, mode, me: null });
  return clinic.start();
}

function read(clinic: FakeClinic, ids: string[]): void {
  clinic.notifications = clinic.notifications.map((row) => (ids.includes(row.id) ? { ...row, isRead: true } : row));
  clinic.tell('notifications');
}

function connect(clinic: FakeClinic, { code, pin }: Request<'connect'>) {
  if (!/^(AURA1-|aura:\/\/)/.test(code.trim())) clinic.refuse('code_malformed');
  if (/^(\d)\1{3}$|^1234$/.test(pin)) clinic.refuse('pin_weak', { field: 'pin' });
  return goTo(clinic, clinic.phase === 'locked' ? 'locked' : 'loading');
}

export const ANSWERS: Answers = {
  start: (clinic) => clinic.start(),
  connect,
  demo_open: (clinic) => goTo(clinic, 'locked', 'demo'),
  demo_remove: (clinic) => goTo(clinic, 'first_start', 'online'),
  unlock,
  lock: (clinic) => goTo(clinic, 'locked'),
  today,
  open_counts: (clinic) => ({ tasks: myTasks(clinic).length, leads: leads.list(clinic).hot.length }),
  agenda_list: (clinic, { date }) => doors.list(clinic, date),
  visit_number: (clinic, { id }) => ({ queue: clinic.agenda.find(({ visitId }) => visitId === id)?.queue ?? null }),
  visit_check_in: doors.checkIn,
  visit_start: (clinic, { id }) => doors.moveVisit(clinic, id, 'serving'),
  visit_finish: (clinic, { id }) => doors.moveVisit(clinic, id, 'done'),
  visit_leave: (clinic, { id, reason }) => doors.moveVisit(clinic, id, 'left', reason),
  appointment_book: doors.book,
  appointment_reschedule: doors.reschedule,
  appointment_no_show: (clinic, { id }) => doors.close(clinic, id, 'appointment.no_show', 'no_show'),
  appointment_cancel: (clinic, { id }) => doors.close(clinic, id, 'appointment.cancel', 'cancelled'),
  lead_list: leads.list,
  lead_open: (clinic, { id }) =>
    leads.shown(clinic, clinic.leads.find((row) => row.id === id) ?? clinic.refuse('lead_not_found')),
  lead_claim: leads.claim,
  lead_release: leads.release,
  lead_answer: leads.answer,
  lead_snooze: (clinic, { id, until }) => leads.snooze(clinic, id, wakeAt(clinic, until)),
  customer_search: (clinic, { text }) => search(clinic.customers, text),
  customer_card: (clinic, { id }) => card(clinic, id),
  customer_create: create,
  customer_edit: edit,
  ...merges.mergeAnswers,
  journey_board: board,
  board_services: services,
  journey_show: (clinic, { id }) => show(clinic, id),
  journey_open: open,
  journey_move: move,
  journey_assign: (clinic, { id, part, to }) => assign(clinic, id, part, to),
  points_ledger: (clinic, { customerId, offset, limit }) => ({
    rows: clinic
      .ledger(customerId)
      .slice(offset, offset + limit)
      .map(shownEntry),
  }),
  points_preview: preview,
  points_award: award,
  gift_preview: gifts.giftPreview,
  points_give: gifts.give,
  points_ask: gifts.askToRedeem,
  approval_decide: gifts.decide,
  point_limits: gifts.limits,
  point_limits_set: gifts.setLimits,
  redeem_preview: (clinic, { customerId, points }) => redeemPreviewOf(clinic, clinic.customer(customerId), points),
  points_redeem: redeem,
  display_open: (clinic) => display.change(clinic, { isOpen: true }),
  display_close: (clinic) => display.change(clinic, display.closed()),
  display_standing: display.standing,
  display_turn: (clinic, { customerId }) =>
    display.change(clinic, { customer: customerId, bill: null, question: null }),
  display_charge: (clinic, { bill }) => display.change(clinic, { bill }),
  display_ask: (clinic, { entryId, points, rewardId }) => {
    if (!clinic.display.isOpen || !clinic.display.customer) clinic.refuse('display_closed');
    return display.change(clinic, { question: { id: entryId, points, reward: rewardId, answer: null } });
  },
  display_shown: display.shown,
  display_answer: (clinic, { question, yes }) => display.answer(clinic, question, yes),
  payment_preview: payments.preview,
  payment_take: payments.take,
  payment_refund_preview: payments.refundPreview,
  payment_refund: payments.refund,
  payment_receipt: payments.receipt,
  ...rewards.rewardAnswers,
  loyalty_what_if: payments.whatIfPaid,
  promptpay: (clinic) => ({ id: clinic.promptpay, mayChange: ['manager', 'owner'].includes(clinic.role() ?? '') }),
  promptpay_set: payments.setPromptpay,
  opening: opening.shown,
  opening_set: opening.set,
  day_close: opening.close,
  day_open: opening.open,
  friends: friends.friends,
  referrer_find: friends.find,
  referral_record: friends.record,
  referral_queue: friends.queue,
  referral_decide: friends.decide,
  achievement_add_usual: friends.addUsual,
  achievement_list: achievements.list,
  achievement_save: achievements.save,
  member_card: friends.memberCard,
  task_list: taskList,
  task_rows: taskRows,
  task_complete: (clinic, { id, note }) =>
    changeTask(clinic, id, 'task.complete', (task) =>
      Object.assign(task, { status: 'completed', completedAt: clinic.now(), notes: noted(clinic, task.notes, note) }),
    ),
  task_reassign: (clinic, { id, to }) =>
    changeTask(clinic, id, 'task.reassign', (task) => Object.assign(task, { assignedTo: day.staff(to) })),
  task_snooze: (clinic, { id, until }) =>
    changeTask(clinic, id, 'task.snooze', (task) => Object.assign(task, { snoozedUntil: wakeAt(clinic, until) })),
  task_note: (clinic, { id, text }) =>
    changeTask(clinic, id, 'task.note', (task) => Object.assign(task, { notes: noted(clinic, task.notes, text) })),
  task_snooze_until: (clinic, { id, at }) =>
    changeTask(clinic, id, 'task.snooze', (task) => Object.assign(task, { snoozedUntil: at })),
  task_start: (clinic, { id }) => work.start(clinic, id),
  task_create: work.make,
  task_reprioritise: (clinic) => work.asHead(clinic, 'task.reprioritise'),
  task_assign_all: (clinic) => work.asHead(clinic, 'task.assign_all'),
  staff_list: (clinic) => ({
    rows: PEOPLE.map(({ id, nickname, role }) => ({ id, nickname, role, awayUntil: clinic.away.get(id) ?? null })),
  }),
  staff_away: (clinic, { id, until }) => work.away(clinic, id, until),
  staff_back: (clinic, { id }) => work.away(clinic, id, null),
  moment_read: (_, { text, wants }) => work.understood(text, wants),
  call_choices: work.choices,
  call_dial: work.dial,
  contact_log: work.log,
  caller_find: work.callers,
  followup_done: (clinic, { id }) => closeFollowup(clinic, id, 'followup.done', 'delivered'),
  followup_cancel: (clinic, { id }) => closeFollowup(clinic, id, 'followup.cancel', 'cancelled'),
  undo: (clinic, { of }) => clinic.undo(of),
  undo_next: (clinic) => {
    const last = clinic.lastDone();
    return { step: last ? { id: last.id, name: last.name, subject: last.subject, at: last.at } : null };
  },
  notification_list: (clinic) => ({
    rows: [...clinic.notifications],
    unread: clinic.notifications.filter(({ isRead }) => !isRead).length,
    gathered: clinic.gathered,
    proposal: clinic.proposal,
    disturb: clinic.disturb,
  }),
  notification_read: (clinic, { id }) => {
    read(clinic, [id]);
    return { id, waiting: clinic.mode === 'offline', undo: null };
  },
  notification_dismiss: (clinic, { id }) => {
    clinic.notifications = clinic.notifications.filter((row) => row.id !== id);
    clinic.tell('notifications');
    return { id, waiting: clinic.mode === 'offline', undo: null };
  },
  disturb_set: (clinic, { howLong }) => {
    const minutes = { half_hour: 30, hour: 60, day: 13 * 60, by_hand: 0, off: 0 }[howLong];
    clinic.disturb = { isOn: howLong !== 'off', until: minutes ? clinic.now() + minutes * 60_000 : null };
    clinic.tell('notifications');
    return clinic.disturb;
  },
  with_customer: (clinic, { isOpen }) => {
    clinic.isWithCustomer = isOpen;
    return {};
  },
  notification_mute: (clinic) => {
    clinic.proposal = null;
    clinic.tell('notifications', 'settings');
    return {};
  },
  notification_read_all: (clinic) => {
    read(
      clinic,
      clinic.notifications.map(({ id }) => id),
    );
    return {};
  },
  ...ruleAnswers,
  ...manageAnswers,
  sync_state: (clinic) => clinic.sync(),
  sync_now: (clinic) => clinic.sync(),
  attention_settle: (clinic, { id }) => settle(clinic, id),
  settings: (clinic) => ({ ...clinic.settings }),
  support_file: () => ({ path: '/home/nok/.local/share/clinic.aura.desk/aura-desk-support.json' }),
  settings_set: (clinic, { settings }) => {
    clinic.settings = { ...settings };
    clinic.tell('settings');
    return clinic.settings;
  },
};
