/** What is typed and chosen for a rule, as a draft for each field, and what becomes of it. */
import type { Conditions } from '../../backend/bindings/Conditions';
import type { Recipient } from '../../backend/bindings/Recipient';
import type { RuleRow } from '../../backend/bindings/RuleRow';
import type { RuleRows } from '../../backend/bindings/RuleRows';
import type { RuleSave } from '../../backend/bindings/RuleSave';
import type { Target } from '../../backend/bindings/Target';
import { sentence } from '../../i18n/codes';
import { pointsFrom } from '../../i18n/numbers';
import { DraftForm } from '../../state/draftForm.svelte';

const FIELDS = [
  'name',
  'stage',
  'action',
  'delay',
  'unit',
  'stays',
  'seller',
  'beautician',
  'appointment',
  'types',
  'tags',
  'away',
  'without',
  'does',
  'kind',
  'to',
  'text',
  'importance',
  'move',
  'followup',
  'after',
  'afterUnit',
] as const;
export type RuleField = (typeof FIELDS)[number];

/** Minutes in a unit. */
export const UNITS = { minutes: 1, hours: 60, days: 1_440 } as const;
type Unit = keyof typeof UNITS;

/** The database's name of a field, and where it is typed. */
const PLACES: Record<string, RuleField> = {
  rule_name: 'name',
  trigger_stage: 'stage',
  trigger_action: 'action',
  delay_minutes: 'delay',
  'conditions.types': 'types',
  'conditions.tags': 'tags',
  'conditions.not_visited_days': 'away',
  'conditions.without_task': 'without',
  target_action: 'does',
  'target_data.kind': 'kind',
  'target_data.to': 'to',
  'target_data.text': 'text',
  'target_data.importance': 'importance',
  'target_data.action': 'move',
  'target_data.followup_rule': 'followup',
  'target_data.due_minutes': 'after',
  'target_data.after_minutes': 'after',
};

const words = (text: string) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
const yesNo = (text: string) => (text === '' ? undefined : text === 'yes');
const said = (value: boolean | undefined) => (value === undefined ? '' : value ? 'yes' : 'no');

/** A whole number out of what was typed; `undefined` when it is none. */
const whole = (text: string): number | undefined => pointsFrom(text) ?? undefined;

function unitOf(minutes: number): Unit {
  if (minutes > 0 && minutes % UNITS.days === 0) return 'days';
  return minutes > 0 && minutes % UNITS.hours === 0 ? 'hours' : 'minutes';
}

export class RuleForm extends DraftForm<RuleField> {
  constructor(
    readonly rule: RuleRow | undefined,
    choices: RuleRows,
  ) {
    super(`rule:${rule?.id ?? 'new'}`, FIELDS, () => (rule ? ofRule(rule) : fresh(choices)));
  }

  /** The request; `undefined` while a number is none. */
  request(): RuleSave | undefined {
    const [delay, after] = [this.#minutes('delay', 'unit'), this.#minutes('after', 'afterUnit')];
    if (delay === undefined || after === undefined || this.#away() === null) return undefined;
    return {
      id: this.rule?.id ?? null,
      expected: this.rule?.version ?? null,
      name: this.text('name'),
      triggerStage: this.text('stage'),
      triggerAction: this.text('action') || null,
      delayMinutes: delay,
      conditions: this.#conditions(),
      target: this.#target(after),
    };
  }

  /** What is wrong at a field: the backend's word, or that a number is none. */
  error(field: RuleField): string | undefined {
    if (this.refused && this.refusedField() === field) {
      const { what, next } = sentence(this.refused);
      return `${what} ${next}`;
    }
    return undefined;
  }

  isNoNumber(field: 'delay' | 'after' | 'away'): boolean {
    if (!this.isTried) return false;
    return field === 'away' ? this.#away() === null : whole(this.text(field)) === undefined;
  }

  refusedField(): RuleField | undefined {
    const field = this.refused?.fields['field'];
    return field === undefined ? undefined : PLACES[field];
  }

  #minutes(number: 'delay' | 'after', unit: 'unit' | 'afterUnit'): number | undefined {
    const count = whole(this.text(number));
    return count === undefined ? undefined : count * UNITS[this.text(unit) as Unit];
  }

  /** Days; `undefined` for none asked, `null` for what is no number. */
  #away(): number | undefined | null {
    return this.text('away') === '' ? undefined : (whole(this.text('away')) ?? null);
  }

  #conditions(): Conditions {
    const asked = <T>(key: string, value: T | undefined) => (value === undefined ? {} : { [key]: value });
    const [types, tags] = [words(this.text('types')), words(this.text('tags'))];
    return {
      ...asked('stays', this.text('stays') === 'no' ? false : undefined),
      ...asked('seller', yesNo(this.text('seller'))),
      ...asked('beautician', yesNo(this.text('beautician'))),
      ...asked('appointment', yesNo(this.text('appointment'))),
      ...asked('types', types.length ? types : undefined),
      ...asked('tags', tags.length ? tags : undefined),
      ...asked('not_visited_days', this.#away() ?? undefined),
      ...asked('without_task', this.text('without') || undefined),
    };
  }

  #target(after: number): Target {
    const to = this.text('to') as Recipient;
    switch (this.text('does')) {
      case 'create_task':
        return { target_action: 'create_task', target_data: { kind: this.text('kind'), to, due_minutes: after } };
      case 'move':
        return { target_action: 'move', target_data: { action: this.text('move') } };
      case 'plan_followup':
        return {
          target_action: 'plan_followup',
          target_data: { followup_rule: this.text('followup'), after_minutes: after },
        };
      default: {
        const importance = this.text('importance') as 'low' | 'medium' | 'high';
        return { target_action: 'notify', target_data: { to, text: this.text('text'), importance } };
      }
    }
  }
}

type Values = Partial<Record<RuleField, string>>;

/** A new rule begins with what most of them say. */
function fresh({ taskKinds, followups, stages }: RuleRows): Values {
  return {
    stage: stages[0]?.stage ?? '',
    delay: '1',
    unit: 'days',
    stays: 'yes',
    does: 'create_task',
    kind: taskKinds[0] ?? '',
    to: 'seller',
    importance: 'medium',
    followup: followups[0]?.id ?? '',
    after: '0',
    afterUnit: 'hours',
  };
}

function ofRule(rule: RuleRow): Values {
  const unit = unitOf(rule.delayMinutes);
  return {
    afterUnit: 'hours',
    after: '0',
    to: 'seller',
    importance: 'medium',
    does: 'create_task',
    name: rule.name,
    stage: rule.triggerStage,
    action: rule.triggerAction ?? '',
    delay: String(rule.delayMinutes / UNITS[unit]),
    unit,
    ...(rule.conditions ? ofConditions(rule.conditions) : { stays: 'yes' }),
    ...(rule.target ? ofTarget(rule.target) : {}),
  };
}

function ofConditions(conditions: Conditions): Values {
  return {
    stays: conditions.stays === false ? 'no' : 'yes',
    seller: said(conditions.seller),
    beautician: said(conditions.beautician),
    appointment: said(conditions.appointment),
    types: (conditions.types ?? []).join(', '),
    tags: (conditions.tags ?? []).join(', '),
    away: conditions.not_visited_days === undefined ? '' : String(conditions.not_visited_days),
    without: conditions.without_task ?? '',
  };
}

function ofTarget(target: Target): Values {
  const after = (minutes: number) => ({
    after: String(minutes / UNITS[unitOf(minutes)]),
    afterUnit: unitOf(minutes),
  });
  switch (target.target_action) {
    case 'create_task': {
      const { kind, to, due_minutes } = target.target_data;
      return { does: 'create_task', kind, to, ...after(due_minutes) };
    }
    case 'notify':
      return { does: 'notify', ...target.target_data };
    case 'move':
      return { does: 'move', move: target.target_data.action };
    case 'plan_followup': {
      const { followup_rule, after_minutes } = target.target_data;
      return { does: 'plan_followup', followup: followup_rule, ...after(after_minutes) };
    }
  }
}
