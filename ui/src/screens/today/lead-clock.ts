/** When a lead has waited too long (product.md: five minutes, then someone else is asked). */
import type { LeadRow } from '../../backend/bindings/LeadRow';

export const LATE_MINUTES = 5;

export function isLate(lead: LeadRow, now: number): boolean {
  return lead.claimedBy === null && now - lead.createdAt >= LATE_MINUTES * 60_000;
}
