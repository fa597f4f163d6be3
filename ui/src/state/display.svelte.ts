/** The customer's own screen as the counter knows it: whether it is there, and what the customer has said. */
import { call, onChanged } from '../backend';
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
