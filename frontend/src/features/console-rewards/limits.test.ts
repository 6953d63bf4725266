import { expect, test } from 'vitest';
import { formOf, limitOf, type Limit } from './limits';

const KEPT: Limit = {
  id: 'a',
  team_id: null,
  team_name: null,
  role: 'rep',
  country: 'IT',
  about: 'kind',
  value: 'gift_card',
  currency: 'EUR',
  least: null,
  most: { amount: '40.00', currency: 'EUR' },
  period: 'month',
  in_period: { amount: '100.00', currency: 'EUR' },
};

test('a limit that is opened and kept as it is stays the same', () => {
  const { id, team_name, ...told } = KEPT;

  expect(limitOf(formOf(KEPT, 'USD'))).toEqual(told);
  expect([id, team_name]).toEqual(['a', null]);
});

test('a limit of everything names nothing, and without a period there is no amount in it', () => {
  const form = formOf(null, 'EUR');

  const told = limitOf({ ...form, value: 'left over', most: '10.00', in_period: '20.00' });

  expect(told).toMatchObject({ about: 'everything', value: '', period: null, in_period: null });
});
