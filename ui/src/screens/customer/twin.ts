/** Who may be the same person as somebody who is being registered: whoever has the number, else whoever has the whole name. */
import { call } from '../../backend';
import type { CustomerHit } from '../../backend/bindings/CustomerHit';

const plain = (name: string): string => name.trim().replace(/\s+/g, ' ').toLowerCase();

export const sharesNumber = (hit: CustomerHit): boolean => hit.why === 'phone';

export async function twinOf(phone: string, name: string): Promise<CustomerHit | undefined> {
  if (phone.replace(/\D/g, '').length >= 9) {
    const { hits } = await call('customer_search', { text: phone });
    const twin = hits.find(sharesNumber);
    if (twin) return twin;
  }
  // A given name alone is many people's.
  if (!plain(name).includes(' ')) return undefined;
  const { hits } = await call('customer_search', { text: name });
  return hits.find((hit) =>
    [hit.fullName, hit.foundAs].some((known) => known !== null && plain(known) === plain(name)),
  );
}
