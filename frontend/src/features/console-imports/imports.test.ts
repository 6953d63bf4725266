import { afterEach, expect, test, vi } from 'vitest';
import {
  afterMove,
  alike,
  checkAgain,
  guessFor,
  tally,
  wrongCell,
  type Row,
  type Run,
  type RunDetail,
} from './imports';

const RUN: Run = {
  id: 'run',
  file_name: 'week-47.csv',
  source: 'back-office',
  state: 'done',
  rows: 260,
  done: 260,
  accepted: 220,
  fixed: 20,
  quarantined: 15,
  dismissed: 4,
  refused: 1,
  unchanged: 20,
  started_by: 'Carla Monti',
  created_at: '2026-11-20T08:55:00Z',
  finished_at: '2026-11-20T08:56:00Z',
  problem: null,
};
const DETAIL: RunDetail = {
  ...RUN,
  columns: ['Contract', 'Agent'],
  mapping: {
    file: {
      columns: [],
      delimiter: null,
      encoding: null,
      header: null,
      row_end: null,
      sheet: null,
    },
    formats: { number: null, date: null, zone: null },
    rules: [],
  },
  by_reason: [
    { code: 'unknown_person', count: 9 },
    { code: 'not_a_date', count: 6 },
  ],
  suggestions: [],
  people_waiting: 3,
};
const SUGGESTION = {
  reason: 'unknown_person',
  column: 'Agent',
  from: 'L-0447',
  to: 'L-0474',
  rows: 9,
};

function row(number: number, agent: string, reason = 'unknown_person'): Row {
  return {
    row: number,
    outcome: 'quarantined',
    state: 'open',
    external_id: `C-${number}`,
    reasons: [{ code: reason, column: reason === 'repeated' ? null : 'Agent', params: {} }],
    values: { Contract: `C-${number}`, Agent: agent },
    repaired_by: null,
    repaired_at: null,
    same_as: null,
  };
}

afterEach(() => vi.unstubAllGlobals());

test('every row is counted, set aside or left out, so none is lost', () => {
  expect(tally(RUN)).toEqual({ counted: 240, aside: 15, leftOut: 5, lost: 0 });
});

test('rows that were dismissed are left out and no longer set aside', () => {
  const one = { ...RUN, quarantined: 14, dismissed: 5 };

  expect(tally(one)).toEqual({ counted: 240, aside: 14, leftOut: 6, lost: 0 });
});

test('a row that ended nowhere shows as lost', () => {
  expect(tally({ ...RUN, done: 261 }).lost).toBe(1);
});

test('a push moves the bar, and the end of the file asks for the outcome', () => {
  const push = { import_id: 'run', revision: 1, rows_done: 120, rows_total: null };

  const moved = afterMove({ ...DETAIL, state: 'queued', done: 0 }, { ...push, state: 'running' });

  expect(moved).toMatchObject({ state: 'running', done: 120, rows: 260 });
  expect(afterMove(DETAIL, { ...push, state: 'done' })).toBe('refetch');
});

test('the cell to repair is the one its first reason names', () => {
  expect(wrongCell(row(1, 'L-0447'))).toEqual({
    reason: 'unknown_person',
    column: 'Agent',
    value: 'L-0447',
  });
  expect(wrongCell(row(2, 'L-0447', 'repeated'))).toBeNull();
});

test('a suggestion is offered only for its own value', () => {
  const wrong = { reason: 'unknown_person', column: 'Agent', value: ' L-0447 ' };

  expect(guessFor(wrong, [SUGGESTION])).toBe('L-0474');
  expect(guessFor({ ...wrong, value: 'L-0448' }, [SUGGESTION])).toBeNull();
});

test('rows with the same fault and value are alike, whatever blanks they have', () => {
  const wrong = { reason: 'unknown_person', column: 'Agent', value: 'L-0447' };
  const rows = [row(1, 'L-0447'), row(2, 'L-0447 '), row(3, 'L-0448'), row(4, '', 'repeated')];

  expect(alike(wrong, rows)).toBe(2);
});

test('what is set aside is checked again to its end, part by part', async () => {
  const answers = [
    { repaired: 5_000, next_cursor: 'after-5000' },
    { repaired: 12, next_cursor: null },
  ];
  const asked: string[] = [];
  vi.stubGlobal('fetch', (one: Request) => {
    asked.push(new URL(one.url).search);
    return Promise.resolve(Response.json(answers[asked.length - 1]));
  });
  const onpart = vi.fn();

  expect(await checkAgain('run', onpart)).toBe(5_012);
  expect(asked).toEqual(['', '?cursor=after-5000']);
  expect(onpart).toHaveBeenCalledOnce();
});
