/** What can be done with a lead, from wherever it is shown. */
import { asAppError, call } from '../../backend';
import type { LeadRow } from '../../backend/bindings/LeadRow';
import { m } from '../../i18n';
import { sayFailed, saySaved } from '../../state/saving.svelte';
import { session } from '../../state/session.svelte';

export type LeadDialog = 'answer' | 'snooze';

export class LeadActions {
  open = $state.raw<{ dialog: LeadDialog; lead: LeadRow } | undefined>();
  #isBusy = false;

  /** `keep` holds the selection on a lead that moves to another group because it was taken. */
  constructor(private readonly keep: (id: string) => void) {}

  start(dialog: LeadDialog, lead: LeadRow): void {
    this.open = { dialog, lead };
  }

  close(): void {
    this.open = undefined;
  }

  async claim(lead: LeadRow): Promise<void> {
    this.keep(lead.id);
    await this.#once(async () =>
      saySaved(m.toast_lead_claimed({ name: lead.name }), await call('lead_claim', { id: lead.id })),
    );
  }

  async release(lead: LeadRow): Promise<void> {
    await this.#once(async () =>
      saySaved(m.toast_lead_released({ name: lead.name }), await call('lead_release', { id: lead.id })),
    );
  }

  /** The functions behind the keys, for the selected lead. */
  keys(lead: LeadRow): { claim?: () => void; call?: () => void; snooze?: () => void; release?: () => void } {
    if (lead.status === 'closed' || !answersLeads()) return {};
    return {
      call: () => this.start('answer', lead),
      ...(lead.status === 'open' && { claim: () => void this.claim(lead), snooze: () => this.start('snooze', lead) }),
      ...(mayRelease(lead) && { release: () => void this.release(lead) }),
    };
  }

  /** A second press while the first is on its way does nothing. */
  async #once(work: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await work()
      .catch((thrown: unknown) => sayFailed(asAppError(thrown)))
      .finally(() => (this.#isBusy = false));
  }
}

/** Whoever treats does not answer leads. */
export function answersLeads(): boolean {
  return session.start?.me?.role !== 'beautician';
}

export function isMine(lead: LeadRow): boolean {
  return lead.claimedBy !== null && lead.claimedBy.id === session.start?.me?.id;
}

/** One's own lead, or as a manager a colleague's. */
export function mayRelease(lead: LeadRow): boolean {
  const role = session.start?.me?.role;
  return lead.status === 'claimed' && (isMine(lead) || role === 'manager' || role === 'owner');
}
