/** Who sits here and how the window is to look: the answers of `start` and `settings`, and the ways to change them. */
import { call, onChanged } from '../backend';
import type { Settings } from '../backend/bindings/Settings';
import type { StartState } from '../backend/bindings/StartState';
import { locale } from '../i18n/locale.svelte';
import { zone } from '../i18n/zone.svelte';
import { showAppearance } from './appearance';
import { drafts } from './drafts.svelte';
import { route } from './route.svelte';
import { toasts } from './toasts.svelte';

const DEFAULTS: Settings = {
  language: 'th',
  theme: 'system',
  density: 'compact',
  scale: 100,
  toastHotLeads: true,
  toastFollowups: true,
  toastTasks: true,
  toastVisits: true,
  toastBookings: true,
  toastJourneys: true,
  toastAttention: true,
  toastClinic: true,
  quiet: true,
  quietFrom: null,
  quietTo: null,
  autoLockMinutes: 2,
};

class Session {
  start = $state.raw<StartState | undefined>();
  settings = $state.raw<Settings>(DEFAULTS);
  /** What the backend last said it has. */
  #kept: Settings = DEFAULTS;
  #changes = 0;
  #last: Promise<unknown> = Promise.resolve();
  #turn = 0;

  /**
   * Takes a new start state, wherever it came from. Who unlocks again finds the place they left; another person starts at Today
   * with settings of their own.
   */
  async take(next: StartState): Promise<void> {
    const before = this.start?.me?.id;
    if (next.me && next.me.id !== before) {
      if (next.me.id !== drafts.person) route.reset();
      drafts.person = next.me.id;
      await this.#loadSettings().catch(() => undefined);
    }
    if (!next.me && before) toasts.clear();
    zone.name = next.day.timezone;
    this.start = next;
  }

  async load(): Promise<void> {
    // Without its settings the window still opens, in the defaults.
    await Promise.all([this.#loadSettings().catch(() => undefined), this.#loadStart()]);
  }

  /** Follows what the backend says about both; returns how to stop. */
  follow(): () => void {
    return onChanged((topics) => {
      if (topics.includes('settings')) void this.#loadSettings();
      if (topics.includes('start')) void this.#loadStart();
    });
  }

  /**
   * Shows settings at once and keeps them, one change after the other: answers that overtook each other would bring an older choice back. If
   * they cannot be kept, those that are come back and the caller hears why.
   */
  async change(part: Partial<Settings>): Promise<void> {
    const wanted = { ...this.settings, ...part };
    this.#show(wanted);
    this.#changes++;
    const saved = this.#last.then(() => call('settings_set', { settings: wanted }));
    this.#last = saved.catch(() => undefined);
    try {
      this.#kept = await saved;
    } finally {
      this.#changes--;
      this.#showKept();
    }
  }

  /** Locks the window; what was typed waits for its author. */
  async lock(): Promise<void> {
    if (this.start?.phase !== 'ready') return;
    route.overlay = undefined;
    await this.take(await call('lock', {}));
  }

  async #loadStart(): Promise<void> {
    await this.take(await call('start', {}));
  }

  async #loadSettings(): Promise<void> {
    const turn = ++this.#turn;
    const loaded = await call('settings', {});
    if (turn !== this.#turn) return;
    this.#kept = loaded;
    this.#showKept();
  }

  /** Not while a newer choice is on its way: that one is on the screen already. */
  #showKept(): void {
    if (this.#changes === 0) this.#show(this.#kept);
  }

  #show(settings: Settings): void {
    this.settings = settings;
    locale.current = settings.language;
    showAppearance(settings);
  }
}

export const session = new Session();
