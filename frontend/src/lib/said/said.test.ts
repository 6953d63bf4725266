import { expect, test } from 'vitest';
import { spoken, told } from './said';

const ROME = { locale: 'it-IT', zone: 'Europe/Rome' };
const DUBLIN = { locale: 'en-IE', zone: 'Europe/Dublin' };

test('a prize that is whole is said without its cents', () => {
  const { prize } = spoken({ prize: { amount: '60.00', currency: 'EUR' } }, DUBLIN);

  expect(prize).toBe('€60');
});

test('what was earned keeps its cents, zero or not', () => {
  const { money } = spoken({ money: { amount: '54.00', currency: 'EUR' } }, ROME);

  expect(money).toBe('54,00\u00a0€');
});

test('a count stays a number so that its plural can be chosen', () => {
  expect(spoken({ missing: 3 }, DUBLIN)).toEqual({ missing: 3 });
});

test('a calendar date is told as a day in the language of the reader', () => {
  expect(spoken({ on: '2026-11-20' }, DUBLIN)).toEqual({ on: 'Fri 20 Nov' });
});

test('an instant is told in the zone of the reader', () => {
  const { at } = spoken({ at: '2026-11-20T23:30:00Z' }, ROME);

  expect(at).toContain('00:30');
});

test('an explanation shows every digit that was computed', () => {
  const exact = told({ kind: 'money', value: '22.4987', currency: 'EUR' }, 'en-IE');

  expect(exact).toBe('€22.4987');
});

test('a share of an explanation is told as a percentage', () => {
  expect(told({ kind: 'percent', value: '2.5' }, 'en-IE')).toBe('2.5%');
});

test('a multiplier of an explanation uses the decimal mark of the reader', () => {
  expect(told({ kind: 'number', value: '1.25' }, 'fr-FR')).toBe('1,25');
});

test('a value nobody gave is said as nothing', () => {
  expect(spoken({ reason: null }, DUBLIN)).toEqual({ reason: '' });
});
