import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toasts } from './toasts.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('what was not done does not look like what was', () => {
  toasts.show('Kept.');
  toasts.fail('This link has expired.');

  expect(toasts.all.map(({ text, isBad = false }) => [text, isBad])).toEqual([
    ['Kept.', false],
    ['This link has expired.', true],
  ]);
  vi.runAllTimers();
  expect(toasts.all).toEqual([]);
});
