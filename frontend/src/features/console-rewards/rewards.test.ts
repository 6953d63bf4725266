import { expect, test } from 'vitest';
import { lowIn, toReward, type Reward, type RewardForm } from './rewards';
import { AT_HOME, countryOf, queryOf, type Choices } from './store';

const FORM: RewardForm = {
  brand: ' Onda ',
  kind: 'gift_card',
  country: 'it',
  currency: 'eur',
  amounts: '20, 50.50; 100',
  description: '',
  lowAt: '5',
};

test('a reward is offered at every amount that was typed', () => {
  expect(toReward(FORM)['denominations']).toEqual([
    { amount: '20', currency: 'EUR' },
    { amount: '50.50', currency: 'EUR' },
    { amount: '100', currency: 'EUR' },
  ]);
});

test('country and currency are written in capitals', () => {
  expect(toReward(FORM)).toMatchObject({ brand: 'Onda', country: 'IT', currency: 'EUR' });
});

test('a number that cannot be read is sent as typed', () => {
  expect(toReward({ ...FORM, lowAt: 'few' })['low_stock_at']).toBe('few');
});

test('what is no longer offered never runs low', () => {
  const reward: Reward = {
    id: 'r1',
    brand: 'Onda',
    kind: 'gift_card',
    country: 'IT',
    currency: 'EUR',
    active: false,
    denominations: [{ money: { amount: '20.00', currency: 'EUR' }, left: 0, low: true }],
  };

  expect(lowIn([reward])).toBe(0);
  expect(lowIn([{ ...reward, active: true }])).toBe(1);
});

const CHOICES: Choices = {
  home: 'IT',
  countries: [{ value: 'IT', count: 3 }],
  categories: [],
  currencies: [],
};

test('the desk opens with the country one lives in, where anything is sold there', () => {
  expect(countryOf(AT_HOME, CHOICES)).toBe('IT');
  expect(countryOf(AT_HOME, { ...CHOICES, countries: [] })).toBe('');
  expect(countryOf({ ...AT_HOME, country: 'FR' }, CHOICES)).toBe('FR');
});

test('what narrows nothing is not asked for', () => {
  expect(queryOf({ ...AT_HOME, text: ' spa ', country: '', inStock: true })).toEqual({
    q: 'spa',
    in_stock: true,
  });
});
