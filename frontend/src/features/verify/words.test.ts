import { beforeEach, expect, test } from 'vitest';
import { language } from '../../state/language.svelte';
import { aboutTwins } from './words';

const twin = (id: string, occurred_on: string) => ({ id, occurred_on });

beforeEach(async () => {
  await language.use('en');
});

test('a claim that waits alone has nothing said about others', () => {
  expect(aboutTwins([], 'en')).toBe('');
});

test('claims that may be the same sale are told with their days, each once', () => {
  const said = aboutTwins(
    [twin('a', '2026-11-18'), twin('b', '2026-11-18'), twin('c', '2026-11-19')],
    'en',
  );

  expect(said).toMatch(/^3 more sales of the same customer and amount wait too, sold on /);
  expect(said.match(/18/g)).toHaveLength(1);
  expect(said).toContain(' and ');
  expect(said).toMatch(/accept only one of them\.$/);
});
