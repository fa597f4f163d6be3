/** One side of a conflict as people read it: a booking's time as day and hours, everything else as it is. */
import { shortDate, startOfDay } from './dates';
import { m } from './index';

export function sideValue(field: string, value: string | null, now: number): string {
  if (value === null) return m.sync_empty_value();
  if (field !== 'slot' && field !== 'visit') return value;
  const [day = '', times = ''] = value.split(' ');
  return `${shortDate(startOfDay(day), now)} ${times.replace('-', '\u2013')}`;
}
