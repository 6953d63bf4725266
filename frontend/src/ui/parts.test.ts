import { describe, expect, test } from 'vitest';
import { barcode, symbolsOf } from './code128';
import { wreathLeaves } from './drawing';
import { readNumber, writeNumber } from './numbers';
import { initialsOf } from './people';

describe('code 128', () => {
  test('puts start, check sum and stop around the text', () => {
    // The worked example of the symbology has check symbol 54 in code set A; B starts one higher.
    expect(symbolsOf('PJJ123C')).toEqual([104, 48, 42, 42, 17, 18, 19, 35, 55, 106]);
  });

  test('is eleven modules wide for each symbol, thirteen for the stop', () => {
    expect(barcode('7KQ4 MVRD').width).toBe(11 * 11 + 13);
  });

  test('refuses what it cannot hold instead of printing something else', () => {
    expect(() => symbolsOf('é')).toThrow(RangeError);
  });
});

describe('readNumber', () => {
  test.each([
    ['1.284,50', 'it-IT', '1284.50'],
    ['1,284.50', 'en-IE', '1284.50'],
    ['1 284,5', 'fr-FR', '1284.5'],
    ['−18', 'en-IE', '-18'],
    ['42', 'id-ID', '42'],
    ['1.284', 'en-IE', '1.284'],
    ['77,50', 'en-IE', '77.50'],
    ['1,5', 'en-IE', '1.5'],
    ['12.50', 'it-IT', '12.50'],
    ['1.284', 'it-IT', '1284'],
  ])('reads %s as people in %s mean it', (typed, locale, expected) => {
    expect(readNumber(typed, locale)).toBe(expected);
  });

  test.each([
    ['1.2.50', 'it-IT'],
    ['12,3456', 'en-IE'],
    ['1,2,3', 'it-IT'],
    ['abc', 'en-IE'],
    ['', 'en-IE'],
  ])('refuses %s in %s instead of guessing', (typed, locale) => {
    expect(readNumber(typed, locale)).toBeNull();
  });

  test('writes back what it read', () => {
    expect(writeNumber('1284.50', 'it-IT')).toBe('1284,50');
  });
});

test('initials are of the first and the last word', () => {
  expect(initialsOf('Giulia Ferrante')).toBe('GF');
  expect(initialsOf('Maria da Silva Costa')).toBe('MC');
  expect(initialsOf('Prince')).toBe('P');
  expect(initialsOf('  ')).toBe('');
});

test('a wreath grows in pairs from the stem, left first', () => {
  const [left, right] = wreathLeaves(14);

  expect(left?.y).toBe(right?.y);
  expect(150 - (left?.x ?? 0)).toBeCloseTo((right?.x ?? 0) - 150);
});
