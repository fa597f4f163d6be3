/** The fields of a customer that the counter types, and the hints a form can give before anything is asked of the backend. */
import type { CustomerField } from '../../backend/bindings/CustomerField';
import type { Profile } from '../../backend/bindings/Profile';
import { m } from '../../i18n';
import { arabic } from '../../i18n/numbers';

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
