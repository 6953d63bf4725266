import { expect, test } from 'vitest';
import type { BoardMoved } from '../../lib/live';
import { afterMove, type Board, type Row } from './board';

function row(id: string, place: number, score: string): Row {
  return { participant_id: id, name: id, team_name: null, place, tied: false, score, moved: null };
}

const BOARD: Board = {
  revision: 4,
  as_of: '2026-11-21T10:00:00Z',
  participants: 3,
  around: [row('ann', 1, '9'), row('bob', 2, '8'), row('cem', 3, '7')],
  next_cursor: null,
};

function push(changes: Partial<BoardMoved>): BoardMoved {
  return {
    as_of: '2026-11-21T10:01:00Z',
    contest_id: 'c1',
    gone: [],
    participants: 3,
    reset: false,
    revision: 5,
    rows: [],
    shifts: [],
    ...changes,
  };
}

const CEM_LEADS = push({
  rows: [
    {
      participant_id: 'cem',
      name: 'cem',
      place: 1,
      tied: false,
      score: '10',
      reached_at: null,
    },
  ],
  shifts: [{ from_place: 1, to_place: 2, by: 1 }],
});

test('whoever is passed moves down by the shift', () => {
  const next = afterMove(BOARD, CEM_LEADS) as Board;

  expect(next.around.map((r) => [r.participant_id, r.place, r.moved])).toEqual([
    ['cem', 1, 2],
    ['ann', 2, -1],
    ['bob', 3, -1],
  ]);
});

test('a push we already know changes nothing', () => {
  expect(afterMove(BOARD, push({ revision: 4 }))).toBe(BOARD);
});

test.each([
  ['a missed push', { revision: 7 }],
  ['a reset', { reset: true }],
  ['somebody gone', { gone: ['bob'] }],
])('%s asks for the board again', (_, changes) => {
  expect(afterMove(BOARD, push(changes))).toBe('refetch');
});

test('somebody new below what is shown does not disturb', () => {
  const part = { ...BOARD, next_cursor: 'more' };
  const newcomer = {
    participant_id: 'dee',
    name: 'dee',
    place: 40,
    tied: false,
    score: '1',
    reached_at: null,
  };

  expect(afterMove(part, push({ rows: [newcomer] }))).toMatchObject({ around: part.around });
});
