/** Numbers and money as they are written in the clinic: tabular Arabic digits, U+2212 for minus, satang as baht with two decimals. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const money = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** 1,240 and −120. */
export function points(count: number): string {
  return whole.format(count).replace('-', '\u2212');
}

/** +399 and −120: a movement rather than a balance. */
export function movement(count: number): string {
  return count > 0 ? `+${points(count)}` : points(count);
}

/** 1,999.00 from 199900 satang. */
export function baht(satang: number): string {
  return money.format(satang / 100).replace('-', '\u2212');
}

/** ×1.5 from 15 tenths. */
export function multiplier(tenths: number): string {
  return `×${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)}`;
}

const THAI_ZERO = 0x0e50;

/** Thai digits as Arabic ones; the rest stays. */
export const arabic = (text: string): string =>
  text.replace(/[\u0E50-\u0E59]/g, (digit) => String(digit.charCodeAt(0) - THAI_ZERO));

/**
 * Satang from what a person typed: Thai or Arabic digits, commas where thousands end and nowhere else (1,5 may mean one and a half), at most two
 * decimals. `null` when it is no amount.
 */
export function satangFrom(typed: string): number | null {
  const plain = arabic(typed).replace(/[\s฿]/g, '');
  const found = /^(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{0,2}))?$/.exec(plain);
  if (!found) return null;
  const [, baht = '', satang = ''] = found;
  return Number(baht.replaceAll(',', '')) * 100 + Number(satang.padEnd(2, '0'));
}

/** Whole points from what a person typed; `null` when it is no number of points. */
export function pointsFrom(typed: string): number | null {
  const satang = satangFrom(typed);
  return satang === null || satang % 100 !== 0 ? null : satang / 100;
}
