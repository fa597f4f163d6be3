/** A lead becomes a customer: the form opens with what the lead gave. */
import type { LeadRow } from '../../backend/bindings/LeadRow';
import { drafts } from '../../state/drafts.svelte';
import { route } from '../../state/route.svelte';

export function addAsCustomer(lead: LeadRow): void {
  drafts.clear('new-customer');
  if (lead.phone) drafts.write('new-customer/phone', lead.phone);
  if (lead.email) drafts.write('new-customer/email', lead.email);
  route.typedName = lead.name;
  route.overlay = 'new-customer';
}
