import { expect, test } from 'vitest';
import type { BoardMoved } from '../../lib/live';
import { QUARTER, STANDING, TODAY, WEEK } from './today.fixture';
import { concerns, growth, moneyLines, paceOf, percentReached, prizeLabel } from './today';

test('one leaf of the wreath is one sale while a person can count them', () => {
  expect(growth(WEEK)).toEqual({ leaves: 14, done: 11, today: 3 });
});

test('a target in money grows one leaf for each fourteenth that is reached', () => {
  expect(growth(QUARTER)).toEqual({ leaves: 14, done: 10, today: 1 });
});

test('more than the goal does not grow more leaves than there are', () => {
  expect(growth({ ...WEEK, done: 17, today: 2 })).toEqual({ leaves: 14, done: 14, today: 2 });
});

test('a target of hundreds shares fourteen leaves', () => {
  expect(growth({ ...WEEK, done: 100, goal: 200, today: 100 })).toEqual({
    leaves: 14,
    done: 7,
    today: 7,
  });
});

test('the share reached is never rounded up to a hundred', () => {
  const almost = { ...WEEK, done: 9_999, goal: 10_000 };

  expect(percentReached(almost)).toBe(99);
});

test('what is missing of the day is in the measure of the target', () => {
  expect(paceOf(QUARTER)?.missing).toEqual({ amount: '300.00', currency: 'EUR' });
});

test('nothing is missing once the part of the day is done', () => {
  const done = { ...WEEK, pace: { today_done: 5, today_goal: 4 } };

  expect(paceOf(done)?.missing).toBeNull();
});

test('the prize is short enough for its leaf in every language', () => {
  const rupiah = { amount: '450000.00', currency: 'IDR' };

  expect([
    prizeLabel({ amount: '60.00', currency: 'EUR' }, 'en-IE'),
    prizeLabel({ amount: '60.00', currency: 'EUR' }, 'it-IT'),
    prizeLabel(rupiah, 'id-ID'),
  ]).toEqual(['+€60', '+60\u00a0€', '+450\u00a0rb']);
});

test('the card names every state with money in it, and never adds two up', () => {
  const lines = moneyLines(TODAY.money);

  expect(lines.map(({ state, money }) => [state, money.amount])).toEqual([
    ['payable', '214.00'],
    ['earned', '207.00'],
    ['at_risk', '36.00'],
    ['paid', '342.00'],
  ]);
});

test('a rep without money yet sees where it will be', () => {
  const zero = { amount: '0.00', currency: 'EUR' };
  const nothing = { ...TODAY.money, payable: zero, paid: zero, earned: zero, at_risk: zero };

  expect(moneyLines(nothing).map(({ state }) => state)).toEqual([
    'payable',
    'earned',
    'at_risk',
    'paid',
  ]);
});

test('a move of the board concerns Today when it is about me or the place I may share', () => {
  const row = (participant_id: string, place: number): BoardMoved['rows'][number] => ({
    participant_id,
    place,
    name: '',
    tied: false,
    score: '1',
    reached_at: null,
  });
  const push = (one: BoardMoved['rows'][number]): BoardMoved => ({
    revision: 1,
    contest_id: 'c',
    rows: [one],
    shifts: [],
    gone: [],
    participants: 38,
    as_of: '',
    reset: false,
  });
  const standing = STANDING;

  expect([
    concerns(push(row('me', 20)), standing, 'me'),
    concerns(push(row('elena', 5)), standing, 'me'),
    concerns(push(row('zoe', 30)), standing, 'me'),
  ]).toEqual([true, true, false]);
});
