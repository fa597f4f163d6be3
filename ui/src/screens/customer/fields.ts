/** The fields of a customer that the counter types, and the hints a form can give before anything is asked of the backend. */
import type { CustomerField } from '../../backend/bindings/CustomerField';
import type { Profile } from '../../backend/bindings/Profile';
import { m } from '../../i18n';
import { locale } from '../../i18n/locale.svelte';

export const TYPED: CustomerField[] = ['full_name', 'nickname', 'phone', 'email', 'birth_date', 'gender', 'notes'];

/** A profile's value of a field, as the backend has it. */
export function valueOf(profile: Profile, field: CustomerField): string | null {
  return {
    full_name: profile.fullName,
    nickname: profile.nickname,
    phone: profile.phone,
    email: profile.email,
    birth_date: profile.birthDate,
    gender: profile.gender,
    notes: profile.notes,
  }[field];
}

const THAI_ZERO = 0x0e50;
const arabic = (text: string) => text.replace(/[\u0E50-\u0E59]/g, (digit) => String(digit.charCodeAt(0) - THAI_ZERO));

/** What is still odd about a phone, or nothing. Landlines (9 digits) and numbers abroad pass; the backend decides. */
export function phoneHint(typed: string): string | undefined {
  const text = arabic(typed.trim()).replace(/^\+66\s*\(?0?\)?/, '0');
  const digits = text.replace(/\D/g, '');
  if (!digits || text.startsWith('+')) return undefined;
  const wanted = /^0[689]/.test(digits) ? 10 : 9;
  if (digits.length < wanted) return m.new_phone_short({ count: wanted - digits.length });
  return digits.length > 10 ? m.new_phone_long({ count: digits.length - 10 }) : undefined;
}

export function emailHint(typed: string): string | undefined {
  return !typed.trim() || /^\S+@\S+\.\S+$/.test(typed.trim()) ? undefined : m.new_email_hint();
}

/** `14/2/2535` or `14/2/1992` as `1992-02-14`; `null` when it is no day. Years from 2400 on are Buddhist. */
export function birthDate(typed: string): string | null {
  const found = /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})$/.exec(arabic(typed.trim()));
  if (!found) return null;
  const [day, month, written] = found.slice(1).map(Number) as [number, number, number];
  const year = written >= 2400 ? written - 543 : written;
  const at = new Date(Date.UTC(year, month - 1, day));
  const isDay = at.getUTCMonth() === month - 1 && at.getUTCDate() === day && year >= 1900;
  return isDay ? at.toISOString().slice(0, 10) : null;
}

/** A stored birth date as it is typed: day/month/year in the era of the language. */
export function birthTyped(stored: string | null): string {
  const [year, month, day] = (stored ?? '').split('-').map(Number);
  if (!year || !month || !day) return '';
  return `${day}/${month}/${locale.current === 'th' ? year + 543 : year}`;
}
