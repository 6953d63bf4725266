import { afterEach, expect, test, vi } from 'vitest';
import type { BoardMoved } from '../../lib/live';
import type { Board, Row } from './ranks';
import { afterPush, joined, loadWhole, type Followed } from './whole';

const PUSH: BoardMoved = {
  revision: 8,
  contest_id: 'c',
  rows: [],
  shifts: [],
  gone: [],
  participants: 6,
  as_of: '2026-11-19T09:43:00Z',
  reset: false,
};

function row(id: string, place: number, tied = false): Row {
  return {
    participant_id: id,
    name: id,
    team_name: 'Bergamo',
    place,
    tied,
    score: String(20 - place),
    moved: 0,
    is_me: false,
    prize: null,
  };
}

function told(id: string, place: number, tied = false): BoardMoved['rows'][number] {
  const { participant_id, name, score } = row(id, place);
  return { participant_id, name, place, tied, score, reached_at: null };
}

/** The first rows of a board; with a cursor there are more. */
function board(around: readonly Row[], cursor: string | null = null): Board {
  return {
    revision: 7,
    as_of: '2026-11-19T09:42:00Z',
    state: 'running',
    participants: 6,
    top: around.slice(0, 3),
    around,
    me: null,
    moves_to_next: null,
    next_cursor: cursor,
  };
}

const SIX = ['a', 'b', 'c', 'd', 'e', 'f'].map((id, index) => row(id, index + 1));
const FOUR = SIX.slice(0, 4);

function follow(from: Board, change: Partial<BoardMoved>): Followed {
  const next = afterPush(from, { ...PUSH, ...change });
  if (next === 'refetch') throw new Error('The rows did not fit the push.');
  return next;
}

function places({ board: { around } }: Followed): string {
  return around.map((one) => `${one.participant_id}${one.place}${one.tied ? '=' : ''}`).join(' ');
}

afterEach(() => vi.unstubAllGlobals());

test('who sold takes the place that is told, and the rows between make room', () => {
  const next = follow(board(SIX), {
    rows: [told('e', 2)],
    shifts: [{ from_place: 2, to_place: 4, by: 1 }],
  });

  expect(places(next)).toBe('a1 e2 b3 c4 d5 f6');
  expect(next.board.around.map((one) => one.moved)).toEqual([0, 3, -1, -1, -1, 0]);
  expect([next.isLacking, next.board.revision, next.board.as_of]).toEqual([false, 8, PUSH.as_of]);
});

test('two who share the first place leave no second one: 1, 1, 3', () => {
  const next = follow(board(SIX), {
    rows: [told('a', 1, true), told('c', 1, true)],
    shifts: [{ from_place: 2, to_place: 2, by: 1 }],
  });

  expect(places(next)).toBe('a1= c1= b3 d4 e5 f6');
});

test('a shift without an end moves everybody below', () => {
  const next = follow(board(SIX), {
    rows: [told('new', 3)],
    shifts: [{ from_place: 3, to_place: null, by: 1 }],
    participants: 7,
  });

  expect(places(next)).toBe('a1 b2 new3 c4 d5 e6 f7');
});

test('who is no longer on the board is taken out', () => {
  const next = follow(board(SIX), {
    gone: ['b'],
    shifts: [{ from_place: 3, to_place: null, by: -1 }],
    participants: 5,
  });

  expect(places(next)).toBe('a1 c2 d3 e4 f5');
  expect(next.isLacking).toBe(false);
});

test('somebody from behind the cursor enters at once, and the server says the team', () => {
  const next = follow(board(FOUR, 'after-d'), {
    rows: [told('f', 2)],
    shifts: [{ from_place: 2, to_place: 5, by: 1 }],
  });

  expect(places(next)).toBe('a1 f2 b3 c4 d5');
  expect([next.isLacking, next.board.next_cursor]).toEqual([true, 'after-d']);
});

test('who falls behind the loaded rows leaves them, and the end is loaded again', () => {
  const next = follow(board(FOUR, 'after-d'), {
    rows: [told('b', 6)],
    shifts: [{ from_place: 3, to_place: 6, by: -1 }],
  });

  expect(places(next)).toBe('a1 c2 d3');
  expect(next.isLacking).toBe(true);
});

test('far behind the loaded rows nothing is shown and nothing is asked', () => {
  const next = follow(board(FOUR, 'after-d'), { rows: [told('z', 90)], participants: 200 });

  expect([places(next), next.isLacking]).toEqual(['a1 b2 c3 d4', false]);
});

test('an answer that knew the sale before its push is asked for again', () => {
  const ahead = board([
    row('a', 1),
    row('e', 2),
    row('b', 3),
    row('c', 4),
    row('d', 5),
    row('f', 6),
  ]);

  const next = afterPush(ahead, {
    ...PUSH,
    rows: [told('e', 2)],
    shifts: [{ from_place: 2, to_place: 4, by: 1 }],
  });

  expect(next).toBe('refetch');
});

test('a push that was missed, and one that says so, ask for the board', () => {
  expect(afterPush(board(SIX), { ...PUSH, revision: 9 })).toBe('refetch');
  expect(afterPush(board(SIX), { ...PUSH, reset: true })).toBe('refetch');
});

test('a push that is already in the answer changes nothing', () => {
  const held = board(SIX);

  expect(follow(held, { revision: 7, gone: ['a'] })).toEqual({ board: held, isLacking: false });
});

test('my own sale is seen at once; the way to the next place is asked for', () => {
  const mine = { ...board(SIX), me: SIX[4] ?? null };

  const next = follow(mine, {
    rows: [told('e', 2)],
    shifts: [{ from_place: 2, to_place: 4, by: 1 }],
  });

  expect([next.board.me?.place, next.isLacking]).toEqual([2, true]);
});

test('the next part follows the rows, and who has come into both stands there once', () => {
  const part = { ...board([row('d', 4), row('e', 5)], null), top: [] };

  const longer = joined(board(FOUR, 'after-d'), part) as Board;

  expect(longer.around.map((one) => one.participant_id)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(longer.next_cursor).toBe(null);
});

test('a part of another moment does not fit', () => {
  const part = { ...board(SIX.slice(4)), revision: 9 };

  expect(joined(board(FOUR, 'after-d'), part)).toBe('refetch');
});

test('the parts that were open are loaded again, until they are of one moment', async () => {
  const answers = [
    board(FOUR, 'after-d'),
    { ...board(SIX.slice(4)), revision: 8 },
    { ...board(FOUR, 'after-d'), revision: 8 },
    { ...board(SIX.slice(4)), revision: 8 },
  ];
  const asked = vi.fn(() => Promise.resolve(Response.json(answers.shift())));
  vi.stubGlobal('fetch', asked);

  const whole = await loadWhole('c', 6, new AbortController().signal);

  expect([whole.revision, whole.around.length, asked.mock.calls.length]).toEqual([8, 6, 4]);
});
