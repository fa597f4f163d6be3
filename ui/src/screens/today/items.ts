/** The rows of Today as one list with groups: the arrows walk through all of them. Of tasks there may be thousands: their rows are kept apart. */
import type { AttentionRow } from '../../backend/bindings/AttentionRow';
import type { FollowupRow } from '../../backend/bindings/FollowupRow';
import type { LeadRow } from '../../backend/bindings/LeadRow';
import type { Today } from '../../backend/bindings/Today';
import type { TasksRead } from '../tasks/task-rows.svelte';

export type Item =
  | { kind: 'attention'; id: string; row: AttentionRow }
  | { kind: 'lead'; id: string; row: LeadRow }
  | { kind: 'followup'; id: string; row: FollowupRow }
  | { kind: 'task'; id: string };

export type Kind = Item['kind'];
export const KINDS: Kind[] = ['attention', 'lead', 'followup', 'task'];

export function itemsOf(today: Today): Item[] {
  return [
    ...today.attention.map((row) => ({ kind: 'attention' as const, id: row.id, row })),
    ...today.leads.map((row) => ({ kind: 'lead' as const, id: row.id, row })),
    ...today.followups.map((row) => ({ kind: 'followup' as const, id: row.id, row })),
    ...today.taskIds.map((id) => ({ kind: 'task' as const, id })),
  ];
}

/** The customer card an item leads to, where there is one. */
export function customerOf(item: Item | undefined, tasks: TasksRead): string | null {
  if (!item) return null;
  if (item.kind === 'task') return tasks.of(item.id)?.customer?.id ?? null;
  if (item.kind === 'attention' || item.kind === 'lead') return item.row.customerId;
  return item.row.customer.id;
}
