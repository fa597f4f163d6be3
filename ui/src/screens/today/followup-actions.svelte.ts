/** What can be done with a follow-up: done or cancelled, each with a word if there is one to say. */
import type { FollowupRow } from '../../backend/bindings/FollowupRow';

export type FollowupAction = 'done' | 'cancel';

export class FollowupActions {
  open = $state.raw<{ action: FollowupAction; row: FollowupRow } | undefined>();

  start(action: FollowupAction, row: FollowupRow): void {
    this.open = { action, row };
  }

  close(): void {
    this.open = undefined;
  }

  keys(row: FollowupRow): { complete?: () => void; cancel?: () => void } {
    if (row.status !== 'pending') return {};
    return { complete: () => this.start('done', row), cancel: () => this.start('cancel', row) };
  }
}
