/** What can be achieved in the fake clinic. Who has what is PostgreSQL's to say: here the clients' own list stays as it is. */
import type { AchievementConditions } from '../bindings/AchievementConditions';
import type { AchievementKept } from '../bindings/AchievementKept';
import type { Request, Response } from '../backend';
import type { FakeClinic } from './clinic';

const HEADS = ['owner', 'manager'];
const asks = (of: Partial<AchievementConditions>): AchievementConditions => ({
  totalSpent: null,
  visitCount: null,
  consecutiveVisits: null,
  period: null,
  referralCount: null,
  pointsEarned: null,
  treatmentTypes: [],
  withinMonths: null,
  each: null,
  ...of,
});
const kept = (id: string, name: string, points: number, conditions: AchievementConditions | null): AchievementKept => ({
  id,
  name,
  description: null,
  icon: null,
  points,
  reward: null,
  conditions,
  isActive: true,
  isSecret: false,
  version: 1,
  earned: 0,
  isWaiting: false,
});

export const offered = (): AchievementKept[] => [
  { ...kept('a1', 'ก้าวแรก', 100, asks({ visitCount: 1, totalSpent: 1 })), icon: '🌱', earned: 812 },
  { ...kept('a2', 'มาบ่อย', 200, asks({ visitCount: 5, withinMonths: 3 })), icon: '⭐', earned: 96 },
  { ...kept('a3', 'คนพิเศษ', 500, null), isSecret: true },
];

const isHead = (clinic: FakeClinic) => HEADS.includes(clinic.role() ?? '');

export const list = (clinic: FakeClinic): Response<'achievement_list'> => ({
  rows: clinic.offered,
  mayChange: isHead(clinic),
});

export function save(clinic: FakeClinic, request: Request<'achievement_save'>): Response<'achievement_save'> {
  if (!isHead(clinic)) clinic.refuse('role_not_allowed', { role: clinic.role() ?? '', needs: 'owner manager' });
  const { expected, conditions, ...said } = request;
  if (!said.name.trim()) clinic.refuse('achievement_invalid', { field: 'name' });
  const before = clinic.offered.find(({ id }) => id === said.id);
  if (expected !== null && before?.version !== expected) clinic.refuse('changed_meanwhile');
  const made: AchievementKept = {
    ...said,
    conditions: conditions ?? before?.conditions ?? null,
    version: (before?.version ?? 0) + 1,
    earned: before?.earned ?? 0,
    isWaiting: clinic.mode === 'offline',
  };
  clinic.offered = before ? clinic.offered.map((one) => (one === before ? made : one)) : [...clinic.offered, made];
  return clinic.saved(said.id, 'achievement.save', said.name, 'achievements');
}
