/** A lead becomes a customer: the form opens with what the lead gave. */
import type { LeadRow } from '../../backend/bindings/LeadRow';
import { addCustomerFrom } from '../customer/beginning';

export function addAsCustomer(lead: LeadRow): void {
  addCustomerFrom(lead.id, { full_name: lead.name, phone: lead.phone ?? '', email: lead.email ?? '' }, lead.id);
}
