/** What an achievement asks, in words. */
import type { AchievementConditions } from '../../backend/bindings/AchievementConditions';
import { m } from '../../i18n';
import { points } from '../../i18n/numbers';

const IN_A_ROW = { month: m.asks_row_months, week: m.asks_row_weeks, day: m.asks_row_days };

const said = (count: number | null | undefined, say: (count: string) => string) => (count ? say(points(count)) : '');

/** `จ่ายครบ 10,000 บาท ใน 3 เดือน`. */
export function asks(of: AchievementConditions): string {
  const what = [
    said(of.totalSpent, (baht) => m.asks_spent({ baht })),
    said(of.visitCount, (count) => m.asks_visits({ count })),
    said(of.consecutiveVisits, (count) => IN_A_ROW[of.period ?? 'month']({ count })),
    said(of.referralCount, (count) => m.asks_friends({ count })),
    said(of.pointsEarned, (count) => m.asks_points({ points: count })),
    of.treatmentTypes?.length ? m.asks_treatments({ names: of.treatmentTypes.join(', ') }) : '',
  ];
  const when = of.each ? (of.each === 'year' ? m.asks_each_year() : m.asks_each_month()) : '';
  const within = said(of.withinMonths, (count) => m.asks_within({ count }));
  return [what.filter(Boolean).join(' · '), when, within].filter(Boolean).join(' ');
}
