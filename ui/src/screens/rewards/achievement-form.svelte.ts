/** What is typed and chosen for an achievement, as a draft for each field, and what becomes of it. */
import type { AchievementConditions } from '../../backend/bindings/AchievementConditions';
import type { AchievementKept } from '../../backend/bindings/AchievementKept';
import type { AchievementSave } from '../../backend/bindings/AchievementSave';
import { m } from '../../i18n';
import { pointsFrom } from '../../i18n/numbers';
import { DraftForm } from '../../state/draftForm.svelte';
import { asks } from './achievement-words';

/** Conditions that are a number. */
export const COUNTS = ['spent', 'visits', 'friends', 'earns', 'row'] as const;
export const TURNS = ['month', 'week', 'day'] as const;
export const WINDOWS = ['ever', 'within', 'year', 'month'] as const;
const FIELDS = [
  'name',
  'description',
  'icon',
  'points',
  'reward',
  ...COUNTS,
  'unit',
  'treatments',
  'window',
  'months',
  'active',
  'secret',
] as const;
export type AchievementField = (typeof FIELDS)[number];

export class AchievementForm extends DraftForm<AchievementField> {
  readonly #id: string;
  /** What it asks was written elsewhere and cannot be shown: it stays. */
  readonly isElsewhere: boolean;

  constructor(readonly achievement: AchievementKept | undefined) {
    super(`achievement:${achievement?.id ?? 'new'}`, FIELDS, () => (achievement ? of(achievement) : fresh()));
    this.#id = achievement?.id ?? crypto.randomUUID();
    this.isElsewhere = achievement !== undefined && achievement.conditions === null;
  }

  /** What it asks as far as it is filled in, in words. */
  get words(): string {
    const conditions = this.#conditions();
    return conditions ? asks(conditions) : '';
  }

  /** The request; `undefined` while a field is none. */
  request(): AchievementSave | undefined {
    const given = pointsFrom(this.text('points') || '0');
    const conditions = this.isElsewhere ? null : this.#conditions();
    if (given === null || conditions === undefined) return undefined;
    return {
      id: this.#id,
      expected: this.achievement?.version ?? null,
      name: this.text('name'),
      description: this.text('description') || this.words || null,
      icon: this.text('icon') || null,
      points: given,
      reward: this.text('reward') || null,
      conditions,
      isActive: this.text('active') === 'yes',
      isSecret: this.text('secret') === 'yes',
    };
  }

  /** What stands below a field that could not be read, or that the clinic refused; `asks` is all that is asked together. */
  error(field: AchievementField | 'asks'): string | undefined {
    if (this.refusedField() === field) return m.code_achievement_invalid_next();
    if (!this.isTried) return undefined;
    if (field === 'asks') return this.isElsewhere || this.#asksSomething() ? undefined : m.achievement_asks_nothing();
    const isNumber = field === 'points' || field === 'months' || COUNTS.some((count) => count === field);
    return isNumber && this.#number(field) === undefined ? m.reward_not_number() : undefined;
  }

  refusedField(): AchievementField | 'asks' | undefined {
    if (this.refused?.code !== 'achievement_invalid') return undefined;
    const field = this.refused.fields['field'];
    return field === 'conditions' ? 'asks' : FIELDS.find((known) => known === field);
  }

  /** None where nothing is typed; `undefined` where it is no number. */
  #number(field: AchievementField): number | null | undefined {
    if (field === 'months' && this.text('window') !== 'within') return null;
    const text = this.text(field);
    if (field === 'months' && text === '') return undefined;
    return text === '' ? null : (pointsFrom(text) ?? undefined);
  }

  #treatments(): string[] {
    return this.text('treatments')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
  }

  #asksSomething(): boolean {
    return COUNTS.some((count) => this.text(count) !== '') || this.#treatments().length > 0;
  }

  #conditions(): AchievementConditions | undefined {
    const counts = COUNTS.map((count) => this.#number(count));
    const months = this.#number('months');
    if (!this.#asksSomething() || months === undefined || counts.includes(undefined)) return undefined;
    const [totalSpent, visitCount, referralCount, pointsEarned, consecutiveVisits] = counts.map(
      (count) => count ?? null,
    );
    const window = this.text('window');
    return {
      totalSpent: totalSpent ?? null,
      visitCount: visitCount ?? null,
      consecutiveVisits: consecutiveVisits ?? null,
      period: consecutiveVisits ? (TURNS.find((turn) => turn === this.text('unit')) ?? 'month') : null,
      referralCount: referralCount ?? null,
      pointsEarned: pointsEarned ?? null,
      treatmentTypes: this.#treatments(),
      withinMonths: months,
      each: window === 'year' || window === 'month' ? window : null,
    };
  }
}

const typed = (count: number | null | undefined) => (count ? String(count) : '');

function of(achievement: AchievementKept): Record<AchievementField, string> {
  const asked = achievement.conditions;
  return {
    name: achievement.name,
    description: achievement.description ?? '',
    icon: achievement.icon ?? '',
    points: String(achievement.points),
    reward: achievement.reward ?? '',
    spent: typed(asked?.totalSpent),
    visits: typed(asked?.visitCount),
    row: typed(asked?.consecutiveVisits),
    friends: typed(asked?.referralCount),
    earns: typed(asked?.pointsEarned),
    unit: asked?.period ?? 'month',
    treatments: (asked?.treatmentTypes ?? []).join(', '),
    window: asked?.withinMonths ? 'within' : (asked?.each ?? 'ever'),
    months: typed(asked?.withinMonths),
    active: achievement.isActive ? 'yes' : '',
    secret: achievement.isSecret ? 'yes' : '',
  };
}

const fresh = (): Partial<Record<AchievementField, string>> => ({ unit: 'month', window: 'ever', active: 'yes' });
