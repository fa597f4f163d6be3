/** The week's hours as they are being typed. What the clinic changes meanwhile does not touch a day that is being typed in. */
import type { OpeningDay } from '../../backend/bindings/OpeningDay';
import { hoursOf, hoursShown } from '../../i18n/hours';

export class OpeningForm {
  /** By weekday: what is typed, and what was there when that began. */
  #typed = $state<Record<string, { text: string; seen: string } | undefined>>({});
  #week: () => OpeningDay[];

  constructor(week: () => OpeningDay[]) {
    this.#week = week;
  }

  text(weekday: string): string {
    return this.#typed[weekday]?.text ?? hoursShown(this.#kept(weekday));
  }

  type(weekday: string, text: string): void {
    this.#typed[weekday] = { text, seen: this.#typed[weekday]?.seen ?? this.#kept(weekday) };
  }

  isWrong(weekday: string): boolean {
    return hoursOf(this.text(weekday)) === undefined;
  }

  /** The first day's hours on every day. */
  sameEveryDay(): void {
    const [first, ...others] = this.#week().map(({ weekday }) => weekday);
    if (first) for (const weekday of others) this.type(weekday, this.text(first));
  }

  /** What was changed, and is hours. */
  get changes() {
    return this.#week().flatMap(({ weekday }) => {
      const typed = this.#typed[weekday];
      const hours = typed && hoursOf(typed.text);
      return typed === undefined || hours === undefined || hours === typed.seen
        ? []
        : [{ weekday, hours, seen: typed.seen }];
    });
  }

  get canSave(): boolean {
    return this.changes.length > 0 && this.#week().every(({ weekday }) => !this.isWrong(weekday));
  }

  clear(): void {
    this.#typed = {};
  }

  #kept(weekday: string): string {
    return this.#week().find((day) => day.weekday === weekday)?.hours ?? '';
  }
}
