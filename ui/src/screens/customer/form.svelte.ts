/** A customer form: what is typed (as drafts, so that nothing is lost), the hints, and the fields the backend refused. */
import type { AppError } from '../../backend/bindings/AppError';
import type { CustomerField } from '../../backend/bindings/CustomerField';
import { m } from '../../i18n';
import { sentence } from '../../i18n/codes';
import { draft } from '../../state/drafts.svelte';
import { dayFrom } from '../../i18n/typedDay';
import { emailHint, phoneHint } from './fields';

/** Which field an error is about, where the backend does not say. */
const ABOUT: Partial<Record<AppError['code'], CustomerField>> = {
  name_empty: 'full_name',
  phone_invalid: 'phone',
  email_invalid: 'email',
};

export class CustomerForm {
  readonly fields: Record<CustomerField, { text: string; clear(): void }>;
  refused = $state.raw<AppError | undefined>();
  isTried = $state(false);

  constructor(private readonly place: string) {
    const field = (name: CustomerField) => draft(() => `${this.place}/${name}`);
    this.fields = {
      full_name: field('full_name'),
      nickname: field('nickname'),
      phone: field('phone'),
      email: field('email'),
      birth_date: field('birth_date'),
      gender: field('gender'),
      notes: field('notes'),
    };
  }

  /** What is wrong with a field: the backend's word first, then our own hint once saving was tried. */
  error(field: CustomerField): string | undefined {
    if (this.refused && this.#refusedField() === field) {
      const { what, next } = sentence(this.refused);
      return `${what} ${next}`;
    }
    const text = this.fields[field].text;
    if (field === 'birth_date' && text.trim() && this.isTried && dayFrom(text, 'birth') === null)
      return m.new_birth_wrong();
    if (field === 'full_name' && this.isTried && !text.trim()) return m.code_name_empty();
    return undefined;
  }

  /** What could be meant better, while typing; it stops nobody. */
  hint(field: CustomerField): string | undefined {
    const text = this.fields[field].text;
    if (field === 'phone') return phoneHint(text) ?? (text.trim() ? undefined : m.new_phone_hint());
    if (field === 'email') return emailHint(text);
    if (field === 'birth_date') return m.new_birth_hint();
    return undefined;
  }

  /** True when the form may be sent; marks what is missing otherwise. */
  check(): boolean {
    this.isTried = true;
    const birth = this.fields.birth_date.text.trim();
    return this.fields.full_name.text.trim() !== '' && (birth === '' || dayFrom(birth, 'birth') !== null);
  }

  /** A field as the backend wants it: trimmed, empty as none, the birth date as `YYYY-MM-DD`. */
  value(field: CustomerField): string | null {
    const text = this.fields[field].text.trim();
    return field === 'birth_date' ? dayFrom(text, 'birth') : text || null;
  }

  /** Whether an error is shown at a field, so that it need not be shown again below. */
  isAtField(error: AppError | undefined): boolean {
    return error !== undefined && this.#refusedField() !== undefined;
  }

  clear(): void {
    for (const field of Object.values(this.fields)) field.clear();
    this.isTried = false;
    this.refused = undefined;
  }

  #refusedField(): CustomerField | undefined {
    const error = this.refused;
    if (!error) return undefined;
    return (error.fields['field'] as CustomerField | undefined) ?? ABOUT[error.code];
  }
}
