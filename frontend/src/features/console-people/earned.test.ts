import { expect, test } from 'vitest';
import { EARNINGS } from '../../ui/earnings/earnings.fixture';
import { heldStates, onTheWay, receiptPath, type Statement } from './earned';

const euro = (amount: string) => ({ amount, currency: 'EUR' });
const STATES = { ...EARNINGS.states, owed: euro('12.00') } as Statement['states'];

test('money that somebody owes back is shown beside what is held', () => {
  expect(heldStates(STATES).map(({ state }) => state)).toEqual([
    'payable',
    'earned',
    'paid',
    'at_risk',
    'owed',
  ]);
});

test('what waits for payday and what waits for longer are both on the way', () => {
  expect(onTheWay(STATES)).toEqual(euro('421.00'));
});

test('a receipt opens over the month that is shown', () => {
  expect(receiptPath('p1', 'a.1', new URLSearchParams('period=2026-10'))).toBe(
    '/console/people/p1/earnings?period=2026-10&line=a.1',
  );
});
