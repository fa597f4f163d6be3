/** The state of the fake clinic and what changes it. One object per test or browser tab. */
import type { AchievementKept } from '../bindings/AchievementKept';
import type { AchievementRow } from '../bindings/AchievementRow';
import type { AppError } from '../bindings/AppError';
import type { Disturb } from '../bindings/Disturb';
import type { Gathered } from '../bindings/Gathered';
import type { AttentionRow } from '../bindings/AttentionRow';
import type { ClinicDay } from '../bindings/ClinicDay';
import type { Code } from '../bindings/Code';
import type { ContactRow } from '../bindings/ContactRow';
import type { MuteProposal } from '../bindings/MuteProposal';
import type { Phase } from '../bindings/Phase';
import type { Role } from '../bindings/Role';
import type { Saved } from '../bindings/Saved';
import type { Settings } from '../bindings/Settings';
import type { StartState } from '../bindings/StartState';
import type { SyncMode } from '../bindings/SyncMode';
import type { SyncState } from '../bindings/SyncState';
import type { Undone } from '../bindings/Undone';
import type { UndoStep } from '../bindings/UndoStep';
import type { WaitingRow } from '../bindings/WaitingRow';
import * as doors from './agenda';
import * as day from './day';
import { closed } from './display';
import type { FakeEntry } from './ledger';
import { journeys } from './journeys';
import { usualOpening } from './opening';
import * as leads from './leads';
import { offered } from './achievements';
import { achievements, referrals, type FakeReferral } from './friends';
import type { FakeMerge } from './merges';
import { Books } from './manage';
import type { FakePayment } from './payments';
import { CAST, CLINIC, OTHERS, PEOPLE, type FakeCustomer } from './people';
import { gifts, type FakeGifts } from './gifts';
import { rewards, type FakeCoupon } from './rewards';
import { rules } from './rules';

export interface FakeOptions {
  phase?: Phase;
  /** Who is signed in, by nickname; nobody while locked. */
  as?: string;
  mode?: SyncMode;
  withAttention?: boolean;
  settings?: Partial<Settings>;
  /** Nothing due at all. */
  isEmpty?: boolean;
  /** Why this screen and no other. */
  blocked?: Code;
  /** Too long without contact, since then. */
  staleSince?: number;
  /** What the clinic does by itself is late, since then. */
  timersLateSince?: number;
  /** By how many minutes this PC's clock is ahead of the clinic's. */
  clockAhead?: number;
  /** The server does not let in who is signed in; their colleagues' work leaves. */
  isRefused?: boolean;
  /** Whose login the clinic has ended here, by nickname. */
  ended?: string;
}

const SETTINGS: Settings = {
  language: 'th',
  theme: 'light',
  density: 'compact',
  scale: 100,
  toastHotLeads: true,
  toastFollowups: true,
  toastTasks: true,
  toastVisits: true,
  toastBookings: true,
  toastJourneys: true,
  toastAttention: true,
  toastClinic: true,
  quiet: true,
  quietFrom: null,
  quietTo: null,
  autoLockMinutes: 2,
};

/** Something that was done here, and how it goes back. A refusal in `revert` is why it does not. */
interface Done extends UndoStep {
  by: string | null;
  revert: () => void;
  topics: string[];
}

export class FakeClinic {
  phase: Phase;
  me: string | null;
  mode: SyncMode;
  settings: Settings;
  clinicDay: ClinicDay = { timezone: 'Asia/Bangkok', quietFrom: '20:00', quietTo: '09:00', daysUnseen: 7 };
  customers: FakeCustomer[] = structuredClone([...CAST, ...OTHERS]);
  leads = leads.leads();
  followups = day.followups();
  tasks = day.tasks();
  journeys = journeys();
  notifications = day.notifications();
  disturb: Disturb = { isOn: false, until: null };
  isWithCustomer = false;
  gathered: Gathered[] = [];
  proposal: MuteProposal | null = null;
  agenda = doors.agenda();
  /** Of which journey a booking is. */
  journeyOf = new Map([['b1', 'j1']]);
  /** The last number that was given today. */
  queue = 11;
  rules = rules();
  rewards = rewards();
  /** Codes of everybody, newest first. */
  coupons: FakeCoupon[] = [];
  gifts: FakeGifts = gifts();
  ledgers = new Map<string, FakeEntry[]>();
  contacts = new Map<string, ContactRow[]>();
  /** Payments and refunds of everybody, newest first. */
  payments: FakePayment[] = [];
  referrals: FakeReferral[] = referrals();
  merges: FakeMerge[] = [];
  achievements: AchievementRow[] = achievements();
  offered: AchievementKept[] = offered();
  books = new Books();
  isEmpty = false;
  /** Whom the clinic's codes pay. */
  promptpay: string | null = '081-234-5678';
  /** Who is away, until when. */
  away = new Map<string, number | null>();
  waiting: WaitingRow[] = [];
  /** What can be taken back, oldest first. */
  done: Done[] = [];
  /** Something on this PC takes numbers to dial. */
  canDial = true;
  display = closed();
  opening = usualOpening();
  attention: AttentionRow[];
  blocked: Code | null;
  staleSince: number | null;
  timersLateSince: number | null;
  clockAhead: number | null;
  isRefused: boolean;
  ended: string | undefined;
  pins = new Map(PEOPLE.map((person) => [person.id, { left: 5, until: 0 }]));
  loaded = 0;
  /** Commands that fail, with a code: for tests of what a person sees then. */
  failing = new Map<string, Code>();
  #handlers = new Set<(topics: string[]) => void>();
  #openers = new Set<(path: string) => void>();
  #started = Date.now();
  #ids = 0;

  constructor(options: FakeOptions = {}) {
    this.staleSince = options.staleSince ?? null;
    this.timersLateSince = options.timersLateSince ?? null;
    this.clockAhead = options.clockAhead ?? null;
    this.isRefused = options.isRefused ?? false;
    this.ended = options.ended;
    this.blocked = options.blocked ?? (options.phase === 'blocked' ? 'cache_newer' : null);
    this.phase = options.phase ?? 'ready';
    const person = PEOPLE.find(({ nickname }) => nickname === (options.as ?? 'นก'));
    this.me = this.phase === 'ready' ? (person?.id ?? null) : null;
    this.mode = options.mode ?? 'online';
    this.settings = { ...SETTINGS, ...options.settings };
    this.attention = options.withAttention ? [day.conflict(), day.refusal()] : [];
    this.isEmpty = options.isEmpty ?? false;
    if (options.isEmpty) this.leads = [];
    if (options.isEmpty) this.agenda = [];
    if (options.isEmpty) this.followups = [];
    if (options.isEmpty) this.tasks = [];
    if (options.isEmpty) this.rules = [];
    if (options.isEmpty) this.rewards = [];
    if (options.isEmpty) this.journeys = [];
    if (this.phase === 'loading') this.loaded = 412_310;
    if (this.mode === 'offline' || this.ended) this.#seedWaiting();
  }

  now(): number {
    return day.OPENING + (this.mode === 'offline' ? 25 * 60_000 : 0) + Date.now() - this.#started;
  }

  id(): string {
    return `new-${++this.#ids}`;
  }

  tell(...topics: string[]): void {
    for (const handler of this.#handlers) handler(topics);
  }

  open(path: string): void {
    for (const opener of this.#openers) opener(path);
  }

  onChanged(handler: (topics: string[]) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  onOpen(opener: (path: string) => void): () => void {
    this.#openers.add(opener);
    return () => this.#openers.delete(opener);
  }

  refuse(code: Code, fields: AppError['fields'] = {}): never {
    throw { code, fields, refId: code === 'unexpected' ? '7f3a' : '' } satisfies AppError;
  }

  customer(id: string): FakeCustomer {
    return this.customers.find((of) => of.id === id) ?? this.refuse('customer_not_found');
  }

  contactsOf(customer: string): ContactRow[] {
    const known = this.contacts.get(customer) ?? [];
    this.contacts.set(customer, known);
    return known;
  }

  ledger(customer: string): FakeEntry[] {
    const known = this.ledgers.get(customer) ?? day.ledger(customer);
    this.ledgers.set(customer, known);
    return known;
  }

  /** Notes that something was done here; it waits while the clinic cannot be reached. */
  saved(id: string, name: string, subject: string | null, ...topics: string[]): Saved {
    const waits = this.mode === 'offline';
    if (waits)
      this.waiting.push({ id: this.id(), name, subject, at: this.now(), by: this.nickname(), needsCode: false });
    this.tell(...topics, 'today', 'sync');
    return { id, waiting: waits, undo: null };
  }

  /** The same for what can be taken back: `revert` puts everything back as it was. */
  undoable(id: string, name: string, subject: string, revert: () => void, ...topics: string[]): Saved {
    const step = { id: name === 'customer.create' ? id : this.id(), name, subject, at: this.now() };
    this.done.push({ ...step, by: this.me, revert, topics });
    return { ...this.saved(id, name, subject, ...topics), undo: step.id };
  }

  lastDone(of: string | null = null): Done | undefined {
    return this.done.findLast(({ id, by }) => by === this.me && (of === null || id === of));
  }

  /** Offline nothing has left yet: what is taken back is taken out. */
  undo(of: string | null): Undone {
    const found = this.lastDone(of) ?? this.refuse('nothing_to_undo');
    const { revert, topics, by: _, ...step } = found;
    this.done = this.done.filter((other) => other !== found);
    let refused: Code | null = null;
    try {
      revert();
      this.waiting = this.waiting.filter(({ name, subject }) => name !== step.name || subject !== step.subject);
    } catch (error) {
      refused = (error as AppError).code;
    }
    this.tell(...topics, 'today', 'sync');
    return { step, waiting: false, leavesStanding: false, refused };
  }

  role(): Role | undefined {
    return PEOPLE.find(({ id }) => id === this.me)?.role;
  }

  nickname(): string {
    return PEOPLE.find(({ id }) => id === this.me)?.nickname ?? '';
  }

  start(): StartState {
    const people = PEOPLE.map(({ pin: _, ...person }) => ({
      ...person,
      pausedUntil: this.#paused(person.id),
      hasEnded: person.nickname === this.ended,
    }));
    const isKnown = this.phase !== 'first_start';
    return {
      phase: this.phase,
      clinic: isKnown ? CLINIC : null,
      day: this.clinicDay,
      people: isKnown ? people : [],
      me: people.find(({ id }) => id === this.me) ?? null,
      isDemo: this.mode === 'demo',
      device: 'PC-A',
      version: '0.1.0',
      loading: this.phase === 'loading' ? { noun: 'point_entry', rows: this.loaded, expected: 1_000_000 } : null,
      blocked: this.blocked,
      staleSince: this.staleSince,
      offeredCode: null,
    };
  }

  sync(): SyncState {
    const isOff = this.mode === 'offline';
    return {
      mode: this.mode,
      since: isOff ? day.at('10:42') : day.at('08:55'),
      lastSyncedAt: isOff ? day.at('10:41') : this.now(),
      wake: isOff ? 'none' : 'live',
      timersLateSince: isOff ? null : this.timersLateSince,
      clockAhead: isOff ? null : this.clockAhead,
      waiting: [...this.waiting],
      attention: [...this.attention],
      server: this.mode === 'demo' ? null : 'db.aura-ari.example:5432',
      problem: this.isRefused ? 'login_refused' : null,
    };
  }

  #paused(person: string): number | null {
    const until = this.pins.get(person)?.until ?? 0;
    return until > this.now() ? until : null;
  }

  #seedWaiting(): void {
    const row = (id: string, name: string, subject: string, when: string) => ({
      id,
      name,
      subject,
      at: day.at(when),
      by: 'นก',
      needsCode: this.ended === 'นก',
    });
    this.waiting = [
      row('w1', 'task.complete', 'โทรยืนยันนัดพรุ่งนี้', '10:43'),
      row('w2', 'points.award', 'ศิริพร มณี', '10:46'),
      row('w3', 'customer.create', 'ฟ้า', '10:48'),
    ];
    const task = this.tasks.find(({ id }) => id === 't3');
    if (task) task.isWaiting = true;
  }
}
