/** axe on every screen, in both languages and both themes. Colours are measured in a browser (contrast.md); jsdom has none. */
import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import type { FakeOptions } from '../backend/fake/clinic';
import { issue } from '../backend/fake/rewards';
import { openWindow, settle, to, type Opened } from './window';

type Scene = [name: string, options: FakeOptions, steps?: (on: Opened) => Promise<unknown>];

async function toCard(on: Opened, id = 'c1') {
  on.clinic.open(`/customers/${id}`);
  await on.see(`[data-customer-id=${id}]`);
}

async function toBoard(on: Opened, ...keys: string[]) {
  await on.press(to('journeys'));
  await on.see('[data-screen=journeys] [data-row-id]');
  await on.press(...keys);
  await settle();
}

async function toRules(on: Opened, ...keys: string[]) {
  on.clinic.open('/automation');
  await on.see('[data-row-id=r1]');
  await on.press(...keys);
  await settle();
}

async function toRewards(on: Opened, ...keys: string[]) {
  on.clinic.open('/rewards');
  await on.see('[data-row-id=r1]');
  await on.press(...keys);
  await settle();
}

async function toLoyalty(on: Opened, ...keys: string[]) {
  await on.press('Shift F7');
  await on.see('[data-figure=liability]');
  await on.press(...keys);
  await settle();
}

async function toCodes(on: Opened, ...keys: string[]) {
  issue(on.clinic, 'c1', 'k1', 'r1');
  await toCard(on);
  await on.see('[data-code]');
  await on.press(...keys);
  await settle();
}

async function paidLate(on: Opened) {
  await toCard(on);
  await on.press('F9');
  await on.type('500');
  on.one('[data-switch=late]').click();
  await on.see('input[name=paid_on]');
}

/** A gift that is too large for one waits, and the manager looks at it. */
async function toSecond(on: Opened) {
  await toCard(on);
  await on.press('G');
  await on.type('500');
  await on.see('[data-gift-after]');
  await on.press('Enter');
  await on.see('[data-approval]');
  on.clinic.me = 'p-dao';
  await toCard(on, 'c2');
  await toCard(on);
  await on.see('[data-action=second-person]');
}

/** Two cards side by side, with what merging them would do. */
async function toMerge(on: Opened) {
  await toCard(on);
  await on.press('X');
  (await on.see('[data-dialog=merge] input[name=twin]')).focus();
  await on.type(on.clinic.customers.find(({ id }) => id === 'c2')?.code ?? '');
  (await on.see('[data-dialog=merge] [data-twin=c2] input')).click();
  await on.see('[data-dialog=merge] [data-merge-effect=merge]');
}

async function confirm(on: Opened, pin: string) {
  (await on.see('input[name=confirm_pin]')).focus();
  await on.type(pin);
  await on.press('Ctrl Enter');
}

const SCENES: Scene[] = [
  ['first start', { phase: 'first_start' }],
  ['first start, wiped', { phase: 'first_start', blocked: 'pc_wiped' }],
  [
    'first start, PIN',
    { phase: 'first_start' },
    async (on) => {
      on.one('textarea[name=code]').focus();
      await on.type('AURA1-abc');
      on.one('[data-action=next]').click();
      await on.see('input[name=pin]');
    },
  ],
  ['loading', { phase: 'loading' }],
  ['blocked', { phase: 'blocked' }],
  ['lock', { phase: 'locked' }],
  ['lock, wipe ordered', { phase: 'locked', blocked: 'wipe_ordered' }],
  ['lock, too long without contact', { phase: 'locked', staleSince: Date.parse('2026-09-20T03:00:00Z') }],
  ['lock of the demo', { phase: 'locked', mode: 'demo' }],
  ['today', {}, (on) => on.see('[data-row-id=l1]')],
  ['today, follow-up', {}, (on) => on.press('↓', '↓')],
  ['today, task', {}, (on) => on.press('End')],
  ['today, offline with refusals', { mode: 'offline', withAttention: true }, (on) => on.see('[data-row-id=q1]')],
  ['today, nothing', { isEmpty: true }],
  ['today, timers late', { timersLateSince: Date.parse('2026-10-01T02:40:00Z') }, (on) => on.see('footer [data-late]')],
  ['leads', {}, (on) => on.press('F6')],
  ['leads, somebody has it', {}, (on) => on.press('F6', 'End')],
  ['leads, nothing', { isEmpty: true }, (on) => on.press('F6')],
  [
    'leads, outcome',
    {},
    async (on) => {
      await on.press('F6', 'C');
      (await on.see('[data-option=talked]')).click();
      await on.see('[data-dialog=answer] input[name=note]');
    },
  ],
  ['leads, snooze', {}, (on) => on.press('F6', 'S')],
  ['board', {}, (on) => toBoard(on)],
  ['board, only what is over', {}, (on) => toBoard(on, 'O')],
  ['board, nothing', { isEmpty: true }, (on) => on.press(to('journeys'))],
  ['board, what can be done', {}, (on) => toBoard(on, '→', 'M')],
  [
    'board, a booking is asked',
    {},
    async (on) => {
      await toBoard(on, '→', '→', '→', 'M');
      (await on.see('[data-option=schedule_appointment]')).click();
      await on.see('[data-dialog=book] input[name=time]');
    },
  ],
  [
    'board, what is cancelled too',
    {},
    async (on) => {
      await toBoard(on, '→', '→', '→', '→', 'M');
      (await on.see('[data-option=cancel]')).click();
      await on.see('[data-dialog=journey-step] [data-cancels]');
    },
  ],
  ['board, why', {}, (on) => toBoard(on, '→', '→', '→', '→', 'W')],
  ['board, give', {}, (on) => toBoard(on, 'A')],
  [
    'begin a journey',
    {},
    async (on) => {
      await toCard(on);
      await on.press('J');
      await on.see('[data-dialog=journey-begin]');
    },
  ],
  ['search, empty', {}, (on) => on.press('Ctrl K')],
  [
    'search, found',
    {},
    async (on) => {
      await on.press('Ctrl K');
      await on.type('ploy');
      await on.see('[role=option][data-row-id=c1]');
    },
  ],
  [
    'search, nothing found',
    {},
    async (on) => {
      await on.press('Ctrl K');
      await on.type('qqqq');
    },
  ],
  ['card', {}, (on) => toCard(on)],
  ['card, do not contact', {}, (on) => toCard(on, 'c4')],
  ['card, no member', {}, (on) => toCard(on, 'c3')],
  [
    'friends and achievements',
    {},
    async (on) => {
      await toCard(on);
      await on.press('F');
      await on.see('[data-achievement]');
    },
  ],
  [
    'who sent a customer, several found',
    {},
    async (on) => {
      await toCard(on, 'c2');
      await on.press('F');
      (await on.see('input[name=referrer]')).focus();
      await on.type('น');
    },
  ],
  [
    'membership card',
    {},
    async (on) => {
      await toCard(on);
      await on.press('Q');
      await on.see('[data-print]');
    },
  ],
  [
    'referrals to look at',
    { as: 'ดาว' },
    async (on) => {
      await on.press('Shift F6');
      await on.see('[data-row-id=rf1]');
    },
  ],
  [
    'no referrals to look at',
    { as: 'ดาว' },
    async (on) => {
      on.clinic.referrals = [];
      await on.press('Shift F6');
    },
  ],
  [
    'a referral is decided',
    { as: 'ดาว' },
    async (on) => {
      await on.press('Shift F6');
      await on.see('[data-row-id=rf1]');
      await on.press('P');
    },
  ],
  [
    'take a payment',
    {},
    async (on) => {
      await toCard(on);
      await on.press('F9');
      await on.type('1999');
    },
  ],
  [
    'pay by PromptPay',
    {},
    async (on) => {
      await toCard(on);
      await on.press('F9');
      await on.type('1999');
      await on.press('Alt 3');
      await on.see('[data-qr]');
    },
  ],
  [
    'take a deposit',
    {},
    async (on) => {
      await toCard(on);
      await on.press('F9');
      await on.type('500');
      await on.press('Alt 6');
      await on.see('[data-held-after]');
    },
  ],
  [
    'pay with what was paid in advance',
    {},
    async (on) => {
      await toCard(on);
      await on.press('F9');
      await on.type('500');
      await on.press('Alt 6');
      await on.see('[data-held-after]');
      await on.press('Enter');
      await on.gone('[data-dialog=award]');
      await on.see('[data-held-left]');
      await on.press('F9');
      await on.type('1999');
      await on.press('Alt 8');
      await on.see('[data-pays="149900"]');
    },
  ],
  [
    'give money back',
    {},
    async (on) => {
      await toCard(on);
      await on.press('F9');
      await on.type('1999');
      await on.see('[data-award-points]');
      await on.press('Enter');
      await on.gone('[data-dialog=award]');
      await on.see('[data-payment]');
      await on.press('Shift F9');
      await on.see('[data-refund-points]');
    },
  ],
  [
    'receipt',
    {},
    async (on) => {
      await toCard(on);
      await on.press('F9');
      await on.type('1999');
      await on.see('[data-award-points]');
      await on.press('Enter');
      await on.gone('[data-dialog=award]');
      await on.see('[data-payment]');
      await on.press('Ctrl P');
      await on.see('[data-print]');
    },
  ],
  [
    'points by hand',
    {},
    async (on) => {
      await toCard(on);
      await on.press('G');
      await on.type('500');
      await on.see('[data-gift-after]');
    },
  ],
  ['what waits for a second person', {}, toSecond],
  [
    'the second person',
    {},
    async (on) => {
      await toSecond(on);
      await on.press('Shift G');
      await on.see('[data-second-after]');
    },
  ],
  [
    'merge, who is the other one',
    { as: 'ดาว' },
    async (on) => {
      await toCard(on);
      await on.press('X');
      await on.see('[data-dialog=merge] input[name=twin]');
    },
  ],
  ['merge, side by side', { as: 'ดาว' }, toMerge],
  [
    'merge, a wrong PIN',
    {},
    async (on) => {
      await toMerge(on);
      await confirm(on, '0000');
      await on.see('[role=alert]');
    },
  ],
  [
    'separate, with a PIN',
    {},
    async (on) => {
      await toMerge(on);
      await confirm(on, '9753');
      await on.gone('[data-dialog=merge]');
      (await on.see('[data-merge] [data-action=separate]')).click();
      await on.see('[data-dialog=separate] input[name=confirm_pin]');
    },
  ],
  [
    'redeem points',
    {},
    async (on) => {
      await toCard(on);
      await on.press('R');
      await on.type('120');
      await on.see('[data-after="1120"]');
    },
  ],
  ['codes', {}, (on) => toCodes(on)],
  ['use a code', {}, (on) => toCodes(on, 'U')],
  [
    'give a code back',
    { as: 'ดาว' },
    async (on) => {
      await toCodes(on);
      on.one('[data-action=code-cancel]').click();
      await on.see('[data-cancel-after]');
      on.one('[data-choice=cancel-by] input[value=clinic]').click();
      await on.see('[data-switch=grant]');
    },
  ],
  [
    'a code on a bill',
    {},
    async (on) => {
      await toCodes(on, 'F9');
      await on.type('1999');
      (await on.see('[data-bill-code]')).click();
      await on.see('[data-pays]');
    },
  ],
  ['rewards', { as: 'ดาว' }, (on) => toRewards(on)],
  ['rewards, makes no sense', { as: 'ดาว' }, (on) => toRewards(on, 'End')],
  ['rewards, nothing', { as: 'ดาว', isEmpty: true }, async (on) => on.clinic.open('/rewards')],
  ['rewards, editor', { as: 'ดาว' }, (on) => toRewards(on, 'Enter')],
  [
    'edit customer',
    {},
    async (on) => {
      await toCard(on);
      await on.press('E');
      await on.see('[data-dialog=edit]');
    },
  ],
  ['new customer', {}, (on) => on.press('F2')],
  ['agenda', {}, (on) => on.press('F3')],
  [
    'agenda, somebody waits',
    {},
    async (on) => {
      await on.press('F3', 'Space');
      await on.see('[data-action=undo-check-in]');
    },
  ],
  ['agenda, nothing', { isEmpty: true }, (on) => on.press('F3')],
  ['agenda, offline', { mode: 'offline' }, (on) => on.press('F3', 'Space')],
  ['move a booking', {}, (on) => on.press('F3', 'R')],
  ['book', {}, (on) => on.press('F3', 'B')],
  ['cancel a booking', {}, (on) => on.press('F3', 'Delete')],
  ['tasks', {}, (on) => on.press('F4')],
  ['complete a task', {}, (on) => on.press('F4', 'D')],
  ['snooze a task', {}, (on) => on.press('F4', 'S')],
  ['give a task', {}, (on) => on.press('F4', 'A')],
  ['note on a task', {}, (on) => on.press('F4', 'N')],
  ['why a task is here', {}, (on) => on.press('F4', 'W')],
  ['new task', {}, (on) => on.press('F4', 'T')],
  [
    'a typed time that is asked',
    {},
    async (on) => {
      await on.press('F4', 'S');
      (await on.see('[data-dialog=snooze] input')).focus();
      await on.type('เสาร์หน้าบ่ายสอง');
      await on.see('[data-moment=ask]');
    },
  ],
  ['all tasks', { as: 'ดาว' }, (on) => on.press('F4', 'G')],
  [
    'a call, which outcome',
    {},
    async (on) => {
      await on.press('F4', 'C');
      await on.see('[data-dialog=call]');
    },
  ],
  [
    'a call, what follows',
    {},
    async (on) => {
      await on.press('F4', 'C');
      (await on.see('[data-option=thinking]')).click();
      await on.see('[data-outcome=thinking]');
    },
  ],
  [
    'a caller nobody knows',
    {},
    async (on) => {
      await on.press('F8');
      await on.type('0845556666');
      await on.press('Enter');
      await on.see('[data-action=register]');
    },
  ],
  [
    'a task done, to be undone',
    {},
    async (on) => {
      await on.press('F4', 'D', 'Enter');
      await on.see('[data-action=undo]');
    },
  ],
  ['closed tasks', {}, (on) => on.press('F4', 'Alt 3')],
  ['payment of another day', {}, paidLate],
  ['notifications', {}, (on) => on.press('Ctrl D')],
  ['automation', { as: 'ดาว' }, (on) => toRules(on)],
  ['automation, cannot run', { as: 'ดาว' }, (on) => toRules(on, '↓', '↓')],
  ['automation, offline', { as: 'ดาว', mode: 'offline' }, (on) => toRules(on)],
  ['automation, nothing', { as: 'ดาว', isEmpty: true }, async (on) => on.clinic.open('/automation')],
  ['automation, editor', { as: 'ดาว' }, (on) => toRules(on, 'Enter')],
  ['automation, new', { as: 'ดาว' }, (on) => toRules(on, 'N')],
  ['automation, dry run', { as: 'ดาว' }, (on) => toRules(on, '↓', 'D')],
  ['loyalty, figures', { as: 'ดาว' }, (on) => toLoyalty(on)],
  ['loyalty, nothing', { as: 'ดาว', isEmpty: true }, (on) => toLoyalty(on)],
  ['loyalty, terms', { as: 'ดาว' }, (on) => toLoyalty(on, '2')],
  ['loyalty, editor', { as: 'ดาว' }, (on) => toLoyalty(on, 'N')],
  ['sync', { mode: 'offline', withAttention: true }, (on) => on.press(to('sync'))],
  ['sync, nothing', {}, (on) => on.press(to('sync'))],
  ['settings', { mode: 'demo' }, (on) => on.press(to('settings'))],
  ['key map', {}, (on) => on.press('F1')],
];

const LOOKS = [
  { language: 'th', theme: 'light' },
  { language: 'en', theme: 'dark' },
] as const;

async function findings(): Promise<string[]> {
  const { violations } = await axe.run(document, {
    rules: { 'color-contrast': { enabled: false } },
    resultTypes: ['violations'],
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

describe.each(LOOKS)('axe finds nothing ($language, $theme)', (settings) => {
  test.each(SCENES)('%s', async (_name, options, steps) => {
    const on = await openWindow({ ...options, settings });
    await steps?.(on);
    await settle();
    expect(document.documentElement.lang).toBe(settings.language);
    expect(document.documentElement.dataset['theme']).toBe(settings.theme);
    expect(await findings()).toEqual([]);
  });
});

test('axe would find a button without a name', async () => {
  await openWindow();
  document.body.append(document.createElement('button'));
  expect((await findings()).join()).toContain('button-name');
  document.body.lastElementChild?.remove();
});
