/** A person in front of the page, with a keyboard and no mouse. Who works in Thai has a Thai layout on it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { chord } from '../src/keys/chord';
import { say, type Language } from './words';

/** What a Thai layout sends for the letters that are keys of the window. */
const THAI: Record<string, string> = {
  A: 'ฟ',
  D: 'ก',
  B: 'ิ',
  E: 'ำ',
  I: 'ร',
  K: 'า',
  L: 'ส',
  M: 'ท',
  N: 'ื',
  P: 'ย',
  R: 'พ',
  S: 'ห',
  T: 'ะ',
  U: 'ี',
  X: 'ป',
  Z: 'ผ',
};
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium. No name is looked up: the desk is at 127.0.0.1 and nothing else is anybody's business. */
export function openBrowser(): Promise<Browser> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => existsSync(file));
  if (!executablePath) throw new Error('Chromium is missing: apt-get install chromium');
  return chromium.launch({
    executablePath,
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--disable-component-update'],
  });
}

export class Seat {
  /** What the page complained about: exceptions, broken rules of its policy, failed loads. A refused command is none of these. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly language: Language,
    private readonly keyboard: CDPSession,
  ) {
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('422')) this.complaints.push(message.text());
    });
  }

  /** Opens the desk's page in a window of its own. */
  static async take(browser: Browser, url: string, language: Language): Promise<Seat> {
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, timezoneId: 'Asia/Bangkok' });
    const page = await context.newPage();
    const seat = new Seat(page, language, await context.newCDPSession(page));
    await page.goto(url);
    await seat.see('[data-screen]');
    return seat;
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }

  /** Presses keys by what is printed on them in the window: `Ctrl K`, `F2`, `↓`, `D`. */
  async press(...caps: string[]): Promise<void> {
    for (const cap of caps) {
      const { code, ctrl, alt, shift } = chord(cap);
      const letter = /^Key([A-Z])$/.exec(code)?.[1];
      if (letter && this.language === 'th') await this.#pressThai(letter, ctrl, alt);
      else
        await this.page.keyboard.press(
          [ctrl && 'Control', alt && 'Alt', shift && 'Shift', code].filter(Boolean).join('+'),
        );
    }
  }

  /** Playwright knows the US layout alone, so a letter of the Thai one goes to Chromium as its own protocol takes it. */
  /** The key of a place of the rail: they are numbered in its order. */
  async keyOf(place: string): Promise<string> {
    const places = await this.page
      .locator('[data-place]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-place')));
    return `Ctrl ${places.indexOf(place) + 1}`;
  }

  /** Goes to a place of the rail by its key. */
  async go(place: string): Promise<void> {
    await this.press(await this.keyOf(place));
  }

  async #pressThai(letter: string, ctrl: boolean, alt: boolean): Promise<void> {
    const key = THAI[letter];
    if (!key) throw new Error(`no Thai letter is known for the key ${letter}`);
    const modifiers = (alt ? 1 : 0) + (ctrl ? 2 : 0);
    const press = { code: `Key${letter}`, key, modifiers, windowsVirtualKeyCode: letter.charCodeAt(0) };
    await this.keyboard.send('Input.dispatchKeyEvent', { type: 'keyDown', ...press, text: modifiers ? '' : key });
    await this.keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...press });
  }

  /** Types text into what has the focus. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Puts a long text in at once, as from the clipboard. */
  async paste(text: string): Promise<void> {
    await this.page.keyboard.insertText(text);
  }

  /** Replaces the text of the field that has the focus. */
  async retype(text: string): Promise<void> {
    await this.page.keyboard.press('Control+A');
    await this.type(text);
  }

  /** Walks with Tab until something has the focus. */
  async tabTo(css: string): Promise<void> {
    for (let step = 0; step < 80; step++) {
      if (await this.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, css)) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${css}`);
  }

  /** Waits until something can be seen. */
  async see(css: string): Promise<void> {
    await this.page.locator(css).first().waitFor({ state: 'visible' });
  }

  /** Waits until something is gone. */
  async gone(css: string): Promise<void> {
    await this.page.locator(css).first().waitFor({ state: 'detached' });
  }

  /** Waits until a text can be read. */
  async read(text: string, within = 'body'): Promise<void> {
    await expect.poll(() => this.text(within)).toContain(text);
  }

  async text(css: string): Promise<string> {
    return (await this.page.locator(css).first().innerText()).replace(/\s+/g, ' ');
  }

  attribute(css: string, name: string): Promise<string | null> {
    return this.page.locator(css).first().getAttribute(name);
  }

  /** The selected row of the list in front. */
  async selected(): Promise<string> {
    const id = await this.attribute('[role=row][aria-selected=true][data-row-id]', 'data-row-id');
    if (!id) throw new Error('no row is selected');
    return id;
  }

  /** Walks down a list until this row is selected. */
  async stepTo(row: string): Promise<void> {
    await this.see(`[data-row-id="${row}"]`);
    await this.press('Home');
    for (let step = 0; step < 300 && (await this.selected()) !== row; step++) await this.press('↓');
    expect(await this.selected()).toBe(row);
  }

  /** A message of the window, in this person's language unless another is meant. */
  say(name: Parameters<typeof say>[1], facts: Record<string, string | number> = {}, into = this.language): string {
    return say(into, name, facts);
  }

  /** Unlocks as whoever is selected on the lock screen. */
  async unlock(pin: string): Promise<void> {
    await this.see('[data-screen=lock]');
    await this.type(pin);
    await this.see('[data-screen=today]');
  }

  /** Chooses a language on the first screen or in the settings. */
  async speak(wanted = this.language): Promise<void> {
    await this.tabTo('[data-choice=language] input');
    // There are two, and an arrow leads from each to the other.
    if ((await this.attribute('html', 'lang')) === wanted) return;
    await this.press(wanted === 'th' ? '←' : '→');
    await expect.poll(() => this.attribute('html', 'lang')).toBe(wanted);
  }

  /** The colour on which everything stands. */
  ground(): Promise<string> {
    return this.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  }

  /** What axe finds, by these rules or by all, once nothing moves any more: rule and element. */
  async axe(rules?: string[]): Promise<string[]> {
    await this.page.waitForFunction(() => document.getAnimations().every((one) => one.playState === 'finished'));
    if (!(await this.page.evaluate(() => 'axe' in window))) await this.page.evaluate(axe);
    return this.page.evaluate(async (rules) => {
      const only = rules && { runOnly: { type: 'rule' as const, values: rules } };
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'], ...only });
      return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
    }, rules);
  }
}

declare global {
  interface Window {
    axe: typeof import('axe-core');
  }
}
