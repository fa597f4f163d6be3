/** The rules of state that a screen cannot show well: order under the hand, drafts, physical keys, birth dates, phones. */
import { beforeEach, describe, expect, test } from 'vitest';
import { chord, codeOf, matches, types } from '../keys/chord';
import { KEYS } from '../keys/map';
import { locale } from '../i18n';
import { dayFrom, typedDay } from '../i18n/typedDay';
import { emailHint, phoneHint } from '../screens/customer/fields';
import { drafts } from './drafts.svelte';
import { steady } from './steady';

const rows = (...ids: string[]) => ids.map((id) => ({ id }));
const ids = (of: { rows: { id: string }[] }) => of.rows.map(({ id }) => id).join('');

describe('steady', () => {
  test('without a selected row the fresh order holds', () => {
    expect(ids(steady(rows('a', 'b'), rows('x', 'b', 'a'), undefined))).toBe('xba');
  });
  test('new rows above the selected one are held, those below come in', () => {
    const next = steady(rows('a', 'b', 'c'), rows('x', 'a', 'b', 'y', 'c'), 'b');
    expect(ids(next)).toBe('abyc');
    expect(next.held).toBe(1);
  });
  test('rows above keep their places when the fresh order swaps them', () => {
    expect(ids(steady(rows('a', 'b', 'c'), rows('b', 'a', 'c'), 'c'))).toBe('abc');
    expect(ids(steady(rows('a', 'b', 'c'), rows('b', 'a', 'c'), 'b'))).toBe('abc');
  });
  test('rows that are gone leave, known rows are never held', () => {
    const next = steady(rows('a', 'b', 'c'), rows('c', 'b'), 'b');
    expect(ids(next)).toBe('bc');
    expect(next.held).toBe(0);
  });
});

describe('drafts', () => {
  beforeEach(() => drafts.reset());

  test('belong to a person and a place, and fields of one form count once', () => {
    drafts.person = 'nok';
    drafts.write('new-customer/full_name', 'ฟ้า');
    drafts.write('new-customer/phone', '085');
    drafts.write('card-note:c3', 'ครึ่ง');
    expect(drafts.waitingFor('nok')).toBe(2);
    drafts.person = 'beam';
    expect(drafts.read('card-note:c3')).toBe('');
    expect(drafts.waitingFor('beam')).toBe(0);
  });
  test('clearing a place clears its fields and nothing else', () => {
    drafts.person = 'nok';
    drafts.write('edit:c1/phone', '1');
    drafts.write('edit:c10/phone', '2');
    drafts.clear('edit:c1');
    expect([drafts.read('edit:c1/phone'), drafts.read('edit:c10/phone')]).toEqual(['', '2']);
  });
});

describe('keys', () => {
  const pressed = (init: KeyboardEventInit) => new KeyboardEvent('keydown', init);

  test('are matched by place, whatever sign the layout gives', () => {
    expect(matches(pressed({ code: 'KeyK', key: 'า', ctrlKey: true }), chord('Ctrl K'))).toBe(true);
    expect(matches(pressed({ code: 'KeyK', key: 'k' }), chord('Ctrl K'))).toBe(false);
    expect(matches(pressed({ code: 'Slash', key: 'ฝ' }), chord('/'))).toBe(true);
    expect(matches(pressed({ code: 'Slash', key: 'ฦ', shiftKey: true }), chord('?'))).toBe(true);
    expect(matches(pressed({ code: 'Slash', key: 'ฦ', shiftKey: true }), chord('/'))).toBe(false);
  });
  test('of the number pad count, and a key without a code is read by its sign', () => {
    expect(codeOf(pressed({ code: 'Numpad7', key: '7' }))).toBe('Digit7');
    expect(codeOf(pressed({ code: '', key: '7' }))).toBe('Digit7');
    expect(codeOf(pressed({ code: '', key: 'F12' }))).toBe('F12');
  });
  test('that type something are told from those that do not', () => {
    expect(['D', 'Space', '1', '/', '↓', 'Enter'].every((cap) => types(chord(cap)))).toBe(true);
    expect(['F2', 'Ctrl K', 'Alt 1', 'Esc'].some((cap) => types(chord(cap)))).toBe(false);
  });
  test('no chord means two things in one place', () => {
    for (const [place, lines] of Object.entries(KEYS)) {
      const caps = Object.values(lines).flatMap((line) => line.caps);
      expect(new Set(caps).size, place).toBe(caps.length);
    }
  });
});

describe('what the counter types', () => {
  beforeEach(() => void (locale.current = 'th'));

  test.each([
    ['14/2/2535', '1992-02-14'],
    ['14-02-1992', '1992-02-14'],
    ['๑๔/๒/๒๕๓๕', '1992-02-14'],
    ['31/2/2535', null],
    ['29/2/2000', '2000-02-29'],
    ['1/10/69', '2026-10-01'],
    ['1/10/26', '2026-10-01'],
    ['1 ต.ค. 69', '2026-10-01'],
    ['1 ตค69', '2026-10-01'],
    ['๑ ธันวาคม ๒๕๖๙', '2026-12-01'],
    ['1 Dec 2026', '2026-12-01'],
    ['31 กันยายน 2569', null],
    ['1/10/45', null],
    ['2535', null],
    ['2569-12-31', '2026-12-31'],
    ['2026-02-30', null],
  ])('the day %s is %s', (typed, stored) => {
    expect(dayFrom(typed)).toBe(stored);
  });
  test('two digits of a birth are Buddhist, and asked again where they may be of either calendar', () => {
    expect(dayFrom('14/2/35', 'birth')).toBe('1992-02-14');
    expect(dayFrom('14/2/92', 'birth')).toBe(null);
  });
  test('a known day is typed in the era of the language', () => {
    expect(typedDay('1992-02-14')).toBe('14/2/2535');
    locale.current = 'en';
    expect(typedDay('1992-02-14')).toBe('14/2/1992');
  });
  test.each([
    ['085-777-88', true],
    ['085-777-8888', false],
    ['085-777-88889', true],
    ['02-123-4567', false],
    ['+66 85 777 8888', false],
    ['+44 7700 900123', false],
    ['', false],
  ])('phone %s gets a hint: %s', (typed, isOdd) => {
    expect(phoneHint(typed) !== undefined).toBe(isOdd);
  });
  test('an e-mail without an @ gets a hint', () => {
    expect(emailHint('a.b')).toBeDefined();
    expect(emailHint('a@b.co')).toBeUndefined();
  });
});
