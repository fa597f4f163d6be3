/** Settling what the clinic refused: this side or the other. Neither is the proposed one; both are kept until a person decides. */
import type { AttentionRow } from '../../backend/bindings/AttentionRow';
import type { Settle } from '../../backend/bindings/Settle';
import { m } from '../../i18n';
import type { Bound } from '../../keys/keys.svelte';
import { Saving, sayFailed } from '../../state/saving.svelte';
import { toasts } from '../../state/toasts.svelte';

const SETTLED = {
  sides: { mine: m.toast_settled_mine, theirs: m.toast_settled_theirs },
  refusal: { mine: m.toast_settled_retry, theirs: m.toast_settled_drop },
};

export class SettleAttention {
  readonly saving = new Saving();

  async settle(row: AttentionRow, how: Settle): Promise<void> {
    const done = await this.saving.run('attention_settle', { id: row.id, how });
    if (done) toasts.show({ tone: 'done', text: SETTLED[row.sides.length ? 'sides' : 'refusal'][how]() });
    else if (this.saving.error) sayFailed(this.saving.error);
  }

  /** The keys, called like the buttons: where there are no sides there is none to use. */
  keys(row: AttentionRow | undefined): Bound<'sync'> {
    if (!row) return {};
    const key = (how: Settle, label: () => string) =>
      Object.assign(() => void this.settle(row, how), { label: row.sides.length ? undefined : label });
    const theirs = key('theirs', m.sync_drop);
    return row.canRetry ? { mine: key('mine', m.sync_retry), theirs } : { theirs };
  }
}

export function settleAttention(): SettleAttention {
  return new SettleAttention();
}
