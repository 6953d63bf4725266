import { expect, test } from 'vitest';
import type { BoardMoved } from '../../lib/live';
import { afterMove, chosen, type Board, type Contest, type Row } from './ranks';

const ME = 'me';

function row(id: string, place: number, score: string, tied = false): Row {
  return {
    participant_id: id,
    name: id,
    team_name: null,
    place,
    tied,
    score,
    moved: 0,
    is_me: id === ME,
    prize: null,
  };
}

const BOARD: Board = {
  revision: 7,
  as_of: '2026-11-19T09:42:00Z',
  state: 'running',
  participants: 38,
  top: [row('dario', 1, '19'), row('aisha', 2, '17'), row('sophie', 3, '16')],
  around: [
    row('elena', 5, '13', true),
    row('tomas', 5, '13', true),
    row(ME, 7, '11'),
    row('luca', 8, '10'),
    row('nadia', 9, '9'),
  ],
  me: row(ME, 7, '11'),
  moves_to_next: null,
  next_cursor: null,
};

function push(change: Partial<BoardMoved>): BoardMoved {
  return {
    revision: 8,
    contest_id: 'c',
    rows: [],
    shifts: [],
    gone: [],
    participants: 38,
    as_of: '2026-11-19T09:43:00Z',
    reset: false,
    ...change,
  };
}

const scored = (id: string, place: number, score: string): BoardMoved['rows'][number] => ({
  participant_id: id,
  name: id,
  place,
  tied: false,
  score,
  reached_at: null,
});

test('two of the podium trade places without asking the server', () => {
  const moved = push({
    rows: [scored('aisha', 1, '20')],
    shifts: [{ from_place: 1, to_place: 1, by: 1 }],
  });

  const next = afterMove(BOARD, moved, ME) as Board;

  expect(
    next.top.map(({ participant_id, place, moved: by }) => [participant_id, place, by]),
  ).toEqual([
    ['aisha', 1, 1],
    ['dario', 2, -1],
    ['sophie', 3, 0],
  ]);
});

test('a sale far below leaves the rows as they are and only brings the time forward', () => {
  const next = afterMove(BOARD, push({ rows: [scored('zoe', 30, '2')] }), ME) as Board;

  expect([next.revision, next.as_of, next.around]).toEqual([
    8,
    '2026-11-19T09:43:00Z',
    BOARD.around,
  ]);
});

test('my own sale asks the server, who knows the way to the next place', () => {
  expect(afterMove(BOARD, push({ rows: [scored(ME, 7, '12')] }), ME)).toBe('refetch');
});

test('somebody new between my neighbours asks the server', () => {
  expect(afterMove(BOARD, push({ rows: [scored('stranger', 8, '10')] }), ME)).toBe('refetch');
});

test('somebody who passes me from below asks the server', () => {
  const moved = push({
    rows: [scored('zoe', 4, '14')],
    shifts: [{ from_place: 4, to_place: 29, by: 1 }],
  });

  expect(afterMove(BOARD, moved, ME)).toBe('refetch');
});

test('a push that was missed asks the server', () => {
  expect(afterMove(BOARD, push({ revision: 10 }), ME)).toBe('refetch');
});

test('a push that is already in the answer changes nothing', () => {
  expect(afterMove(BOARD, push({ revision: 7, rows: [scored('dario', 1, '25')] }), ME)).toBe(BOARD);
});

test('without a wish the contest that runs is shown, not one that is over', () => {
  const contest = (id: string, state: Contest['state']): Contest =>
    ({ id, state }) as unknown as Contest;

  expect(chosen([contest('old', 'final'), contest('now', 'running')], null)?.id).toBe('now');
});

test('the contest that the address names is shown', () => {
  const contest = (id: string, state: Contest['state']): Contest =>
    ({ id, state }) as unknown as Contest;

  expect(chosen([contest('old', 'final'), contest('now', 'running')], 'old')?.id).toBe('old');
});
