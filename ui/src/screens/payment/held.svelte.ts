/** Money paid in advance: as what the sum is held for later, or whether held money pays a bill. */
import type { HeldAs } from '../../backend/bindings/HeldAs';
import type { PaymentPromise } from '../../backend/bindings/PaymentPromise';
import { m } from '../../i18n';
import { baht } from '../../i18n/numbers';

export class Held {
  as = $state<HeldAs | null>(null);
  #isUsed = $state(false);

  /** What is held does not buy what is held. */
  readonly isUsed = $derived(this.#isUsed && this.as === null);

  use = (isUsed: boolean): void => {
    this.#isUsed = isUsed;
  };
}

/** What is to be paid at the counter now. */
export const dueNow = ({ pays, held }: PaymentPromise): number => pays - held;

/** What saving does, in words and baht. */
export function saveVerb(promise: PaymentPromise | undefined): string {
  if (!promise) return m.award_save();
  if (promise.pays === 0) return m.code_use_save();
  const due = dueNow(promise);
  return due ? m.award_save_points({ baht: baht(due) }) : m.pay_held_save({ baht: baht(promise.held) });
}
