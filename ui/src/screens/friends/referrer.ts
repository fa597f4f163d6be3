/** Who sent somebody, as the counter said it. */
export interface Referrer {
  /** What was typed when it became clear. */
  typed: string;
  /** The code, if that is what was typed. */
  code: string | null;
  id: string;
  name: string;
}

/** What the command wants to know of it. */
export const asked = (customerId: string, { code, id }: Referrer) => ({
  customerId,
  code,
  referrerId: code ? null : id,
});
