import { describe, expect, test } from 'vitest';
import { add, compare, formatMoney, fromMinor, moneyParts, negate, subtract, toMinor } from '.';

const eur = (amount: string) => ({ amount, currency: 'EUR' });

/** Intl puts no-break spaces of several widths between figures; here they are all one. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('arithmetic', () => {
  test('adds in minor units, so that a tenth and two tenths are three tenths', () => {
    expect(add(eur('0.10'), eur('0.20'))).toEqual(eur('0.30'));
  });

  test('keeps every digit of amounts no float could hold', () => {
    expect(add(eur('90071992547409.93'), eur('0.01'))).toEqual(eur('90071992547409.94'));
  });

  test('subtracts below zero', () => {
    expect(subtract(eur('1.00'), eur('1.05'))).toEqual(eur('-0.05'));
  });

  test('knows currencies without and with three decimals', () => {
    expect(toMinor({ amount: '120', currency: 'JPY' })).toBe(120n);
    expect(toMinor({ amount: '1.250', currency: 'KWD' })).toBe(1250n);
    expect(fromMinor(-5n, 'KWD')).toEqual({ amount: '-0.005', currency: 'KWD' });
  });

  test('refuses to put two currencies together', () => {
    expect(() => add(eur('1.00'), { amount: '1.00', currency: 'USD' })).toThrow(RangeError);
  });

  test('refuses a text that is no amount of its currency', () => {
    expect(() => toMinor(eur('1.005'))).toThrow(RangeError);
    expect(() => toMinor(eur('1e3'))).toThrow(RangeError);
  });

  test('compares by value, not by text', () => {
    expect(compare(eur('9.00'), eur('10.00'))).toBe(-1);
    expect(compare(eur('-9.00'), eur('-10.00'))).toBe(1);
    expect(compare(negate(eur('1.00')), eur('-1.00'))).toBe(0);
  });
});

describe('writing', () => {
  test.each([
    ['en-IE', '€1,486.50'],
    ['it-IT', '1486,50 €'],
    ['fr-FR', '1 486,50 €'],
  ])('writes euros as people in %s do', (locale, expected) => {
    expect(plain(formatMoney(eur('1486.50'), { locale }))).toBe(expected);
  });

  test('writes rupiah without their cents, which nobody uses', () => {
    const rupiah = { amount: '2450000.00', currency: 'IDR' };

    expect(plain(formatMoney(rupiah, { locale: 'id-ID' }))).toBe('Rp 2.450.000');
  });

  test('drops cents on request only when there are none', () => {
    expect(formatMoney(eur('300.00'), { locale: 'en-IE', cents: 'whole' })).toBe('€300');
    expect(formatMoney(eur('300.50'), { locale: 'en-IE', cents: 'whole' })).toBe('€300.50');
  });

  test('shows the sign of a step and none of zero', () => {
    expect(formatMoney(eur('4.50'), { locale: 'en-IE', signed: true })).toBe('+€4.50');
    expect(formatMoney(eur('0.00'), { locale: 'en-IE', signed: true })).toBe('€0.00');
    expect(formatMoney(eur('-4.50'), { locale: 'en-IE' })).toBe('−€4.50');
  });

  test.each([
    ['en-IE', '1', '1 point'],
    ['en-IE', '-1630', '−1,630 points'],
    ['it-IT', '630', '630 punti'],
    ['fr-FR', '0', '0 point'],
    ['id-ID', '630', '630 poin'],
    ['it-IT', '12.5', '12,5 punti'],
  ])('writes points as a number and a word in %s', (locale, amount, expected) => {
    expect(plain(formatMoney({ amount, currency: 'PTS' }, { locale }))).toBe(expected);
  });

  test('tells symbol, figure and cents apart for the large amount', () => {
    const kinds = moneyParts(eur('1486.50'), { locale: 'en-IE' }).map(({ kind, text }) => [
      kind,
      text,
    ]);

    expect(kinds).toEqual([
      ['currency', '€'],
      ['figure', '1'],
      ['figure', ','],
      ['figure', '486'],
      ['fraction', '.'],
      ['fraction', '50'],
    ]);
  });
});
