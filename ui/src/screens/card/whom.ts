import type { CustomerCard } from '../../backend/bindings/CustomerCard';
import type { CustomerRef } from '../../backend/bindings/CustomerRef';

/** The customer of a card, as dialogs name them. */
export function whom({ profile, preference }: CustomerCard): CustomerRef {
  const { id, fullName, nickname } = profile;
  return { id, fullName, nickname, doNotContact: preference?.doNotContact ?? false };
}
