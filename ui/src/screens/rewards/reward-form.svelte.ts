/** What is typed and chosen for a reward, as a draft for each field, and what becomes of it. */
import type { RewardKind } from '../../backend/bindings/RewardKind';
import type { RewardRow } from '../../backend/bindings/RewardRow';
import type { RewardSave } from '../../backend/bindings/RewardSave';
import { m } from '../../i18n';
import { isoDay } from '../../i18n/dates';
import { pointsFrom, satangFrom } from '../../i18n/numbers';
import { dayFrom, typedDay } from '../../i18n/typedDay';
import { TIERS } from '../../i18n/words';
import { DraftForm } from '../../state/draftForm.svelte';
import { percent } from './reward-words';

const FIELDS = [
  'name',
  'description',
  'kind',
  'cost',
  'value',
  'limit',
  'tier',
  'from',
  'until',
  'days',
  'automatic',
  'stackable',
  'active',
] as const;
export type RewardField = (typeof FIELDS)[number];

export const KINDS: RewardKind[] = [
  'discount_percentage',
  'discount_amount',
  'free_service',
  'upgrade_service',
  'birthday_special',
  'referral_bonus',
];

/** The database's name of a field, and where it is typed. */
const PLACES: Record<string, RewardField> = {
  name: 'name',
  description: 'description',
  points_cost: 'cost',
  value: 'value',
  max_redemptions: 'limit',
  valid_from: 'from',
  valid_until: 'until',
  days: 'days',
};

const yes = (is: boolean) => (is ? 'yes' : '');

export class RewardForm extends DraftForm<RewardField> {
  readonly #id: string;

  constructor(readonly reward: RewardRow | undefined) {
    super(`reward:${reward?.id ?? 'new'}`, FIELDS, () => (reward ? ofReward(reward) : fresh()));
    this.#id = reward?.id ?? crypto.randomUUID();
  }

  get kind(): RewardKind {
    return KINDS.find((kind) => kind === this.text('kind')) ?? 'discount_percentage';
  }

  /** The request; `undefined` while a field is none. */
  request(): RewardSave | undefined {
    const [cost, value, limit, days] = [
      pointsFrom(this.text('cost')),
      satangFrom(this.text('value') || '0'),
      this.#whole('limit'),
      this.#whole('days'),
    ];
    if (cost === null || value === null || limit === undefined || days === undefined) return undefined;
    const [from, until] = [this.#day('from'), this.#day('until')];
    if (from === undefined || until === undefined) return undefined;
    return {
      id: this.#id,
      expected: this.reward?.version ?? null,
      name: this.text('name'),
      description: this.text('description') || null,
      kind: this.kind,
      value,
      pointsCost: cost,
      isActive: this.text('active') === 'yes',
      limit,
      tier: TIERS.find((tier) => tier === this.text('tier')) ?? 'bronze',
      from,
      until,
      isAutomatic: this.text('automatic') === 'yes',
      isStackable: this.text('stackable') === 'yes',
      days,
    };
  }

  /** What stands below a field that could not be read, or that the clinic refused. */
  error(field: RewardField): string | undefined {
    if (this.refusedField() === field) return m.code_reward_invalid_next();
    if (!this.isTried) return undefined;
    const text = this.text(field);
    if (field === 'cost') return pointsFrom(text) === null ? m.reward_not_number() : undefined;
    if (field === 'value') return satangFrom(text || '0') === null ? m.reward_not_number() : undefined;
    if (field === 'limit' || field === 'days')
      return this.#whole(field) === undefined ? m.reward_not_number() : undefined;
    return (field === 'from' || field === 'until') && this.#day(field) === undefined ? m.reward_not_day() : undefined;
  }

  refusedField(): RewardField | undefined {
    return this.refused?.code === 'reward_invalid' ? PLACES[this.refused.fields['field'] ?? ''] : undefined;
  }

  /** None where nothing is typed; `undefined` where it is no number. */
  #whole(field: RewardField): number | null | undefined {
    const text = this.text(field);
    return text === '' ? null : (pointsFrom(text) ?? undefined);
  }

  /** None where nothing is typed; `undefined` where it is no day. */
  #day(field: RewardField): string | null | undefined {
    const text = this.text(field);
    return text === '' ? null : (dayFrom(text) ?? undefined);
  }
}

function ofReward(reward: RewardRow): Record<RewardField, string> {
  const day = (at: number | null) => typedDay(at === null ? null : isoDay(at));
  return {
    name: reward.name,
    description: reward.description ?? '',
    kind: reward.kind ?? 'discount_percentage',
    cost: String(reward.pointsCost),
    value: reward.value === null ? '' : percent(reward.value),
    limit: reward.limit === null ? '' : String(reward.limit),
    tier: reward.tier,
    from: day(reward.from),
    // The first moment after it is the next day's.
    until: day(reward.until === null ? null : reward.until - 1),
    days: reward.days === null ? '' : String(reward.days),
    automatic: yes(reward.isAutomatic),
    stackable: yes(reward.isStackable),
    active: yes(reward.isActive),
  };
}

const fresh = (): Record<RewardField, string> => ({
  name: '',
  description: '',
  kind: 'discount_percentage',
  cost: '',
  value: '',
  limit: '',
  tier: 'bronze',
  from: '',
  until: '',
  days: '',
  automatic: '',
  stackable: '',
  active: 'yes',
});
