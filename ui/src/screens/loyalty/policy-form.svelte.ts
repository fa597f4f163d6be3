/** Terms as they are typed, and what of them does not fit. The backend and the database ask the same. */
import type { Basis } from '../../backend/bindings/Basis';
import type { Bonuses } from '../../backend/bindings/Bonuses';
import type { Policies } from '../../backend/bindings/Policies';
import type { Terms } from '../../backend/bindings/Terms';
import { m } from '../../i18n';
import { pointsFrom, satangFrom } from '../../i18n/numbers';
import { dayFrom, typedDay } from '../../i18n/typedDay';
import { BONUSES, TIERS } from '../../i18n/words';

const USUAL: Record<Basis, number[]> = {
  points: [1_000, 3_000, 7_000, 15_000],
  baht: [10_000, 30_000, 70_000, 150_000],
};
/** One decimal, read as money is: nobody's `1,5` becomes fifteen. */
function tenthsFrom(typed: string): number | null {
  const hundredths = satangFrom(typed);
  return hundredths === null || hundredths % 10 !== 0 ? null : hundredths / 10;
}
const within = (value: number | null, least: number, most: number): value is number =>
  value !== null && value >= least && value <= most;

export class PolicyForm {
  basis = $state<Basis>('points');
  times = $state<string[]>([]);
  floors = $state<string[]>([]);
  months = $state('');
  welcome = $state('');
  worth = $state('');
  discounts = $state<string[]>([]);
  redeem = $state('');
  bonuses = $state<Record<keyof Bonuses, string>>({
    treatment: '',
    review: '',
    referral: '',
    birthday: '',
    checkIn: '',
  });
  from = $state('');
  reason = $state('');
  readonly #today: string;

  constructor({ terms, today }: Policies) {
    this.basis = terms.basis;
    this.times = terms.tenths.map((tenths) => String(tenths / 10));
    this.floors = terms.floors.map(String);
    this.months = String(terms.months);
    this.welcome = String(terms.welcome);
    this.worth = String(terms.pointSatang / 100);
    this.discounts = terms.discounts.map(String);
    this.redeem = String(terms.redeemSatang / 100);
    for (const bonus of BONUSES) this.bonuses[bonus] = String(terms.bonuses[bonus]);
    this.from = typedDay(today);
    this.#today = today;
  }

  /** Another unit has other usual numbers. */
  choose(basis: Basis): void {
    if (basis === this.basis) return;
    this.basis = basis;
    this.floors = USUAL[basis].map(String);
  }

  timesError(nth: number): string | undefined {
    const tenths = tenthsFrom(this.times[nth] ?? '');
    const below = nth === 0 ? 0 : (tenthsFrom(this.times[nth - 1] ?? '') ?? 0);
    return within(tenths, below, 200) ? undefined : m.policy_times_wrong();
  }
  floorError(nth: number): string | undefined {
    const floor = pointsFrom(this.floors[nth] ?? '');
    const below = nth === 0 ? 0 : (pointsFrom(this.floors[nth - 1] ?? '') ?? 0);
    return floor !== null && floor > below ? undefined : m.policy_floor_wrong();
  }
  discountError(nth: number): string | undefined {
    const below = nth === 0 ? 0 : (pointsFrom(this.discounts[nth - 1] ?? '') ?? 0);
    return within(pointsFrom(this.discounts[nth] ?? ''), below, 50) ? undefined : m.policy_discount_wrong();
  }
  /** A referral brings something: by its points it is known as paid. */
  bonusError(bonus: keyof Bonuses): string | undefined {
    const isReferral = bonus === 'referral';
    if (within(pointsFrom(this.bonuses[bonus]), isReferral ? 1 : 0, 10_000)) return undefined;
    return isReferral ? m.policy_referral_wrong() : m.policy_welcome_wrong();
  }
  readonly monthsError = $derived(within(pointsFrom(this.months), 1, 240) ? undefined : m.policy_months_wrong());
  readonly welcomeError = $derived(within(pointsFrom(this.welcome), 0, 10_000) ? undefined : m.policy_welcome_wrong());
  readonly #satang = $derived(satangFrom(this.worth));
  readonly worthError = $derived(within(this.#satang, 0, 100_000) ? undefined : m.policy_worth_wrong());
  readonly #redeemed = $derived(satangFrom(this.redeem));
  readonly redeemError = $derived(within(this.#redeemed, 0, 1_000) ? undefined : m.policy_redeem_wrong());
  readonly day = $derived(dayFrom(this.from));
  get dayError(): string | undefined {
    return this.day !== null && this.day >= this.#today ? undefined : m.policy_day_wrong();
  }

  /** Nothing while something does not fit. */
  readonly terms = $derived.by((): Terms | undefined => {
    const wrong =
      TIERS.some((_, nth) => this.timesError(nth)) ||
      this.floors.some((_, nth) => this.floorError(nth)) ||
      TIERS.some((_, nth) => this.discountError(nth)) ||
      BONUSES.some((bonus) => this.bonusError(bonus)) ||
      this.monthsError !== undefined ||
      this.welcomeError !== undefined ||
      this.worthError !== undefined ||
      this.redeemError !== undefined;
    if (wrong) return undefined;
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = this.times.map((times) => tenthsFrom(times) ?? 0);
    const [silver = 0, gold = 0, platinum = 0, diamond = 0] = this.floors.map((floor) => pointsFrom(floor) ?? 0);
    const [v = 0, w = 0, x = 0, y = 0, z = 0] = this.discounts.map((percent) => pointsFrom(percent) ?? 0);
    return {
      basis: this.basis,
      tenths: [a, b, c, d, e],
      floors: [silver, gold, platinum, diamond],
      months: pointsFrom(this.months) ?? 0,
      welcome: pointsFrom(this.welcome) ?? 0,
      pointSatang: this.#satang ?? 0,
      discounts: [v, w, x, y, z],
      redeemSatang: this.#redeemed ?? 0,
      bonuses: {
        treatment: pointsFrom(this.bonuses.treatment) ?? 0,
        review: pointsFrom(this.bonuses.review) ?? 0,
        referral: pointsFrom(this.bonuses.referral) ?? 0,
        birthday: pointsFrom(this.bonuses.birthday) ?? 0,
        checkIn: pointsFrom(this.bonuses.checkIn) ?? 0,
      },
    };
  });
}
