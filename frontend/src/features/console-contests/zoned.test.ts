import { expect, test } from 'vitest';
import { toInstant, toWall } from './zoned';

test.each([
  ['2026-11-16T00:00', 'Europe/Rome', '2026-11-15T23:00:00.000Z'],
  ['2026-07-01T09:00', 'Europe/Rome', '2026-07-01T07:00:00.000Z'],
  ['2026-11-16T09:30', 'Asia/Kolkata', '2026-11-16T04:00:00.000Z'],
  ['2026-11-16T09:30', 'UTC', '2026-11-16T09:30:00.000Z'],
])('%s in %s is %s', (wall, zone, instant) => {
  expect(toInstant(wall, zone)).toBe(instant);
});

test('an hour that comes twice is meant the first time', () => {
  expect(toInstant('2026-10-25T02:30', 'Europe/Rome')).toBe('2026-10-25T00:30:00.000Z');
});

test('an hour that is skipped is read with the clock that stood before', () => {
  expect(toInstant('2026-03-29T02:30', 'Europe/Rome')).toBe('2026-03-29T01:30:00.000Z');
});

test('midnight in summer is told as midnight', () => {
  expect(toWall('2026-06-30T22:00:00Z', 'Europe/Rome')).toBe('2026-07-01T00:00');
});
