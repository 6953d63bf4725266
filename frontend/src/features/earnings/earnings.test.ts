import { expect, test } from 'vitest';
import { EARNINGS } from '../../ui/earnings/earnings.fixture';
import { lineOf, receiptPath } from './earnings';

test('a receipt opens over the month that is shown', () => {
  expect(receiptPath('a.1', new URLSearchParams('period=2026-10'))).toBe(
    '/earnings?period=2026-10&line=a.1',
  );
});

test('the newest line is taken from a fresh list only', () => {
  expect([
    lineOf('latest', EARNINGS),
    lineOf('latest', undefined),
    lineOf('a.7', undefined),
  ]).toEqual(['a.1', null, 'a.7']);
});
