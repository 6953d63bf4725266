import { expect, test } from 'vitest';
import { amountIn, isBank, lastRun, sideOf, type Account } from './reconciliation';

const WORDS: Readonly<Record<string, string>> = { nothing: 'Niente' };
const word = (code: string): string | undefined => WORDS[code];

test('an amount in a finding is written as people write it', () => {
  expect(amountIn('100.00 EUR')).toEqual({ amount: '100.00', currency: 'EUR' });
  expect(sideOf('1234.50 EUR', 'it-IT', word)).toMatch(/^1\.?234,50\s€$/);
});

test('a state in a finding is said in words, and one without a word as it is', () => {
  expect(sideOf('nothing', 'it-IT', word)).toBe('Niente');
  expect(sideOf('strange', 'it-IT', word)).toBe('strange');
});

test('counts of cents of a balance are not shown: their difference is', () => {
  expect(sideOf('94999', 'it-IT', word)).toBe('');
});

test('an account that pays by file is told by its bank, the others by their provider', () => {
  const runs = { last: { id: 'p' }, last_bank: { id: 'b' } };
  const file = { ...runs, provider: 'file' } as unknown as Account;
  const plum = { ...runs, provider: 'plum' } as unknown as Account;

  expect(isBank(file)).toBe(true);
  expect([lastRun(file)?.id, lastRun(plum)?.id]).toEqual(['b', 'p']);
});
