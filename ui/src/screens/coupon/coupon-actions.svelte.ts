/** What can be done about codes on a card: use one, give it back, show its paper. */
import type { CouponRow } from '../../backend/bindings/CouponRow';

export class CouponActions {
  using = $state.raw<CouponRow | undefined>();
  cancelling = $state.raw<CouponRow | undefined>();
  /** Whose paper is shown. */
  shown = $state<string | undefined>();

  use = (coupon: CouponRow): void => {
    this.using = coupon;
  };
  cancel = (coupon: CouponRow): void => {
    this.cancelling = coupon;
  };
  paper = (id: string): void => {
    this.shown = id;
  };
  close = (): void => {
    this.using = undefined;
    this.cancelling = undefined;
    this.shown = undefined;
  };

  /** The card's key is of the code that ends next. */
  keys(coupons: readonly CouponRow[]) {
    const next = coupons.find(({ state }) => state === 'issued');
    return { useCode: next && (() => this.use(next)) };
  }
}
