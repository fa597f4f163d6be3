/** Lines of the fake's ledger. What is not said of one is as the web system leaves it: its text, and no why. */
import type { PointEntry } from '../bindings/PointEntry';
import type { PointWhy } from '../bindings/PointWhy';

/** A line as the fake keeps it. */
export interface FakeEntry extends Omit<PointEntry, 'origin' | 'why'> {
  origin?: PointEntry['origin'];
  why?: Partial<PointWhy>;
}

const NOTHING: PointWhy = {
  sum: null,
  policy: null,
  paymentId: null,
  paymentNumber: null,
  other: null,
  gift: null,
  reason: null,
  method: null,
  by: null,
  agreedBy: null,
};

export const shownEntry = (line: FakeEntry): PointEntry => ({
  ...line,
  origin: line.origin ?? 'other',
  why: { ...NOTHING, ...line.why },
});
