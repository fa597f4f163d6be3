/** Journeys of the fake clinic: who stands where that morning, and the moves. The rules are a short version of those in Rust, for the tests of the window. */
import type { Ask } from '../bindings/Ask';
import type { Board } from '../bindings/Board';
import type { BoardAsk } from '../bindings/BoardAsk';
import type { BoardCard } from '../bindings/BoardCard';
import type { BoardColumn } from '../bindings/BoardColumn';
import type { BoardServices } from '../bindings/BoardServices';
import type { BoardServicesAsk } from '../bindings/BoardServicesAsk';
import type { Journey } from '../bindings/Journey';
import type { JourneyMove } from '../bindings/JourneyMove';
import type { JourneyOpen } from '../bindings/JourneyOpen';
import type { JourneyShown } from '../bindings/JourneyShown';
import type { Offer } from '../bindings/Offer';
import type { Stage } from '../bindings/Stage';
import type { StageLimit } from '../bindings/StageLimit';
import type { StageMove } from '../bindings/StageMove';
import type { Whose } from '../bindings/Whose';
import { bookingsOf, cancelBookings } from './booked';
import type { FakeClinic } from './clinic';
import * as day from './day';
import { PEOPLE } from './people';

/** A journey, and whose. */
export interface FakeJourney extends Journey {
  customer: string;
  hasAmount: boolean;
}

const STAGES: Stage[] = [
  'lead_created',
  'scanned',
  'proposal_sent',
  'payment_confirmed',
  'treatment_scheduled',
  'in_treatment',
  'treatment_completed',
  'follow_up',
  'completed',
];
const MINUTE = 60_000;

const LIMITS: Record<Stage, StageLimit> = {
  lead_created: { kind: 'opening', minutes: 15 },
  scanned: { kind: 'within', minutes: 2880 },
  proposal_sent: { kind: 'within', minutes: 7200 },
  payment_confirmed: { kind: 'within', minutes: 4320 },
  treatment_scheduled: { kind: 'booking', minutes: 4320 },
  in_treatment: { kind: 'within', minutes: 180 },
  treatment_completed: { kind: 'within', minutes: 1440 },
  follow_up: { kind: 'plan', minutes: 10080 },
  completed: { kind: 'none' },
};

const ENDABLE = STAGES.filter((stage) => !['in_treatment', 'completed'].includes(stage));
const HEADS = ['owner', 'manager'];
const SELLING = [...HEADS, 'sales'];
const COUNTER = [...SELLING, 'front_desk'];
const TREATING = [...HEADS, 'front_desk', 'beautician'];

interface Rule {
  action: StageMove;
  from: Stage[];
  to: Stage;
  roles: string[];
  asks?: Ask[];
}

const RULES: Rule[] = [
  { action: 'scan_customer', from: ['lead_created'], to: 'scanned', roles: SELLING },
  { action: 'send_proposal', from: ['scanned'], to: 'proposal_sent', roles: SELLING, asks: ['plan', 'amount'] },
  { action: 'confirm_payment', from: ['proposal_sent'], to: 'payment_confirmed', roles: COUNTER },
  {
    action: 'schedule_appointment',
    from: ['payment_confirmed'],
    to: 'treatment_scheduled',
    roles: [...COUNTER, 'beautician'],
    asks: ['booking'],
  },
  { action: 'start_treatment', from: ['treatment_scheduled'], to: 'in_treatment', roles: TREATING },
  { action: 'complete_treatment', from: ['in_treatment'], to: 'treatment_completed', roles: TREATING },
  { action: 'send_follow_up', from: ['treatment_completed'], to: 'follow_up', roles: [...COUNTER, 'beautician'] },
  {
    action: 'next_session',
    from: ['treatment_completed', 'follow_up'],
    to: 'treatment_scheduled',
    roles: [...COUNTER, 'beautician'],
    asks: ['booking'],
  },
  { action: 'close_case', from: ['follow_up'], to: 'completed', roles: SELLING },
  {
    action: 'reschedule',
    from: ['treatment_scheduled'],
    to: 'treatment_scheduled',
    roles: [...COUNTER, 'beautician'],
    asks: ['booking'],
  },
  { action: 'no_show', from: ['treatment_scheduled'], to: 'payment_confirmed', roles: [...COUNTER, 'beautician'] },
  {
    action: 'mark_lost',
    from: ['lead_created', 'scanned', 'proposal_sent'],
    to: 'completed',
    roles: SELLING,
    asks: ['reason'],
  },
  { action: 'cancel', from: ENDABLE, to: 'completed', roles: COUNTER, asks: ['reason'] },
];

function step(id: string, kind: string, fromStage: string, toStage: string, when: string, by: string, notes?: string) {
  return { id, kind, fromStage, toStage, by, at: day.at(when), notes: notes ?? null, device: 'PC-A' };
}

/** One that stands in a stage since a time; more where it matters. */
function way(id: string, customer: string, stage: Stage, since: string, more: Partial<FakeJourney> = {}): FakeJourney {
  return {
    id,
    customer,
    stage,
    plan: null,
    createdAt: day.at('2026-08-20 13:10'),
    updatedAt: day.at(since),
    version: STAGES.indexOf(stage) + 1,
    stageSince: day.at(since),
    outcome: null,
    reason: null,
    sessionsPlanned: null,
    sessionsDone: 0,
    bookedAt: null,
    sales: { id: 'p-may', nickname: 'เมย์' },
    beautician: null,
    isWaiting: false,
    actions: [],
    hasAmount: stage !== 'lead_created' && stage !== 'scanned',
    ...more,
  };
}

export function journeys(): FakeJourney[] {
  return [
    way('j1', 'c1', 'treatment_scheduled', '2026-09-30 18:02', {
      plan: 'HydraFacial',
      sessionsPlanned: 5,
      sessionsDone: 2,
      bookedAt: day.at('10:30'),
      actions: [
        step('a4', 'next_session', 'treatment_completed', 'treatment_scheduled', '2026-09-30 18:02', 'นก'),
        step('a3', 'confirm_payment', 'proposal_sent', 'payment_confirmed', '2026-08-20 15:30', 'นก', 'คอร์ส 5 ครั้ง'),
        step('a2', 'send_proposal', 'scanned', 'proposal_sent', '2026-08-20 14:02', 'เมย์'),
        step('a1', 'scan_customer', 'lead_created', 'scanned', '2026-08-20 13:10', 'เมย์'),
      ],
    }),
    way('j2', 'x9', 'lead_created', '10:12'),
    way('j3', 'x11', 'lead_created', '2026-09-29 11:00'),
    way('j4', 'x14', 'proposal_sent', '2026-09-24 16:00', { plan: 'Ultherapy' }),
    way('j5', 'x2', 'in_treatment', '10:00', { plan: 'เลเซอร์', sessionsPlanned: 6, bookedAt: day.at('10:00') }),
    way('j6', 'c5', 'follow_up', '2026-09-28 17:00', { plan: 'เลเซอร์', sessionsPlanned: 6, sessionsDone: 3 }),
    way('j7', 'x5', 'payment_confirmed', '2026-09-30 12:00', { plan: 'ฟิลเลอร์' }),
    way('j8', 'x3', 'completed', '2026-09-28 12:00', { outcome: 'completed', plan: 'HydraFacial' }),
    way('j9', 'c1', 'scanned', '2026-09-30 10:00', { sales: { id: 'p-nok', nickname: 'นก' } }),
  ];
}

export function find(clinic: FakeClinic, id: string): FakeJourney {
  return clinic.journeys.find((one) => one.id === id) ?? clinic.refuse('journey_not_found');
}

function shown({ customer: _, hasAmount: __, ...journey }: FakeJourney): Journey {
  return journey;
}

export function ofCustomer(clinic: FakeClinic, customer: string): Journey[] {
  return clinic.journeys.filter((one) => one.customer === customer).map(shown);
}

function bounds({ stage, stageSince, bookedAt }: FakeJourney): { until: number | null; twice: number | null } {
  const limit = LIMITS[stage as Stage];
  if (limit.kind === 'none') return { until: null, twice: null };
  if (limit.kind === 'booking' && bookedAt) return { until: bookedAt + 15 * MINUTE, twice: bookedAt + 30 * MINUTE };
  const length = limit.minutes * MINUTE;
  return { until: stageSince + length, twice: stageSince + 2 * length };
}

function card(one: FakeJourney): BoardCard {
  return {
    id: one.id,
    customer: day.ref(one.customer),
    title: one.plan,
    stage: one.stage as Stage,
    since: one.stageSince,
    ...bounds(one),
    bookedAt: one.bookedAt,
    plannedAt: null,
    sessionsPlanned: one.sessionsPlanned,
    sessionsDone: one.sessionsDone,
    outcome: one.outcome,
    sales: one.sales,
    beautician: one.beautician,
    version: one.version,
    isWaiting: one.isWaiting,
  };
}

const ofPerson = (clinic: FakeClinic, whose: Whose) =>
  clinic.journeys.filter(
    ({ sales, beautician }) => whose === 'everyone' || [sales?.id, beautician?.id].includes(clinic.me ?? ''),
  );

export function board(clinic: FakeClinic, ask: BoardAsk): Board {
  const asked = ofPerson(clinic, ask.whose).filter((one) => ask.service === null || (one.plan ?? '') === ask.service);
  const all = new Map(STAGES.map((stage) => [stage, inOrder(clinic, asked, stage, ask)]));
  const spots = [...all].map(([stage, { rows }]) => ({ stage, nth: rows.findIndex(({ id }) => id === ask.select) }));
  const spot = spots.find(({ nth }) => nth >= 0) ?? null;
  const columns = ask.windows.map((window): BoardColumn => {
    const { rows, ...figures } = all.get(window.stage) ?? { rows: [], all: 0, over: 0, turnsAt: null };
    const most = window.to - window.from;
    let from = Math.max(0, Math.min(window.from, rows.length - most));
    const nth = ask.isFollowed && spot?.stage === window.stage ? spot.nth : from;
    if (nth < from || nth >= from + most) from = Math.max(0, Math.min(nth - Math.floor(most / 2), rows.length - most));
    const cards = rows.slice(from, from + most);
    return { stage: window.stage, count: rows.length, limit: LIMITS[window.stage], from, cards, ...figures };
  });
  return { columns, spot };
}

function inOrder(clinic: FakeClinic, asked: FakeJourney[], stage: Stage, { onlyOver }: BoardAsk) {
  const isOver = (one: BoardCard) => one.until !== null && clinic.now() > one.until;
  const all = asked.filter((one) => one.stage === stage).map(card);
  all.sort((a, b) => (a.until ?? 0) - (b.until ?? 0));
  const over = all.filter(isOver);
  const turnsAt = all.find((one) => one.until !== null && !isOver(one))?.until ?? null;
  return { rows: onlyOver ? over : all, all: all.length, over: over.length, turnsAt };
}

export function services(clinic: FakeClinic, { whose }: BoardServicesAsk): BoardServices {
  const journeys = ofPerson(clinic, whose);
  const titles = [...new Set(journeys.map(({ plan }) => plan ?? ''))];
  const open = (title: string) =>
    journeys.filter(({ plan, stage }) => (plan ?? '') === title && stage !== 'completed').length;
  return { rows: titles.map((title) => ({ title, open: open(title) })).toSorted((a, b) => b.open - a.open) };
}

function role(clinic: FakeClinic): string {
  return PEOPLE.find(({ id }) => id === clinic.me)?.role ?? '';
}

/** One step back, for a manager; from the end to where it was closed. */
function backRule(one: FakeJourney): Rule | undefined {
  const closedFrom = one.actions.find(({ toStage }) => toStage === 'completed')?.fromStage as Stage | undefined;
  const to = one.stage === 'completed' ? closedFrom : STAGES[STAGES.indexOf(one.stage as Stage) - 1];
  return to && { action: 'step_back', from: [one.stage as Stage], to, roles: HEADS, asks: ['reason'] };
}

function offer(clinic: FakeClinic, one: FakeJourney, action: StageMove): Offer {
  const stage = one.stage as Stage;
  const rule =
    action === 'step_back' ? backRule(one) : RULES.find((of) => of.action === action && of.from.includes(stage));
  const refused = (code: NonNullable<Offer['refusal']>['code'], fields: Record<string, string> = {}): Offer => ({
    action,
    to: null,
    asks: [],
    refusal: { code, fields: { stage, action, ...fields } },
  });
  if (!rule) return refused(stage === 'completed' ? 'journey_closed' : 'move_not_allowed');
  if (!rule.roles.includes(role(clinic))) return refused('role_not_allowed', { needs: rule.roles.join(' ') });
  const left = Math.max(0, (one.sessionsPlanned ?? 0) - one.sessionsDone);
  if (action === 'close_case' && left) return refused('sessions_left', { left: String(left) });
  if (action === 'next_session' && !left) return refused('condition_not_met', { needs: 'sessions_left' });
  const asks: Ask[] = action === 'confirm_payment' && !one.hasAmount ? ['amount'] : (rule.asks ?? []);
  return { action, to: rule.to, asks, refusal: null };
}

export function show(clinic: FakeClinic, id: string): JourneyShown {
  const one = find(clinic, id);
  const actions = [...RULES.map(({ action }) => action), 'step_back' as const];
  const offers = actions.map((action) => offer(clinic, one, action));
  return {
    journey: shown(one),
    customer: day.ref(one.customer),
    movedBy: one.actions[0]?.id ?? null,
    ...bounds(one),
    planned: one.id === 'j6' ? { id: 'f1', rule: 'หลังเลเซอร์ วันที่ 3', at: day.at('10:00') } : null,
    bookings: bookingsOf(clinic, one.id),
    offers: [...offers.filter(({ to }) => to), ...offers.filter(({ to }) => !to)],
  };
}

export function move(clinic: FakeClinic, request: JourneyMove) {
  const one = find(clinic, request.id);
  if (one.version !== request.expected) clinic.refuse('journey_changed', { stage: one.stage });
  const { to, asks, refusal } = offer(clinic, one, request.action);
  if (!to) return clinic.refuse(refusal?.code ?? 'move_not_allowed', refusal?.fields);
  if (asks.includes('reason') && !request.note?.trim()) clinic.refuse('reason_missing', { field: 'note' });
  if (request.action === 'confirm_payment' && asks.includes('amount') && !request.satang) {
    clinic.refuse('condition_not_met', { needs: 'amount' });
  }
  const before = { ...one, actions: [...one.actions] };
  const ending = { mark_lost: 'lost', cancel: 'cancelled' } as const;
  const outcome =
    to === 'completed' ? ((ending as Record<string, 'lost' | 'cancelled'>)[request.action] ?? 'completed') : null;
  const isDone = request.action === 'complete_treatment';
  const taken = {
    id: clinic.id(),
    kind: request.action,
    fromStage: one.stage,
    toStage: to,
    by: clinic.nickname(),
    at: clinic.now(),
    notes: request.note,
    device: 'PC-A',
  };
  Object.assign(one, {
    stage: to,
    version: one.version + 1,
    stageSince: to === one.stage ? one.stageSince : clinic.now(),
    outcome,
    reason: outcome && outcome !== 'completed' ? request.note : null,
    plan: request.title ?? one.plan,
    sessionsPlanned: request.sessions ?? one.sessionsPlanned,
    sessionsDone: one.sessionsDone + (isDone ? 1 : 0),
    bookedAt: isDone || ['no_show', 'cancel'].includes(request.action) ? null : (request.bookedAt ?? one.bookedAt),
    beautician: person(request.beauticianId) ?? one.beautician,
    hasAmount: one.hasAmount || !!request.satang,
    isWaiting: clinic.mode === 'offline',
    actions: [taken, ...one.actions],
  });
  const reopen = request.action === 'cancel' ? cancelBookings(clinic, one.id) : undefined;
  const revert = () => {
    Object.assign(one, before);
    reopen?.();
  };
  const name = day.ref(one.customer);
  return clinic.undoable(
    one.id,
    'journey.move',
    name.nickname ?? name.fullName,
    revert,
    `journeys:${before.stage}`,
    `journeys:${to}`,
    `customer:${one.customer}`,
  );
}

function person(id: string | null) {
  return id ? { id, nickname: day.staff(id).nickname } : null;
}

export function open(clinic: FakeClinic, request: JourneyOpen) {
  if (!COUNTER.includes(role(clinic))) clinic.refuse('role_not_allowed', { needs: COUNTER.join(' ') });
  const id = clinic.id();
  const begun = way(id, request.customerId, 'lead_created', '10:23', {
    plan: request.title,
    sessionsPlanned: request.sessions,
    sales: person(request.salesId),
    beautician: person(request.beauticianId),
    stageSince: clinic.now(),
    createdAt: clinic.now(),
    isWaiting: clinic.mode === 'offline',
    actions: [{ ...step(id, 'open', 'lead_created', 'lead_created', '10:23', clinic.nickname()), at: clinic.now() }],
  });
  clinic.journeys.unshift(begun);
  const revert = () => (clinic.journeys = clinic.journeys.filter((one) => one !== begun));
  const name = day.ref(request.customerId);
  return clinic.undoable(
    id,
    'journey.open',
    name.nickname ?? name.fullName,
    revert,
    'journeys',
    `customer:${request.customerId}`,
  );
}

export function assign(clinic: FakeClinic, id: string, part: 'sales' | 'beautician', to: string | null) {
  const one = find(clinic, id);
  const before = one[part];
  one[part] = person(to);
  const name = day.ref(one.customer);
  const revert = () => (one[part] = before);
  return clinic.undoable(
    id,
    'journey.assign',
    name.nickname ?? name.fullName,
    revert,
    'journeys',
    `customer:${one.customer}`,
  );
}
