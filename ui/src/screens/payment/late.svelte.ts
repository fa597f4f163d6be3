/** The day of a payment that is written down later. */
import type { PaymentPromise } from '../../backend/bindings/PaymentPromise';
import { dayFrom } from '../../i18n/typedDay';

export class Late {
  isOn = $state(false);
  typed = $state('');
  reason = $state('');
  /** `YYYY-MM-DD`, typed in either era. */
  readonly day = $derived(this.isOn ? dayFrom(this.typed) : null);
  readonly isWrong = $derived(this.isOn && this.typed.trim().length > 6 && this.day === null);

  /** Whether it can be saved, as far as the day goes. */
  mayBeSaved(promise: PaymentPromise): boolean {
    if (!this.isOn) return true;
    return this.day !== null && !promise.needsManager && (!promise.needsReason || this.reason.trim() !== '');
  }
}
