/** What can be done about points by hand on a card: give some, and be the second person about what waits. */
import type { ApprovalRow } from '../../backend/bindings/ApprovalRow';

export class GiftActions {
  isGiving = $state(false);
  deciding = $state.raw<ApprovalRow | undefined>();

  give = (): void => {
    this.isGiving = true;
  };
  decide = (approval: ApprovalRow): void => {
    this.deciding = approval;
  };
  close = (): void => {
    this.isGiving = false;
    this.deciding = undefined;
  };

  /** The card's keys: the second person's is of what was asked first. */
  keys(approvals: readonly ApprovalRow[]) {
    const next = approvals.find(({ mayDecide }) => mayDecide);
    return { givePoints: this.give, secondPerson: next && (() => this.decide(next)) };
  }
}
