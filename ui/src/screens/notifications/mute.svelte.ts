/** The answer to a proposal to mute a class. */
import { asAppError, call } from '../../backend';
import type { MuteProposal } from '../../backend/bindings/MuteProposal';
import { m } from '../../i18n';
import { className } from '../../i18n/words';
import { sayFailed } from '../../state/saving.svelte';
import { toasts } from '../../state/toasts.svelte';

export class Mute {
  isBusy = $state(false);
  #proposal: () => MuteProposal | undefined;

  constructor(proposal: () => MuteProposal | undefined) {
    this.#proposal = proposal;
  }

  async answer(isMuted: boolean): Promise<void> {
    const proposal = this.#proposal();
    if (!proposal || this.isBusy) return;
    this.isBusy = true;
    await call('notification_mute', { class: proposal.class, isMuted })
      .then(() => toasts.show({ tone: 'done', text: this.#words(proposal, isMuted) }))
      .catch((thrown: unknown) => sayFailed(asAppError(thrown)))
      .finally(() => (this.isBusy = false));
  }

  #words({ class: of }: MuteProposal, isMuted: boolean): string {
    return isMuted ? m.toast_muted({ what: className(of) }) : m.toast_kept({ what: className(of) });
  }

  /** The functions behind the keys; none where nothing is proposed. */
  get keys() {
    if (!this.#proposal()) return {};
    return { mute: () => void this.answer(true), keep: () => void this.answer(false) };
  }
}
