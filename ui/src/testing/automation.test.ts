/** What the clinic does by itself: the light that says it is late, and the screen where a manager rules it. By keyboard, under a Thai layout. */
import { expect, test } from 'vitest';
import { openWindow, settle } from './window';

const TWENTY_TO_TEN = Date.parse('2026-10-01T02:40:00Z');

test('late timers show a red light in the foot with since when, and what to do about it in the sync screen', async () => {
  const on = await openWindow({ timersLateSince: TWENTY_TO_TEN });
  await on.see('footer [data-late]');
  expect(on.one('footer [data-late]').textContent).toContain('09:40');
  expect(on.one('footer').dataset['state']).toBe('online');
  on.clinic.open('/sync');
  await on.see('[data-screen=sync] [data-late]');
  expect(on.one('[data-screen=sync] [data-late]').textContent).toContain('desk-server worker');
});

test('when what was late is caught up the light is gone; offline nothing is claimed of it', async () => {
  const on = await openWindow({ timersLateSince: TWENTY_TO_TEN });
  await on.see('footer [data-late]');
  on.clinic.timersLateSince = null;
  on.clinic.tell('sync');
  await on.gone('footer [data-late]');
  on.clinic.timersLateSince = TWENTY_TO_TEN;
  on.clinic.mode = 'offline';
  on.clinic.tell('sync');
  await settle();
  expect(on.none('footer [data-late]')).toBe(true);
});
