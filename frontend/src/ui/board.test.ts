import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Board } from './board.svelte';
import type { Standing } from './ranks';

const rows = (...ids: string[]): Standing[] =>
  ids.map((id, index) => ({
    id,
    place: index + 1,
    tied: false,
    name: id,
    score: '1',
    moved: 0,
    isMe: false,
  }));

const ids = (board: Board): string => board.shown.map((row) => row.id).join('');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('the first standings show at once', () => {
  const board = new Board(1000, Date.now);

  board.offer(rows('a', 'b'));

  expect(ids(board)).toBe('ab');
});

test('later ones show at most once a pace, and only the newest', () => {
  const board = new Board(1000, Date.now);
  board.offer(rows('a', 'b'));

  board.offer(rows('b', 'a'));
  board.offer(rows('c', 'a', 'b'));
  vi.advanceTimersByTime(999);
  expect(ids(board)).toBe('ab');
  vi.advanceTimersByTime(1);

  expect(ids(board)).toBe('cab');
});

test('nothing moves under a finger; the changes are counted instead', () => {
  const board = new Board(1000, Date.now);
  board.offer(rows('a', 'b'));

  board.hold();
  board.offer(rows('b', 'a'));
  vi.advanceTimersByTime(5000);

  expect(ids(board)).toBe('ab');
  expect(board.waiting).toBe(2);
});

test('a finger that comes down before the pace is over stops the change too', () => {
  const board = new Board(1000, Date.now);
  board.offer(rows('a', 'b'));
  board.offer(rows('b', 'a'));

  board.hold();
  vi.advanceTimersByTime(5000);

  expect(ids(board)).toBe('ab');
});

test('what waited shows when the finger leaves', () => {
  const board = new Board(1000, Date.now);
  board.offer(rows('a', 'b'));
  board.hold();
  board.offer(rows('b', 'a'));
  vi.advanceTimersByTime(5000);

  board.release();

  expect(ids(board)).toBe('ba');
  expect(board.waiting).toBe(0);
});
