/** Settling what the clinic refused: this side or the other. Neither is the proposed one; both are kept until a person decides. */
import type { AttentionRow } from '../../backend/bindings/AttentionRow';
import type { Settle } from '../../backend/bindings/Settle';
import { m } from '../../i18n';
import { Saving, sayFailed } from '../../state/saving.svelte';
import { toasts } from '../../state/toasts.svelte';

export class SettleAttention {
  readonly saving = new Saving();

  async settle(row: AttentionRow, how: Settle): Promise<void> {
    const done = await this.saving.run('attention_settle', { id: row.id, how });
    if (done) toasts.show({ tone: 'done', text: how === 'mine' ? m.toast_settled_mine() : m.toast_settled_theirs() });
    else if (this.saving.error) sayFailed(this.saving.error);
  }

  keys(row: AttentionRow | undefined): { mine?: () => void; theirs?: () => void } {
    if (!row) return {};
    const theirs = () => void this.settle(row, 'theirs');
    return row.canRetry ? { mine: () => void this.settle(row, 'mine'), theirs } : { theirs };
  }
}

export function settleAttention(): SettleAttention {
  return new SettleAttention();
}
