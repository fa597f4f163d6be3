/**
 * axe in Chromium, on every screen and dialog of the demo clinic, in both languages and both themes. Colours are measured here, which jsdom cannot
 * (`src/testing/axe.test.ts`); `tests/tests/e2e_access.rs` does the same in the program's own web view.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newDesk, type Desk } from './desk';
import { openBrowser, Seat } from './seat';
import type { Language } from './words';

/** Rules that another theme can break: all others were looked at in the first one. */
const COLOURS = ['color-contrast'];

/** The buttons of a dialog that do not fit into it. */
function cutOff(dialog: Element): (string | null)[] {
  const { top, bottom } = dialog.getBoundingClientRect();
  const isOutside = (box: DOMRect) => box.top < top || box.bottom > bottom;
  return [...dialog.querySelectorAll('button')]
    .filter((button) => isOutside(button.getBoundingClientRect()))
    .map((button) => button.textContent);
}

export function access(language: Language): void {
  let browser: Browser;
  let desk: Desk;
  let on: Seat;

  beforeAll(async () => {
    browser = await openBrowser();
    desk = await newDesk();
    on = await Seat.take(browser, desk.url, language);
  });
  afterAll(async () => {
    expect(on.complaints).toEqual([]);
    await on.leave();
    await desk.end();
    await browser.close();
  });

  let rules: string[] | undefined;
  /** Opens something and looks at it. */
  const look = async (css: string, ...keys: string[]) => {
    await on.press(...keys);
    await on.see(css);
    expect(await on.axe(rules), css).toEqual([]);
  };
  /** The same for what lies over a screen, which must also be large enough for its buttons. */
  const glance = async (dialog: string, ...keys: string[]) => {
    await look(`dialog[open][data-dialog=${dialog}]`, ...keys);
    expect(await on.page.locator('dialog[open]').evaluate(cutOff), dialog).toEqual([]);
    await on.press('Esc');
    await on.gone('dialog[open]');
  };

  test('before anyone is here', async () => {
    await on.speak();
    await look('[data-screen=first-start]');
    await on.tabTo('textarea[name=code]');
    await on.type('AURA1-abc');
    await look('input[name=pin]', 'Enter');
    await on.page.reload();
    await on.see('[data-screen=first-start]');
    await on.tabTo('[data-action=demo]');
    await look('[data-screen=lock]', 'Enter');
    await on.type('1111');
    await on.see('[role=status].crit');
    expect(await on.axe()).toEqual([]);
    await on.unlock('2468');
  });

  test.each(['light', 'dark'] as const)('%s', async (theme) => {
    const ground = await on.ground();
    await on.page.emulateMedia({ colorScheme: theme });
    if (theme === 'dark') expect(await on.ground()).not.toBe(ground);
    rules = theme === 'dark' ? COLOURS : undefined;
    await look('[data-screen=today] [data-row-id]', 'Ctrl 1');
    await look('[data-screen=today] [data-row-kind=task][aria-selected=true]', 'End');
    await look('[data-screen=agenda] [data-row-id]', 'F3');
    await glance('move', 'R');
    await look('[data-screen=tasks] [data-row-id]', 'F4');
    await glance('complete', 'D');
    await glance('snooze', 'S');
    await glance('reassign', 'A');
    await glance('note', 'N');
    await look('[data-screen=tasks] [data-row-id]', 'Alt 3');
    await on.press('/');
    await on.type('ploy');
    await look('[data-dialog=search] [data-row-id]');
    await look('[data-screen=card] [data-customer-id]', 'Enter');
    for (const [nth, tab] of ['appointments', 'points', 'followups', 'journey'].entries()) {
      await look(`[data-tab=${tab}][aria-selected=true]`, `Alt ${nth + 2}`);
    }
    await glance('award', 'F9');
    await glance('edit', 'E');
    await glance('new-customer', 'F2');
    await look('[data-screen=notifications] [data-row-id]', await on.keyOf('notifications'));
    await look('[data-screen=sync]', await on.keyOf('sync'));
    await look('[data-screen=settings]', await on.keyOf('settings'));
    await glance('keys', 'F1');
  });

  test('it would find a button without a name, and grey on grey', async () => {
    await on.page.evaluate(() => {
      const faint = document.createElement('button');
      faint.style.color = '#333';
      faint.textContent = 'faint';
      document.querySelector('main')?.prepend(document.createElement('button'), faint);
    });
    expect((await on.axe()).join()).toContain('button-name');
    expect((await on.axe(COLOURS)).join()).toContain('faint');
  });
}
