import { describe, expect, test } from 'vitest';
import { changed, firstRow, moves, MY_ROW, ROW, rowTop, WINDOW, type Standing } from './ranks';

const standing = (id: string, place: number, isMe = false): Standing => ({
  id,
  place,
  tied: false,
  name: id,
  score: String(100 - place),
  moved: 0,
  isMe,
});

describe('rowTop', () => {
  test('leaves room for my taller row above those that follow', () => {
    expect(rowTop(2, 2)).toBe(2 * ROW);
    expect(rowTop(3, 2)).toBe(2 * ROW + MY_ROW);
  });
});

describe('firstRow', () => {
  test('keeps a few rows above the screen', () => {
    expect(firstRow(20 * ROW, 200)).toBe(12);
  });

  test('never leaves a gap at either end', () => {
    expect(firstRow(-5, 200)).toBe(0);
    expect(firstRow(10_000, 200)).toBe(200 - WINDOW);
    expect(firstRow(10_000, 3)).toBe(0);
  });
});

describe('moves', () => {
  test('tells from where the rows that traded places came', () => {
    const before = [standing('a', 1), standing('b', 2), standing('c', 3)];
    const after = [standing('b', 1), standing('a', 2), standing('c', 3)];

    expect(moves(before, after)).toEqual([
      { id: 'b', from: ROW },
      { id: 'a', from: -ROW },
    ]);
  });

  test('counts my taller row when it passes others', () => {
    const before = [standing('a', 1), standing('me', 2, true)];
    const after = [standing('me', 1, true), standing('a', 2)];

    expect(moves(before, after)).toEqual([
      { id: 'me', from: ROW },
      { id: 'a', from: -MY_ROW },
    ]);
  });

  test('lets newcomers appear where they stand', () => {
    expect(moves([standing('a', 1)], [standing('a', 1), standing('b', 2)])).toEqual([]);
  });
});

test('counts rows whose place or score differs', () => {
  const before = [standing('a', 1), standing('b', 2), standing('c', 3)];
  const after = [standing('b', 1), standing('a', 2), standing('c', 3)];

  expect(changed(before, after)).toBe(2);
});
