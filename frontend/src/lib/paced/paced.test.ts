import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { paced } from './paced';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('the first ask acts at once', () => {
  const act = vi.fn();

  paced(act).ask();

  expect(act).toHaveBeenCalledTimes(1);
});

test('asks that come close together act once more, three seconds after the first', () => {
  const act = vi.fn();
  const calm = paced(act);

  calm.ask();
  calm.ask();
  calm.ask();
  vi.advanceTimersByTime(2_999);
  const before = act.mock.calls.length;
  vi.advanceTimersByTime(1);

  expect([before, act.mock.calls.length]).toEqual([1, 2]);
});

test('a cancelled ask never acts', () => {
  const act = vi.fn();
  const calm = paced(act);

  calm.ask();
  calm.ask();
  calm.cancel();
  vi.advanceTimersByTime(10_000);

  expect(act).toHaveBeenCalledTimes(1);
});
