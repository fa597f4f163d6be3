/**
 * Where a new customer begins: with nothing, with what was searched for, or with a lead. Each has a draft of its own, so that what was
 * typed about one person never ends up at another, and none is thrown away for another.
 */
import type { CustomerField } from '../../backend/bindings/CustomerField';
import { drafts } from '../../state/drafts.svelte';
import { route } from '../../state/route.svelte';

export type Given = Partial<Record<CustomerField, string>>;

const PLAIN = { place: 'new-customer', given: {} };
const PHONE = /^[+\d\s-]{3,}$/;

/** Opens the form that was left last, or an empty one. */
export function addCustomer(): void {
  if (!drafts.has(route.newCustomer.place)) route.newCustomer = PLAIN;
  route.overlay = 'new-customer';
}

/** Opens the form with what is known already; what was typed there before goes first. `origin` names who it is about; `lead` becomes this customer's. */
export function addCustomerFrom(origin: string, given: Given, lead?: string): void {
  const place = `${PLAIN.place}:${encodeURIComponent(origin)}`;
  if (!drafts.has(place)) {
    for (const [field, text] of Object.entries(given)) drafts.write(`${place}/${field}`, text);
  }
  route.newCustomer = { place, given, lead };
  route.overlay = 'new-customer';
}

/** Opens the form with what was searched for: a number is a phone, anything else a name. */
export function addCustomerNamed(typed: string): void {
  if (typed === '') addCustomer();
  else addCustomerFrom(typed, isPhone(typed) ? { phone: typed } : { full_name: typed });
}

export function isPhone(typed: string): boolean {
  return PHONE.test(typed);
}

/** Leaves the form. Nobody typed what was given: that alone is no unfinished work. */
export function leaveCustomer(): void {
  const { place, given } = route.newCustomer;
  const isTouched = drafts.under(place).some(([field, text]) => given[field as CustomerField] !== text);
  if (!isTouched) drafts.clear(place);
  route.overlay = undefined;
}
