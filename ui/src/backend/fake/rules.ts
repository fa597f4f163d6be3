/** What the fake clinic does by itself, and what a manager does with it. */
import type { CommandName, Request, Response } from '../backend';
import type { RuleRow } from '../bindings/RuleRow';
import type { RuleRows } from '../bindings/RuleRows';
import type { FakeClinic } from './clinic';
import * as day from './day';

type Answer<K extends CommandName> = (clinic: FakeClinic, request: Request<K>) => Response<K>;

const row = (id: string, name: string, rest: Partial<RuleRow>): RuleRow => ({
  id,
  name,
  state: 'off',
  triggerStage: 'proposal_sent',
  triggerAction: null,
  delayMinutes: 2_880,
  conditions: { appointment: false },
  target: {
    target_action: 'create_task',
    target_data: { kind: 'customer_follow_up', to: 'seller', due_minutes: 240 },
  },
  activeFrom: null,
  version: 1,
  problem: null,
  isWaiting: false,
  ...rest,
});

export function rules(): RuleRow[] {
  return [
    row('r1', 'โทรตามใบเสนอราคา', { state: 'on', activeFrom: day.at('2026-09-01 09:00') }),
    row('r2', 'ส่งต่อหลังทำเสร็จ', {
      triggerStage: 'treatment_completed',
      triggerAction: 'complete_treatment',
      delayMinutes: 1_440,
      conditions: {},
      target: { target_action: 'move', target_data: { action: 'send_follow_up' } },
    }),
    row('r3', 'นัดหมายอัตโนมัติ', {
      state: 'broken',
      triggerStage: 'consultation_scheduled',
      conditions: {},
      target: null,
      problem: 'trigger_stage',
    }),
    row('r4', 'ทักลูกค้าใหม่', {
      state: 'unstarted',
      triggerStage: 'lead_created',
      delayMinutes: 30,
      conditions: { seller: false },
      target: {
        target_action: 'notify',
        target_data: { to: 'sales', text: 'มีลูกค้าใหม่รอคำตอบ', importance: 'high' },
      },
    }),
  ];
}

const stages: RuleRows['stages'] = [
  { stage: 'lead_created', ledBy: ['open'], moves: [] },
  { stage: 'scanned', ledBy: ['scan_customer'], moves: ['send_proposal'] },
  { stage: 'proposal_sent', ledBy: ['send_proposal'], moves: [] },
  { stage: 'treatment_completed', ledBy: ['complete_treatment'], moves: ['send_follow_up'] },
  { stage: 'follow_up', ledBy: ['send_follow_up'], moves: ['close_case'] },
];

function onlyHeads(clinic: FakeClinic): void {
  const role = day.staff(clinic.me ?? '')?.role;
  if (role !== 'owner' && role !== 'manager') clinic.refuse('role_not_allowed');
}

function seen(clinic: FakeClinic, id: string, expected: number | null): RuleRow {
  onlyHeads(clinic);
  const rule = clinic.rules.find((one) => one.id === id) ?? clinic.refuse('rule_not_found');
  return rule.version === expected ? rule : clinic.refuse('changed_meanwhile');
}

function saved(clinic: FakeClinic, id: string) {
  clinic.tell('rules');
  return { id, waiting: clinic.mode === 'offline', undo: null };
}

function turn(clinic: FakeClinic, rule: RuleRow, isOn: boolean) {
  rule.state = isOn ? 'on' : 'off';
  rule.activeFrom = isOn ? clinic.now() : null;
  if (isOn) rule.version += 1;
  return saved(clinic, rule.id);
}

const save: Answer<'rule_save'> = (clinic, request) => {
  onlyHeads(clinic);
  if (!request.name.trim()) clinic.refuse('rule_invalid', { field: 'rule_name' });
  const { id, expected, ...says } = request;
  if (id === null) {
    const made = row(clinic.id(), says.name, says);
    clinic.rules = [...clinic.rules, made];
    return saved(clinic, made.id);
  }
  const rule = seen(clinic, id, expected);
  Object.assign(rule, says, { state: 'off', activeFrom: null, version: rule.version + 1 });
  return saved(clinic, id);
};

const dryRun: Answer<'rule_dry_run'> = (clinic, { id }) => {
  onlyHeads(clinic);
  const rule = clinic.rules.find((one) => one.id === id) ?? clinic.refuse('rule_not_found');
  if (clinic.mode === 'offline') clinic.refuse('clinic_unreachable');
  const names = clinic.customers.slice(0, 3);
  return {
    version: rule.version,
    count: 143,
    digest: 'd1',
    by: [
      { word: 'line', count: 134 },
      { word: 'sms', count: 9 },
    ],
    leftOut: [
      { word: 'has_task', count: 12 },
      { word: 'do_not_contact', count: 4 },
    ],
    rows: names.map((customer, nth) => ({
      journeyId: `j${nth}`,
      customer: {
        id: customer.id,
        fullName: customer.fullName,
        nickname: customer.nickname,
        doNotContact: false,
      },
      enteredAt: day.at('2026-09-28 10:00'),
      channel: 'line',
    })),
    canBackfill: clinic.mode !== 'demo',
  };
};

export const ruleAnswers = {
  rule_list: ((clinic) => {
    onlyHeads(clinic);
    const taskKinds = ['customer_follow_up', 'send_proposal', 'review_request'];
    const followups = [{ id: 'f-rule-1', name: 'หลังทำ 1 วัน' }];
    return { rows: clinic.rules.map((rule) => ({ ...rule })), stages, taskKinds, followups };
  }) as Answer<'rule_list'>,
  rule_figures: ((clinic) => {
    onlyHeads(clinic);
    if (clinic.mode === 'offline') clinic.refuse('clinic_unreachable');
    const lastDidAt = day.at('09:30');
    return {
      rows: [{ id: 'r1', did: 143, passedOver: 21, waiting: 6, failed: 1, lastDidAt, lastError: '23514' }],
    };
  }) as Answer<'rule_figures'>,
  rule_save: save,
  rule_switch: ((clinic, { id, expected, active }) =>
    turn(clinic, seen(clinic, id, expected), active)) as Answer<'rule_switch'>,
  rule_dry_run: dryRun,
  rule_backfill: ((clinic, { id, expected, digest }) => {
    const rule = seen(clinic, id, expected);
    if (digest !== 'd1') clinic.refuse('dry_run_outdated', { count: '143' });
    return turn(clinic, rule, true);
  }) as Answer<'rule_backfill'>,
};
