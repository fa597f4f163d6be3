/** The customer's own screen as the counter knows it: whether it is there, and what the customer has said. */
import { call, onChanged } from '../backend';
import type { DisplayBill } from '../backend/bindings/DisplayBill';
import type { DisplayStanding } from '../backend/bindings/DisplayStanding';

class CustomerDisplay {
  standing = $state.raw<DisplayStanding>({ isOpen: false, question: null, answer: null });
  /** A value of its own: what the customer says must not turn the screen again. */
  readonly isOpen = $derived(this.standing.isOpen);

  /** Follows it; returns how to stop. */
  follow(): () => void {
    const ask = () => this.#take(call('display_standing', {}));
    void ask();
    return onChanged((topics) => {
      if (topics.includes('display')) void ask();
    });
  }

  /** Turns it to the customer whose card is open; nobody's blanks it. A question that waits there is dropped. */
  async turn(customerId: string | null): Promise<void> {
    if (this.isOpen) await this.#take(call('display_turn', { customerId }));
  }

  /** Shows what is to be paid there; undefined: nothing any more. */
  async charge(bill: DisplayBill | undefined): Promise<void> {
    if (this.isOpen) await this.#take(call('display_charge', { bill: bill ?? null }));
  }

  // Where it cannot be reached the counter goes on without it: nothing depends on it.
  async #take(answer: Promise<DisplayStanding>): Promise<void> {
    await answer.then(
      (standing) => (this.standing = standing),
      () => undefined,
    );
  }
}

export const display = new CustomerDisplay();

/** Shows a customer there as long as the calling component stands. Call while it is set up. */
export function turnDisplayTo(customer: () => string): void {
  $effect(() => {
    if (!display.isOpen) return;
    void display.turn(customer());
    return () => void display.turn(null);
  });
}

/** A sum that is still being typed is shown to nobody. */
const TYPING_MS = 600;

/** Shows there what is to be paid, once it has been typed, as long as the calling component stands. Call while it is set up. */
export function chargeOnDisplay(bill: () => DisplayBill | undefined): void {
  $effect(() => {
    if (!display.isOpen) return;
    const now = bill();
    const typed = setTimeout(() => void display.charge(now), TYPING_MS);
    return () => clearTimeout(typed);
  });
  $effect(() => () => void display.charge(undefined));
}
