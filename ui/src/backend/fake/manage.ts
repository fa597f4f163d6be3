/** Members and points of the fake clinic, for who answers for it. The sums are made up; what is refused is what the program refuses. */
import type { CommandName, Request, Response } from '../backend';
import type { PolicyVersion } from '../bindings/PolicyVersion';
import type { Terms } from '../bindings/Terms';
import type { Tier } from '../bindings/Tier';
import type { FakeClinic } from './clinic';
import * as day from './day';
import { pointsFor } from './loyalty';

type Answer<K extends CommandName> = (clinic: FakeClinic, request: Request<K>) => Response<K>;

const TIERS: Tier[] = ['bronze', 'silver', 'gold', 'platinum', 'diamond'];
const TERMS: Terms = {
  basis: 'points',
  tenths: [10, 15, 20, 25, 30],
  floors: [1_000, 3_000, 7_000, 15_000],
  months: 24,
  welcome: 100,
  pointSatang: 100,
  bonuses: { treatment: 50, review: 50, referral: 200, birthday: 100, checkIn: 10 },
  discounts: [5, 8, 10, 12, 15],
  redeemSatang: 20,
};

/** What the fake remembers of it. */
export class Books {
  versions: PolicyVersion[] = [{ version: 1, startsAt: 0, isPlanned: false, by: null, reason: null, terms: TERMS }];
  closedTo: string | null = null;
}

function onlyHeads(clinic: FakeClinic): void {
  if (!['manager', 'owner'].includes(clinic.role() ?? '')) clinic.refuse('role_not_allowed');
}

const report: Answer<'loyalty_report'> = (clinic) => {
  onlyHeads(clinic);
  const [branch, points] = ['อารีย์', clinic.isEmpty ? 0 : 48_210];
  const months = ['2026-10-01', '2026-09-01', '2026-08-01'];
  const move = (from: string, nth: number) => ({
    from,
    earned: 5_200 - nth * 400,
    redeemed: 1_900,
    expired: nth * 120,
  });
  return {
    asOf: clinic.now() - 60_000,
    points,
    satang: points * 100,
    pointSatang: 100,
    owed: clinic.isEmpty ? 0 : 101,
    liability: clinic.isEmpty
      ? []
      : [
          { month: '2026-10', branch, points: 1_240, satang: 124_000, members: 9 },
          { month: '2027-03', branch: 'ทองหล่อ', points: 6_970, satang: 697_000, members: 31 },
          { month: '2028-09', branch: null, points: 40_000, satang: 4_000_000, members: 112 },
        ],
    tiers: TIERS.map((tier, nth) => ({ tier, members: clinic.isEmpty ? 0 : 90 - nth * 20, points: 9_642 })),
    months: months.map(move),
    weeks: ['2026-09-28', '2026-09-21'].map(move),
    redeemedPermille: clinic.isEmpty ? null : 368,
    unlocks: clinic.isEmpty
      ? []
      : [
          { name: 'มาครบ 10 ครั้ง', members: 62 },
          { name: 'แนะนำเพื่อน 3 คน', members: 5 },
        ],
    gifts: clinic.isEmpty
      ? []
      : [
          {
            by: 'นก',
            count: 1,
            points: 50,
            rows: [
              {
                customer: 'พลอยไพลิน ศรีสุข',
                points: 50,
                code: 'complaint',
                reason: 'ขออภัยในความไม่สะดวก: รอนานกว่า 30 นาที',
                agreedBy: null,
                at: day.at('2026-09-20 15:00'),
              },
            ],
          },
        ],
  };
};

const list: Answer<'policy_list'> = (clinic) => {
  onlyHeads(clinic);
  const { versions, closedTo } = clinic.books;
  const [newest] = versions;
  const counts = versions.find(({ isPlanned }) => !isPlanned);
  return {
    versions,
    inForce: counts?.version ?? 1,
    newest: newest?.version ?? 1,
    terms: newest?.terms ?? TERMS,
    today: '2026-10-01',
    booksClosedTo: closedTo,
    canClose: closedTo === null ? '2026-09' : null,
    canOpen: closedTo !== null && clinic.role() === 'owner' ? '2026-09' : null,
  };
};

const plan: Answer<'policy_plan'> = (clinic, { id, expected, from, reason, terms }) => {
  onlyHeads(clinic);
  const newest = clinic.books.versions[0]?.version ?? 0;
  if (expected !== newest) clinic.refuse('changed_meanwhile');
  if (from < '2026-10-01') clinic.refuse('date_out_of_range');
  const isPlanned = from > '2026-10-01';
  const startsAt = isPlanned ? day.at(`${from} 00:00`) : clinic.now();
  clinic.books.versions = [
    { version: newest + 1, startsAt, isPlanned, by: clinic.nickname(), reason, terms },
    ...clinic.books.versions,
  ];
  clinic.tell('loyalty');
  return clinic.saved(id, 'policy.plan', '', 'loyalty');
};

function books(clinic: FakeClinic, closedTo: string | null, action: string): Response<'month_close'> {
  onlyHeads(clinic);
  clinic.books.closedTo = closedTo;
  clinic.tell('loyalty');
  return clinic.saved(clinic.id(), action, '', 'loyalty');
}

export const manageAnswers = {
  loyalty_report: report,
  loyalty_export: ((clinic, { figure }) => {
    onlyHeads(clinic);
    return { path: `/home/nok/aura-desk-${figure}-2026-10-01.csv`, rows: 3 };
  }) satisfies Answer<'loyalty_export'>,
  policy_list: list,
  policy_preview: ((clinic, { terms }) => {
    onlyHeads(clinic);
    const satang = 12_900_000;
    const [points, would] = [pointsFor(satang, 10), pointsFor(satang, terms.tenths[0])];
    const moves = terms.floors[0] < 1_000 ? [{ from: 'bronze' as const, to: 'silver' as const, members: 4 }] : [];
    return { bills: 57, satang, points, would, moves };
  }) satisfies Answer<'policy_preview'>,
  policy_plan: plan,
  month_close: ((clinic) => books(clinic, '2026-09-30', 'month.close')) satisfies Answer<'month_close'>,
  month_open: ((clinic) => books(clinic, null, 'month.open')) satisfies Answer<'month_open'>,
};
