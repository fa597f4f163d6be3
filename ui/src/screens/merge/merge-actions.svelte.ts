/** Which dialog about merging is open on a card, and where a card of who was merged leads. */
import type { CustomerCard } from '../../backend/bindings/CustomerCard';
import type { MergeRow } from '../../backend/bindings/MergeRow';
import { route } from '../../state/route.svelte';

export class MergeActions {
  isOpen = $state(false);
  /** The merge that is to be taken apart. */
  separating = $state.raw<MergeRow | undefined>();

  readonly open = (): void => void (this.isOpen = true);
  readonly separate = (merge: MergeRow): void => void (this.separating = merge);
  readonly close = (): void => void ([this.isOpen, this.separating] = [false, undefined]);

  keys({ mayMerge }: CustomerCard): { merge: (() => void) | undefined } {
    return { merge: mayMerge ? this.open : undefined };
  }
}

/** A card that was opened under the old id goes on under the one that is left. */
export function followMerge(shown: () => string): void {
  $effect(() => {
    const { place } = route;
    if (place.name === 'card' && place.id !== shown()) route.replace({ ...place, id: shown() });
  });
}
