/**
 * Nothing moves under the hand. While someone is in a list, rows above the selected one keep their places; new rows that belong
 * there wait behind "2 new". Rows that are gone leave, and below the selection the fresh order holds.
 */
export interface Steady<T> {
  rows: T[];
  /** How many new rows wait to be let in. */
  held: number;
}

export function steady<T extends { id: string }>(
  shown: readonly T[],
  fresh: readonly T[],
  selected: string | undefined,
): Steady<T> {
  const at = fresh.findIndex(({ id }) => id === selected);
  const was = shown.findIndex(({ id }) => id === selected);
  if (at < 0 || was < 0) return { rows: [...fresh], held: 0 };
  const byId = new Map(fresh.map((row) => [row.id, row]));
  const known = new Set(shown.map(({ id }) => id));
  const above = shown.slice(0, was).flatMap(({ id }) => byId.get(id) ?? []);
  const placed = new Set(above.map(({ id }) => id));
  const below = fresh.filter(({ id }, nth) => nth !== at && !placed.has(id) && (nth > at || known.has(id)));
  const rows = [...above, fresh[at] as T, ...below];
  return { rows, held: fresh.length - rows.length };
}
