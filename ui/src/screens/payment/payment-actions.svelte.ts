/** What can be done about money on a card: take it, give it back, and show the paper. */
import type { CustomerCard } from '../../backend/bindings/CustomerCard';
import type { PaymentRow } from '../../backend/bindings/PaymentRow';

export class PaymentActions {
  isTaking = $state(false);
  refunding = $state.raw<PaymentRow | undefined>();
  /** Whose receipt is shown. */
  shown = $state<string | undefined>();

  take = (): void => {
    this.isTaking = true;
  };
  refund = (payment: PaymentRow): void => {
    this.refunding = payment;
  };
  receipt = (id: string): void => {
    this.shown = id;
  };
  close = (): void => {
    this.isTaking = false;
    this.refunding = undefined;
    this.shown = undefined;
  };

  /** The card's keys: nothing is taken by who takes no money; refund and receipt are of the newest that has one. */
  keys({ payments, mayTake }: Pick<CustomerCard, 'payments' | 'mayTake'>) {
    const [last] = payments;
    const [given] = refundable(payments);
    return {
      award: mayTake ? this.take : undefined,
      refund: given && (() => this.refund(given)),
      receipt: last && (() => this.receipt(last.id)),
    };
  }
}

/** What can be given back of, newest first. */
export const refundable = (payments: readonly PaymentRow[]): PaymentRow[] =>
  payments.filter((payment) => payment.refundable > 0);
