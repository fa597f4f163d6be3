/** One side of a conflict as people read it: a booking's time as day and hours, a weekday's opening hours, everything else as it is. */
import { shortDate, startOfDay } from './dates';
import { m } from './index';
import { hoursShown } from './hours';
import { baht } from './numbers';

const MONEY = ['satang', 'held', 'bill'];
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export function sideValue(field: string, value: string | null, now: number): string {
  if (value !== null && WEEK.includes(field)) return hoursShown(value);
  if (value === null) return m.sync_empty_value();
  if (field !== 'slot' && field !== 'visit') return value;
  const [day = '', times = ''] = value.split(' ');
  return `${shortDate(startOfDay(day), now)} ${times.replace('-', '\u2013')}`;
}

/** What was typed, as people read it: money is kept in satang. */
export const typedValue = (field: string, value: string): string =>
  MONEY.includes(field) ? baht(Number(value)) : value;
