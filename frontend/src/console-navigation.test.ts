import { expect, test } from 'vitest';
import { RAIL, tabsOf } from './console-navigation';

const paths = (places: readonly { readonly path: string }[]): string[] =>
  places.map(({ path }) => path);

test('what does not fit the tab bar of a phone is behind its last tab, and the inbox is not', () => {
  const { tabs, others } = tabsOf(RAIL);

  expect(paths(tabs)).toEqual(['/console', '/console/programs', '/console/contests', '/inbox']);
  expect(new Set(paths([...tabs, ...others]))).toEqual(new Set(paths(RAIL)));
  expect(tabs.length + others.length).toBe(RAIL.length);
});

test('few places all stand in the tab bar', () => {
  const few = RAIL.slice(0, 4);

  expect(tabsOf(few)).toEqual({ tabs: few, others: [] });
});
