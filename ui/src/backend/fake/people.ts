/** The made-up people of the fake clinic: the staff, the cast of product.md §7 and a few dozen more so that lists look lived in. */
import type { Person } from '../bindings/Person';
import type { Preference } from '../bindings/Preference';
import type { Profile } from '../bindings/Profile';

export const CLINIC = { th: 'ออร่า อารีย์', en: 'Aura Ari' };

export const PEOPLE: (Person & { pin: string })[] = [
  { id: 'p-nok', nickname: 'นก', role: 'front_desk', pausedUntil: null, hasEnded: false, pin: '2468' },
  { id: 'p-beam', nickname: 'บีม', role: 'front_desk', pausedUntil: null, hasEnded: false, pin: '8642' },
  { id: 'p-may', nickname: 'เมย์', role: 'sales', pausedUntil: null, hasEnded: false, pin: '1357' },
  { id: 'p-dao', nickname: 'ดาว', role: 'manager', pausedUntil: null, hasEnded: false, pin: '9753' },
];

export interface FakeCustomer extends Profile {
  preference: Preference | null;
  lifetime: number;
  points: number;
  isMember: boolean;
  bookedToday: string | null;
}

const BLANK: Omit<FakeCustomer, 'id' | 'fullName'> = {
  code: null,
  nickname: null,
  phone: null,
  phoneShown: null,
  email: null,
  lineName: null,
  birthDate: null,
  gender: null,
  status: 'active',
  customerType: 'regular',
  source: 'walk_in',
  allergies: null,
  notes: null,
  sales: 'เมย์',
  firstVisitDate: null,
  lastVisitDate: null,
  createdAt: Date.parse('2025-03-04T03:00:00Z'),
  isWaiting: false,
  preference: null,
  lifetime: 0,
  points: 0,
  isMember: false,
  bookedToday: null,
};

export function shownPhone(phone: string | null): string | null {
  const digits = phone?.replace(/\D/g, '') ?? '';
  if (/^0\d{9}$/.test(digits)) return `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`;
  return phone;
}

export function customer(part: Partial<FakeCustomer> & { id: string; fullName: string }): FakeCustomer {
  const whole = { ...BLANK, ...part };
  return { ...whole, phoneShown: shownPhone(whole.phone) };
}

const wishes = (doNotContact: boolean, marketingOptIn: boolean): Preference => ({
  doNotContact,
  marketingOptIn,
  preferredChannels: ['line'],
  language: 'th',
});

export const CAST: FakeCustomer[] = [
  customer({
    id: 'c1',
    fullName: 'พลอยไพลิน ศรีสุข',
    nickname: 'พลอย',
    code: 'A-000123',
    phone: '0812345678',
    lineName: 'ploy🌸',
    email: 'ploy.p@example.com',
    birthDate: '1992-02-14',
    gender: 'female',
    customerType: 'member',
    notes: '14/09 11:48 นก: ผิวแห้งช่วงแก้ม ชอบห้องที่ไม่เปิดเพลง',
    firstVisitDate: '2025-03-04',
    lastVisitDate: '2026-09-14',
    preference: wishes(false, false),
    isMember: true,
    lifetime: 4800,
    points: 1240,
    bookedToday: '10:30',
  }),
  customer({
    id: 'c2',
    fullName: 'พลอยชมพู ใจดี',
    nickname: 'พลอย',
    code: 'A-000456',
    phone: '0899995678',
    gender: 'female',
    lastVisitDate: '2026-08-21',
    isMember: true,
    lifetime: 40,
    points: 40,
  }),
  customer({
    id: 'c3',
    fullName: 'Emily Carter',
    nickname: null,
    code: 'A-000789',
    phone: '+44 7700 900123',
    email: 'emily.carter@example.com',
    gender: 'female',
    source: 'website',
    bookedToday: '11:00',
    preference: { ...wishes(false, true), preferredChannels: ['email'], language: 'en' },
  }),
  customer({
    id: 'c4',
    fullName: 'ธีรภัทร วงศ์ดี',
    nickname: 'ต้น',
    code: 'A-001204',
    phone: '0861112222',
    lineName: 'ton.w',
    gender: 'male',
    allergies: 'ยาชา lidocaine',
    lastVisitDate: '2026-07-30',
    preference: wishes(true, true),
    isMember: true,
    lifetime: 1320,
    points: 610,
  }),
  customer({
    id: 'c5',
    fullName: 'นภา แสงทอง',
    nickname: 'มุก',
    code: 'A-002077',
    phone: '0823456789',
    gender: 'female',
    lastVisitDate: '2026-09-28',
    isMember: true,
    lifetime: 3150,
    points: 99,
  }),
  customer({ id: 'c6a', fullName: 'ปานวาด ทองใบ', code: 'A-003310', phone: '0830001111', isMember: true, points: 120 }),
  customer({
    id: 'c6b',
    fullName: 'ปานวาด ทองใบ',
    code: 'A-003984',
    phone: '083 000 1111',
    isMember: true,
    points: 80,
  }),
];

const FIRST = [
  ...['กมลพร', 'ณัฐพร', 'ศิริพร', 'วรัญญา', 'กมลชนก', 'ณัฐธิดา', 'จิราพร', 'ธนพร', 'อริสา', 'กนกวรรณ'],
  ...['ปิยะดา', 'สุพัตรา', 'ชลธิชา', 'วิภาดา', 'รัตนา', 'พิมพ์ชนก', 'อภิญญา', 'เบญจมาศ', 'ศุภิสรา', 'มัลลิกา'],
];
const LAST = ['แสนสุข', 'เทียนทอง', 'มณี', 'ทองคำ', 'วงษ์ทอง', 'พงษ์ดี', 'แก้วใส', 'ดีสม', 'บุญมา', 'ศรีทอง'];
const NICK = ['พลอยใส', 'พรอย', 'แพร', 'ฝน', 'น้ำ', 'เฟิร์น', 'แนน', 'เจน', 'กวาง', 'ออม', 'มิ้นท์', 'ปุ้ย', 'อ้อม'];

const pick = <T>(list: readonly T[], nth: number): T => list[nth % list.length] as T;

/** Fifty more, always the same ones. */
export const OTHERS: FakeCustomer[] = Array.from({ length: 50 }, (_, n) =>
  customer({
    id: `x${n}`,
    fullName: `${pick(FIRST, n)} ${pick(LAST, n * 3 + Math.floor(n / 20))}`,
    nickname: pick(NICK, n),
    code: `A-0${(4410 + n * 613).toString().padStart(5, '0')}`,
    phone: `0${pick(['62', '95', '81', '89', '84'], n)}${(1189034 + n * 71_317) % 9_999_999}`
      .padEnd(10, '0')
      .slice(0, 10),
    lineName: n % 4 === 1 ? 'ploy.nt' : null,
    lastVisitDate: `2026-0${(n % 8) + 1}-${((n * 7) % 27) + 1}`.replace(/-(\d)$/, '-0$1'),
    gender: 'female',
    isMember: n % 3 !== 2,
    lifetime: (n * 331) % 9000,
    points: (n * 97) % 2300,
  }),
);
