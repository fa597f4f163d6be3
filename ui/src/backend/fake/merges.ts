/** Two customers who are one, in the fake clinic. What moves and what comes back is the database's: here points are added up and taken apart. */
import type { CustomerField } from '../bindings/CustomerField';
import type { Holding } from '../bindings/Holding';
import type { MergeEffect } from '../bindings/MergeEffect';
import type { MergeRow } from '../bindings/MergeRow';
import type { Request } from '../backend';
import type { FakeClinic } from './clinic';
import { tierOf } from './loyalty';
import { heldLeft } from './payments';
import type { Confirmation } from '../bindings/Confirmation';
import type { Person } from '../bindings/Person';
import { tryPin } from './pins';
import { PEOPLE, type FakeCustomer } from './people';

/** A merge as the fake keeps it: both as they were. */
export interface FakeMerge {
  id: string;
  from: string;
  into: string;
  at: number;
  by: string;
  separatedAt: number | null;
  separatedBy: string | null;
  was: { from: FakeCustomer; into: FakeCustomer };
  /** Payments that changed hands. */
  payments: string[];
}

const HEADS = ['owner', 'manager'];
const DAYS = 30 * 86_400_000;
const SHOWN = {
  full_name: 'fullName',
  nickname: 'nickname',
  phone: 'phone',
  email: 'email',
  birth_date: 'birthDate',
  gender: 'gender',
  notes: 'notes',
} as const satisfies Record<CustomerField, keyof FakeCustomer>;

const isHead = (clinic: FakeClinic): boolean => HEADS.includes(clinic.role() ?? '');

/** Whose PIN has to confirm it. */
function confirmers(clinic: FakeClinic): Person[] {
  if (isHead(clinic) || clinic.role() !== 'front_desk' || clinic.mode === 'demo') return [];
  return PEOPLE.filter(({ role }) => HEADS.includes(role)).map(({ pin: _, ...person }) => person);
}

export const mayMerge = (clinic: FakeClinic): boolean => isHead(clinic) || confirmers(clinic).length > 0;

export function survivor(clinic: FakeClinic, id: string): string {
  const merge = clinic.merges.find((one) => one.from === id && one.separatedAt === null);
  return merge ? survivor(clinic, merge.into) : id;
}

export function rowsOf(clinic: FakeClinic, id: string): MergeRow[] {
  const all = clinic.merges.filter(({ into }) => into === id).sort((a, b) => b.at - a.at);
  const newest = all.find(({ separatedAt }) => separatedAt === null);
  return all.map((merge) => ({
    id: merge.id,
    name: merge.was.from.fullName,
    code: merge.was.from.code,
    at: merge.at,
    by: merge.by,
    until: merge.at + DAYS,
    separatedAt: merge.separatedAt,
    separatedBy: merge.separatedBy,
    canSeparate: mayMerge(clinic) && merge === newest,
  }));
}

function holding(of: FakeCustomer, points: number, clinic: FakeClinic, held = heldLeft(clinic, of.id)): Holding {
  return {
    id: of.id,
    available: points,
    owed: 0,
    held,
    tier: tierOf(of.lifetime),
    lots: points ? [{ points, at: clinic.now() + 300 * 86_400_000 }] : [],
    journeys: 1,
    bookings: 1,
    visits: 0,
    payments: 0,
    coupons: 0,
    contacts: 0,
    doNotContact: of.preference?.doNotContact ?? false,
    marketing: of.preference?.marketingOptIn ?? null,
  };
}

function asked(clinic: FakeClinic): void {
  if (!mayMerge(clinic)) clinic.refuse('role_not_allowed', { needs: 'owner manager' });
  if (clinic.mode !== 'online') clinic.refuse('merge_needs_clinic');
}

/** Who does it: whoever is signed in, or who confirms. */
function decider(clinic: FakeClinic, confirmed: Confirmation | null): string {
  if (!confirmed) return isHead(clinic) ? clinic.nickname() : clinic.refuse('role_not_allowed');
  const person = confirmers(clinic).find(({ id }) => id === confirmed.person) ?? clinic.refuse('role_not_allowed');
  tryPin(clinic, person.id, confirmed.pin);
  return person.nickname;
}

function preview(clinic: FakeClinic, { from, into }: Request<'merge_preview'>): MergeEffect {
  asked(clinic);
  if (from === into) clinic.refuse('merge_of_oneself');
  if (survivor(clinic, from) !== from || survivor(clinic, into) !== into) clinic.refuse('merged_already');
  const [a, b] = [clinic.customer(into), clinic.customer(from)];
  const held = heldLeft(clinic, into) + heldLeft(clinic, from);
  const both = holding({ ...a, lifetime: a.lifetime + b.lifetime }, a.points + b.points, clinic, held);
  const strict = { doNotContact: [a, b].some(({ preference }) => preference?.doNotContact) };
  return {
    fromBefore: holding(b, b.points, clinic),
    intoBefore: holding(a, a.points, clinic),
    fromAfter: holding(b, 0, clinic, 0),
    intoAfter: { ...both, ...strict },
    spent: 0,
    confirmBy: confirmers(clinic),
  };
}

/** Gives payments to somebody else; which. */
function give(clinic: FakeClinic, from: string, to: string, which?: string[]): string[] {
  const given = clinic.payments.filter(({ id, customer }) => customer === from && (which?.includes(id) ?? true));
  for (const payment of given) payment.customer = to;
  return given.map(({ id }) => id);
}

function merge(clinic: FakeClinic, { id, from, into, fields, seen, confirmed }: Request<'customer_merge'>) {
  const { intoAfter } = preview(clinic, { from, into });
  const by = decider(clinic, confirmed);
  if (intoAfter.available !== seen) clinic.refuse('changed_meanwhile', { field: 'points' });
  const [a, b] = [clinic.customer(into), clinic.customer(from)];
  const was = { into: { ...a }, from: { ...b } };
  clinic.merges.push({
    id,
    from,
    into,
    at: clinic.now(),
    by,
    separatedAt: null,
    separatedBy: null,
    was,
    payments: give(clinic, from, into),
  });
  for (const { field, side } of fields) {
    const [mine, theirs] = [a[SHOWN[field]], b[SHOWN[field]]];
    const value = side === 'both' ? `${mine ?? ''}\n${theirs ?? ''}` : side === 'from' ? theirs : mine;
    Object.assign(a, { [SHOWN[field]]: value });
  }
  Object.assign(a, { points: a.points + b.points, lifetime: a.lifetime + b.lifetime });
  b.points = 0;
  clinic.tell('customers', `customer:${into}`);
  return { isDone: true };
}

function found(clinic: FakeClinic, id: string): FakeMerge {
  return clinic.merges.find((one) => one.id === id) ?? clinic.refuse('merge_not_found');
}

function separatePreview(clinic: FakeClinic, { mergeId }: Request<'separate_preview'>): MergeEffect {
  asked(clinic);
  const { was, into, from, separatedAt, payments } = found(clinic, mergeId);
  if (separatedAt !== null) clinic.refuse('separated_already');
  const goesBack = heldLeft(clinic, into, payments);
  return {
    intoBefore: holding(clinic.customer(into), clinic.customer(into).points, clinic),
    fromBefore: holding(clinic.customer(from), 0, clinic),
    intoAfter: holding(was.into, was.into.points, clinic, heldLeft(clinic, into) - goesBack),
    fromAfter: holding(was.from, was.from.points, clinic, goesBack),
    spent: 0,
    confirmBy: confirmers(clinic),
  };
}

function separate(clinic: FakeClinic, { mergeId, confirmed }: Request<'customer_separate'>) {
  separatePreview(clinic, { mergeId });
  const one = found(clinic, mergeId);
  Object.assign(one, { separatedBy: decider(clinic, confirmed), separatedAt: clinic.now() });
  Object.assign(clinic.customer(one.into), one.was.into);
  Object.assign(clinic.customer(one.from), one.was.from);
  give(clinic, one.into, one.from, one.payments);
  clinic.tell('customers', `customer:${one.into}`);
  return { isDone: true };
}

export const mergeAnswers = {
  merge_preview: preview,
  customer_merge: merge,
  separate_preview: separatePreview,
  customer_separate: separate,
};
