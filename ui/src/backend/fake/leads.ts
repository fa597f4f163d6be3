/** Leads of the fake clinic, which is open all day: what waits, what somebody has, and what can be done with it. */
import type { LeadFactor } from '../bindings/LeadFactor';
import type { LeadRow } from '../bindings/LeadRow';
import type { LeadScore } from '../bindings/LeadScore';
import type { Leads } from '../bindings/Leads';
import type { Saved } from '../bindings/Saved';
import type { Request } from '../backend';
import type { FakeClinic } from './clinic';
import { at, staff } from './day';

const MINUTE = 60_000;

function score(points: number, low: number, high: number, factors: LeadFactor[]): LeadScore {
  return { score: points, low, high, threshold: 70, factors, all: { bought: 22, of: 100 } };
}

function fact(factor: string, weight: number, odds?: [number, number], value = 'true'): LeadFactor {
  return { factor, value, weight, odds: odds ? { bought: odds[0], of: odds[1] } : null };
}

const unknown = (factor: string): LeadFactor => ({ factor, value: null, weight: 0, odds: null });

type Given = Partial<LeadRow> & Pick<LeadRow, 'id' | 'name' | 'createdAt'>;

function lead(part: Given): LeadRow {
  const factors = part.score?.factors.filter(({ value }) => value !== null).slice(0, 2) ?? [];
  return {
    customerId: null,
    phone: null,
    email: null,
    source: null,
    message: null,
    isHot: true,
    score: null,
    status: 'open',
    claimedBy: null,
    claimedAt: null,
    clock: { waited: 0, at: part.createdAt, isRunning: true, turnsAt: null },
    escalation: {
      passAfter: 5 * MINUTE,
      raiseAfter: 15 * MINUTE,
      passedTo: null,
      passedAt: null,
      manager: staff('p-dao'),
      raisedAt: null,
    },
    answeredAt: null,
    answeredBy: null,
    outcome: null,
    nextAt: null,
    notes: null,
    snoozedUntil: null,
    reasons: [
      { code: 'waiting_since', at: part.createdAt },
      ...factors.map((factor) => ({ code: 'lead' as const, factor })),
    ],
    isWaiting: false,
    ...part,
  };
}

export function leads(): LeadRow[] {
  const [mild, orn] = [at('10:12') + 20_000, at('10:20') + 50_000];
  const first = lead({
    id: 'l1',
    name: 'มายด์',
    phone: '084-555-6666',
    source: 'line',
    message: 'สนใจโปรเลเซอร์ วันนี้ได้ไหม',
    createdAt: mild,
    score: score(71, 44, 88, [
      fact('asked_today', 1.1, [23, 52]),
      fact('source', 0.3, [18, 41], 'line'),
      unknown('budget'),
    ]),
  });
  return [
    { ...first, escalation: { ...first.escalation, passedTo: staff('p-may'), passedAt: at('10:17') } },
    lead({
      id: 'l2',
      customerId: 'x9',
      name: 'อรอุมา พันธ์ดี',
      phone: '091-222-3344',
      source: 'ads',
      createdAt: orn,
      score: score(74, 50, 89, [fact('asked_price', 0.7), fact('source', -0.1, [18, 41], 'ads'), unknown('budget')]),
    }),
    lead({ id: 'l3', name: 'ปิ่น', phone: '082-771-9035', source: 'website', isHot: false, createdAt: at('09:40') }),
    lead({
      id: 'l4',
      name: 'ณิชา รุ่งเรือง',
      source: 'line',
      isHot: false,
      status: 'claimed',
      claimedBy: staff('p-may'),
      claimedAt: at('10:20'),
      createdAt: at('10:18'),
    }),
  ];
}

/** As it stands now: the clock runs until somebody answers. */
export function shown(clinic: FakeClinic, row: LeadRow): LeadRow {
  const until = row.answeredAt ?? clinic.now();
  const isRunning = row.answeredAt === null;
  return { ...row, clock: { waited: until - row.createdAt, at: until, isRunning, turnsAt: null } };
}

export function list(clinic: FakeClinic): Leads {
  const rows = clinic.leads.map((row) => shown(clinic, row)).sort((a, b) => a.createdAt - b.createdAt);
  const open = rows.filter(({ status }) => status === 'open');
  const isHot = (row: LeadRow) => row.isHot && row.answeredAt === null;
  return {
    now: clinic.now(),
    hot: open.filter(isHot),
    open: open.filter((row) => !isHot(row)),
    claimed: rows.filter(({ status }) => status === 'claimed'),
    unclaimed: open.length,
  };
}

/** Of hot leads: who waits, then those that somebody has and has not answered. */
export function today(clinic: FakeClinic): LeadRow[] {
  const { hot, claimed } = list(clinic);
  return [...hot, ...claimed.filter((row) => row.isHot && row.answeredAt === null)];
}

function change(clinic: FakeClinic, id: string, name: string, set: (row: LeadRow) => Partial<LeadRow>): Saved {
  const row = clinic.leads.find((one) => one.id === id) ?? clinic.refuse('lead_not_found');
  const before = { ...row };
  Object.assign(row, set(row), { isWaiting: clinic.mode === 'offline' });
  const revert = () => Object.assign(row, before);
  return name === 'lead.release'
    ? clinic.saved(id, name, row.name, 'leads')
    : clinic.undoable(id, name, row.name, revert, 'leads');
}

function mine(clinic: FakeClinic): Partial<LeadRow> {
  return { status: 'claimed', claimedBy: staff(clinic.me ?? ''), claimedAt: clinic.now() };
}

export function claim(clinic: FakeClinic, { id }: Request<'lead_claim'>): Saved {
  return change(clinic, id, 'lead.claim', (row) => {
    if (row.status === 'closed') clinic.refuse('lead_closed');
    if (row.claimedBy && row.claimedBy.id !== clinic.me) clinic.refuse('lead_taken');
    return mine(clinic);
  });
}

export function release(clinic: FakeClinic, { id }: Request<'lead_release'>): Saved {
  return change(clinic, id, 'lead.release', (row) => {
    if (row.claimedBy && row.claimedBy.id !== clinic.me && clinic.me !== 'p-dao') clinic.refuse('lead_taken');
    return { status: 'open', claimedBy: null, claimedAt: null };
  });
}

const CLOSES = ['booked', 'not_interested', 'wrong_number', 'do_not_call'];

export function answer(clinic: FakeClinic, request: Request<'lead_answer'>): Saved {
  const { id, outcome, note, nextAt } = request;
  return change(clinic, id, 'lead.answer', (row) => ({
    ...(row.claimedBy ? {} : mine(clinic)),
    status: CLOSES.includes(outcome) ? 'closed' : 'claimed',
    outcome,
    nextAt,
    answeredAt: row.answeredAt ?? clinic.now(),
    answeredBy: row.answeredBy ?? staff(clinic.me ?? ''),
    notes: note ? [row.notes, `01/10 10:24 ${clinic.nickname()}: ${note}`].filter(Boolean).join('\n') : row.notes,
  }));
}

export function snooze(clinic: FakeClinic, id: string, until: number): Record<string, never> {
  const row = clinic.leads.find((one) => one.id === id) ?? clinic.refuse('lead_not_found');
  row.snoozedUntil = until;
  clinic.tell('leads', 'today');
  return {};
}
