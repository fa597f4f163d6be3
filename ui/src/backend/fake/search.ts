/** The fake's search: plain containment and the repair of a wrong keyboard layout. Ranking and sound belong to Rust; this is for looking. */
import type { CustomerHit } from '../bindings/CustomerHit';
import type { CustomersFound } from '../bindings/CustomersFound';
import type { Mark } from '../bindings/Mark';
import { tierOf } from './loyalty';
import type { FakeCustomer } from './people';

const LATIN = `qwertyuiop[]asdfghjkl;'zxcvbnm,./1234567890-=QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?`;
const THAI = `ๆไำพะัีรนยบลฟหกดเ้่าสวงผปแอิืทมใฝๅ/-ภถุึคตจขช๐"ฎฑธํ๊ณฯญฐ,ฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ`;

function swap(text: string, from: string, to: string): string {
  return [...text].map((sign) => to[from.indexOf(sign)] ?? sign).join('');
}

/** The text as it would read with the other keyboard layout. */
function repair(text: string): string {
  return /[\u0E00-\u0E7F]/.test(text) ? swap(text, THAI, LATIN) : swap(text, LATIN, THAI);
}

const FIELDS = ['code', 'phone', 'nickname', 'fullName', 'lineName', 'email'] as const;
const WHY = {
  code: 'code',
  phone: 'phone',
  nickname: 'nickname',
  fullName: 'name',
  lineName: 'line_name',
  email: 'email',
};

function digits(text: string): string {
  const arabic = text.replace(/[๐-๙]/g, (sign) => String(sign.charCodeAt(0) - 0x0e50));
  const only = arabic.replace(/\D/g, '');
  return only.length > 9 ? only.replace(/^66/, '0') : only;
}

/** Where digits of a phone stand in the phone as it is shown. */
function phoneMark(shown: string, wanted: string): Mark | null {
  const places = [...shown].flatMap((sign, at) => (/\d/.test(sign) ? [at] : []));
  const at = places
    .map((place) => shown[place])
    .join('')
    .lastIndexOf(wanted);
  const from = places[at];
  const last = places[at + wanted.length - 1];
  return at < 0 || from === undefined || last === undefined ? null : { field: 'phone', from, to: last + 1 };
}

function marksOf(hit: CustomerHit, text: string): Mark[] {
  const wanted = text.toLowerCase();
  const number = digits(text);
  return FIELDS.flatMap((field) => {
    const value = hit[field] ?? '';
    if (field === 'phone') return number.length >= 3 ? (phoneMark(value, number) ?? []) : [];
    const from = value.toLowerCase().indexOf(wanted);
    return from < 0 ? [] : { field, from, to: from + text.length };
  });
}

function hitOf(of: FakeCustomer): CustomerHit {
  return {
    id: of.id,
    fullName: of.fullName,
    nickname: of.nickname,
    code: of.code,
    phone: of.phoneShown,
    email: of.email,
    lineName: of.lineName,
    tier: of.isMember ? tierOf(of.lifetime) : null,
    bookedToday: of.bookedToday,
    lastVisitDate: of.lastVisitDate,
    doNotContact: of.preference?.doNotContact ?? false,
    why: 'substring',
    foundAs: null,
    marks: [],
  };
}

function hits(customers: readonly FakeCustomer[], text: string): CustomerHit[] {
  const found = customers.map((of) => {
    const hit = hitOf(of);
    const marks = marksOf(hit, text);
    const first = marks[0]?.field as keyof typeof WHY | undefined;
    return { ...hit, marks, why: first ? WHY[first] : 'substring' };
  });
  const rank = (hit: CustomerHit) => (hit.bookedToday ? 0 : 1);
  return found
    .filter((hit) => hit.marks.length > 0)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, 20);
}

export function search(customers: readonly FakeCustomer[], typed: string): CustomersFound {
  const text = typed.trim();
  const total = 100_000;
  if (!text) return { hits: [], total, repaired: null, tookUs: 40 };
  const straight = hits(customers, text);
  const repaired = repair(text);
  if (straight.length > 0 || repaired === text) return { hits: straight, total, repaired: null, tookUs: 1240 };
  const again = hits(customers, repaired);
  return { hits: again, total, repaired: again.length > 0 ? repaired : null, tookUs: 2310 };
}
