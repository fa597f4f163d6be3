/** A redemption that the customer is asked about on their own screen: as long as the dialog stands, and no longer. */
import type { Saving } from '../../state/saving.svelte';
import { display } from '../../state/display.svelte';

export class RedeemQuestion {
  /** The entry that would be made, while the customer thinks. */
  #asked = $state<string | undefined>();

  /** Call while a component is set up. */
  constructor(
    private readonly saving: Saving,
    private readonly customer: () => string,
    onanswer: (yes: boolean) => void,
  ) {
    $effect(() => {
      const { question, answer } = display.standing;
      if (!this.#asked || question !== this.#asked || answer === null) return;
      this.#asked = undefined;
      onanswer(answer);
    });
    $effect(() => () => this.drop());
  }

  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  async ask(entryId: string, points: number, rewardId: string | null): Promise<void> {
    if (this.isAsked) return;
    if (await this.saving.run('display_ask', { entryId, points, rewardId })) this.#asked = entryId;
  }

  /** Back to the points: a question nobody waits for is not left on the screen. */
  drop(): void {
    this.#asked = undefined;
    void display.turn(this.customer());
  }
}
