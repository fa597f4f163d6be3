/** What can be done about points on a card beside redeeming: codes, points by hand, and what waits for a second person. */
import type { CustomerCard } from '../../backend/bindings/CustomerCard';
import { CouponActions } from '../coupon/coupon-actions.svelte';
import { GiftActions } from './gift-actions.svelte';

export class PointActions {
  readonly coupons = new CouponActions();
  readonly gifts = new GiftActions();

  /** The paper with a code that was issued. */
  paper = (id: string): void => this.coupons.paper(id);

  keys({ coupons, approvals }: CustomerCard) {
    return { ...this.coupons.keys(coupons), ...this.gifts.keys(approvals) };
  }
}
