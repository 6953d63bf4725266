import { expect, test } from 'vitest';
import { underItsHead } from './stack';

const COLUMNS = [
  { label: 'Person' },
  { label: 'Manager' },
  { label: 'Curate', isHidden: true },
] as const;

function rowOf(...cells: readonly string[]): HTMLTableRowElement {
  const row = document.createElement('tr');
  for (const text of cells) row.insertCell().textContent = text;
  return row;
}

const headsOf = (row: HTMLTableRowElement) => [...row.cells].map(({ dataset }) => dataset['head']);

test('a cell carries the head of its column, unless that is only read', () => {
  const row = rowOf('Pietro', 'Gina', 'Hide');

  underItsHead(COLUMNS)(row);

  expect(headsOf(row)).toEqual(['Person', 'Manager', undefined]);
});

test('a head that is no longer shown is taken off again', () => {
  const row = rowOf('Pietro');
  underItsHead(COLUMNS)(row);

  underItsHead([{ label: 'Person', isHidden: true }])(row);

  expect(headsOf(row)).toEqual([undefined]);
});
