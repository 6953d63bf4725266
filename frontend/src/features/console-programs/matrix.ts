import type { Part } from './document';
import { listOf, partOf, put } from './parts';

/** The two sides of a matrix, each with where its rows or columns begin. */
export type Side = 'rows' | 'columns';

export function startsOf(payout: Part, side: Side): readonly string[] {
  return listOf(partOf(payout, side), 'from').map(String);
}

export function cellOf(payout: Part, row: number, column: number): string {
  const cells = listOf(payout, 'cells')[row];
  return Array.isArray(cells) ? String(cells[column] ?? '') : '';
}

export function withStart(payout: Part, side: Side, index: number, typed: string): Part {
  const starts = startsOf(payout, side).map((start, at) => (at === index ? typed : start));
  return put(payout, side, { ...partOf(payout, side), from: starts });
}

export function withCell(payout: Part, row: number, column: number, typed: string): Part {
  const cells = table(payout).map((line, at) =>
    at === row ? line.map((cell, place) => (place === column ? typed : cell)) : line,
  );
  return { ...payout, cells };
}

/** Return the matrix with one more row or column, which is empty. */
export function grown(payout: Part, side: Side): Part {
  const cells = table(payout);
  const width = startsOf(payout, 'columns').length;
  const next =
    side === 'rows'
      ? [...cells, Array<string>(width).fill('')]
      : cells.map((line) => [...line, '']);
  const starts = [...startsOf(payout, side), ''];
  return { ...payout, [side]: { ...partOf(payout, side), from: starts }, cells: next };
}

/** Return the matrix without a row or column. */
export function shrunk(payout: Part, side: Side, index: number): Part {
  const without = <T>(list: readonly T[]): readonly T[] => list.filter((_, at) => at !== index);
  const cells = table(payout);
  return {
    ...payout,
    [side]: { ...partOf(payout, side), from: without(startsOf(payout, side)) },
    cells: side === 'rows' ? without(cells) : cells.map(without),
  };
}

/** Every cell as text, so many as there are rows and columns. */
function table(payout: Part): readonly (readonly string[])[] {
  return startsOf(payout, 'rows').map((_, row) =>
    startsOf(payout, 'columns').map((_start, column) => cellOf(payout, row, column)),
  );
}
