import { expect, test } from 'vitest';
import { blank, costOf, fromRules, potOf, prizeLine, toRules, type Rules } from './form';

const SEALED: Rules = {
  name: 'Week 47 sprint',
  measure: { kind: 'sum', field: 'amount', currency: 'EUR' },
  counts: { field: 'product', op: 'in', value: ['Power', 'Gas'] },
  zone: 'Europe/Rome',
  starts_at: '2026-11-15T23:00:00.000Z',
  ends_at: '2026-11-22T23:00:00.000Z',
  grace_hours: 12,
  tie_break: 'shared',
  prizes: [
    { place_from: 1, place_to: 1, money: { amount: '300.00', currency: 'EUR' } },
    { place_from: 2, place_to: 10, text: 'A night in Como' },
  ],
  participants: { rule: 'team', team_id: 't1' },
  names: 'initials',
};

test('rules that went through the form are the same rules', () => {
  expect(toRules(fromRules(SEALED, 'EUR'))).toEqual(SEALED);
});

test('a condition the form cannot show is kept as it is', () => {
  const counts = { all: [{ field: 'channel', op: 'eq', value: 'Shop' }] };

  expect(toRules(fromRules({ ...SEALED, counts }, 'EUR')).counts).toEqual(counts);
});

test('a list of people the form cannot show is kept as it is', () => {
  const participants = { rule: 'list', person_ids: ['p1', 'p2'] } as const;

  expect(toRules(fromRules({ ...SEALED, participants }, 'EUR')).participants).toEqual(participants);
});

test('no product chosen means every product', () => {
  expect(toRules(blank({ zone: 'UTC', currency: 'EUR' })).counts).toEqual({ all: [] });
});

test('what cannot be read is sent as typed, so that the server can say what is wrong', () => {
  const typed = { ...blank({ zone: 'UTC', currency: 'EUR' }), graceHours: 'a day' };

  expect(toRules(typed).grace_hours).toBe('a day');
});

test('days that were not chosen are missing', () => {
  expect(toRules(blank({ zone: 'UTC', currency: 'EUR' })).starts_at).toBeUndefined();
});

test('a new prize is for the place after the last', () => {
  const lines = fromRules(SEALED, 'EUR').prizes;

  expect(prizeLine(lines)).toMatchObject({ from: '11', to: '11' });
});

test('a prize for several places costs as many times as there are places', () => {
  const line = { key: 1, from: '4', to: '10', kind: 'money', amount: '40.00', text: '' } as const;

  expect(costOf(line, 'EUR')).toEqual({ amount: '280.00', currency: 'EUR' });
});

test('the pot holds the prizes of money only', () => {
  expect(potOf(fromRules(SEALED, 'EUR'))).toEqual({ amount: '300.00', currency: 'EUR' });
});
