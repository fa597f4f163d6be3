/** Which fields of two cards differ, and whose is taken: a person's word, else whatever is there. */
import type { CustomerField } from '../../backend/bindings/CustomerField';
import type { FieldChoice } from '../../backend/bindings/FieldChoice';
import type { Profile } from '../../backend/bindings/Profile';
import type { MergeSide } from '../../backend/bindings/MergeSide';
import { m } from '../../i18n';
import { date, startOfDay } from '../../i18n/dates';
import { genderName } from '../../i18n/words';

export interface MergeField {
  field: CustomerField;
  label: string;
  into: string;
  from: string;
  /** Both say something else: a person decides. */
  isOpen: boolean;
}

function valueOf(profile: Profile, field: CustomerField): string {
  const birth = profile.birthDate ? date(startOfDay(profile.birthDate)) : '';
  const gender = profile.gender ? genderName(profile.gender) : '';
  const values: Record<CustomerField, string | null> = {
    full_name: profile.fullName,
    nickname: profile.nickname,
    phone: profile.phoneShown ?? profile.phone,
    email: profile.email,
    birth_date: birth,
    gender,
    notes: profile.notes,
  };
  return values[field] ?? '';
}

const LABELS: [CustomerField, () => string][] = [
  ['full_name', m.field_full_name],
  ['nickname', m.field_nickname],
  ['phone', m.field_phone],
  ['email', m.field_email],
  ['birth_date', m.field_birth_date],
  ['gender', m.field_gender],
  ['notes', m.field_notes],
];

export function fieldsOf(into: Profile, from: Profile): MergeField[] {
  const all = LABELS.map(([field, label]) => {
    const [a, b] = [valueOf(into, field), valueOf(from, field)];
    return { field, label: label(), into: a, from: b, isOpen: a !== '' && b !== '' && a !== b };
  });
  return all.filter(({ into: a, from: b }) => a || b);
}

/** What is taken where nobody has said anything: the kept one's, of notes both. */
export const usual = (field: CustomerField): MergeSide => (field === 'notes' ? 'both' : 'into');

export function choices(
  fields: readonly MergeField[],
  chosen: Partial<Record<CustomerField, MergeSide>>,
): FieldChoice[] {
  return fields.filter(({ isOpen }) => isOpen).map(({ field }) => ({ field, side: chosen[field] ?? usual(field) }));
}
