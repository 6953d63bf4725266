import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiProblem, Offline } from '../lib/api';
import type { PushName } from '../lib/live';
import { keepSnapshot, readSnapshot, wipe } from '../lib/store';
import { online } from './online.svelte';
import { Snapshot, type SnapshotOptions } from './snapshot.svelte';

interface Total {
  readonly total: number;
}

/** What the app listens for on its socket, by name. */
const heard = vi.hoisted(() => new Map<string, (push?: unknown) => void>());
vi.mock('socket.io-client', () => ({
  io: () => ({
    on: (name: string, take: (push?: unknown) => void) => heard.set(name, take),
    off: (name: string) => heard.delete(name),
  }),
}));

const KEPT = { value: { total: 11 }, asOf: '2026-11-19T09:42:00.000Z' };

let close: (() => void) | undefined;

/** Open a snapshot as a component does: it lives until the test ends. */
function open<N extends PushName = never>(options: SnapshotOptions<Total, N>): Snapshot<Total, N> {
  let snapshot: Snapshot<Total, N> | undefined;
  close = $effect.root(() => {
    snapshot = new Snapshot(options);
  });
  if (!snapshot) throw new Error('Effects did not run.');
  return snapshot;
}

const never = (): Promise<Total> => new Promise(() => undefined);

beforeEach(wipe);
afterEach(() => {
  close?.();
  online.report(true);
});

test('shows what the phone keeps, with its time, before the server answers', async () => {
  await keepSnapshot('today', KEPT);

  const today = open({ key: 'today', load: never });

  await vi.waitFor(() => expect(today.value).toEqual({ total: 11 }));
  expect(today.asOf?.toISOString()).toBe(KEPT.asOf);
  expect(today.stale).toBe(true);
  expect(today.loading).toBe(true);
});

test('takes over the answer of the server and keeps it', async () => {
  await keepSnapshot('today', KEPT);

  const today = open({ key: 'today', load: () => Promise.resolve({ total: 12 }) });

  await vi.waitFor(() => expect(today.value).toEqual({ total: 12 }));
  expect(today.stale).toBe(false);
  await vi.waitFor(async () =>
    expect((await readSnapshot<Total>('today'))?.value).toEqual({ total: 12 }),
  );
});

test('keeps showing the last truth when there is no signal', async () => {
  await keepSnapshot('today', KEPT);

  const today = open({ key: 'today', load: () => Promise.reject(new Offline(null)) });

  await vi.waitFor(() => expect(today.error).toBeInstanceOf(Offline));
  expect(today.value).toEqual({ total: 11 });
  expect(today.offline).toBe(true);
});

test('tells a refusal from missing signal', async () => {
  const today = open({ load: () => Promise.reject(new ApiProblem(404, { code: 'not_found' })) });

  await vi.waitFor(() => expect(today.error).toMatchObject({ code: 'not_found' }));
  expect(today.offline).toBe(false);
});

test('shows the answer of a write, whatever was asked before it answers later', async () => {
  let answer: (value: Total) => void = () => undefined;
  const today = open({ load: () => new Promise((resolve) => (answer = resolve)) });
  await vi.waitFor(() => expect(today.loading).toBe(true));

  await today.set({ total: 13 });
  answer({ total: 12 });

  await vi.waitFor(() => expect(today.loading).toBe(false));
  expect(today.value).toEqual({ total: 13 });
});

test('keeps nothing without a name to keep it under', async () => {
  const voucher = open({ load: () => Promise.resolve({ total: 1 }) });

  await vi.waitFor(() => expect(voucher.value).toBeDefined());

  expect(await readSnapshot('undefined')).toBeUndefined();
});

test('only the answer to the last question counts', async () => {
  const answers: ((value: Total) => void)[] = [];
  const today = open({ load: () => new Promise((resolve) => answers.push(resolve)) });
  await vi.waitFor(() => expect(answers).toHaveLength(1));

  void today.refresh();
  answers[1]?.({ total: 2 });
  answers[0]?.({ total: 1 });

  await vi.waitFor(() => expect(today.value).toEqual({ total: 2 }));
});

test('asks again when the signal returns', async () => {
  const load = vi.fn(() => Promise.resolve({ total: 1 }));
  open({ load });
  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1));

  dispatchEvent(new Event('online'));

  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
});

test('asks nothing more once its page is closed', async () => {
  const load = vi.fn(() => Promise.resolve({ total: 1 }));
  open({ load });
  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1));

  close?.();
  dispatchEvent(new Event('online'));

  expect(load).toHaveBeenCalledTimes(1);
});

test('asks again at the first connection, for what was pushed before it', async () => {
  const answers: ((value: Total) => void)[] = [];
  const today = open({
    load: () => new Promise((resolve) => answers.push(resolve)),
    live: { event: 'today.changed', apply: () => 'refetch' },
  });
  await vi.waitFor(() => expect(heard.has('connect')).toBe(true));
  await vi.waitFor(() => expect(answers).toHaveLength(1));

  heard.get('connect')?.();
  expect(answers).toHaveLength(1);
  answers[0]?.({ total: 1 });

  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.({ total: 2 });
  await vi.waitFor(() => expect(today.value).toEqual({ total: 2 }));
});

test('asks again for what was pushed before the first answer, which may be older', async () => {
  const answers: ((value: Total) => void)[] = [];
  open({
    load: () => new Promise((resolve) => answers.push(resolve)),
    live: {
      event: 'redemption.moved',
      isFor: (push) => push.redemption_id === 'mine',
      apply: () => 'refetch',
    },
  });
  await vi.waitFor(() => expect(heard.has('redemption.moved')).toBe(true));
  await vi.waitFor(() => expect(answers).toHaveLength(1));

  heard.get('redemption.moved')?.({ redemption_id: 'mine', state: 'captured' });
  heard.get('redemption.moved')?.({ redemption_id: 'theirs', state: 'captured' });
  answers[0]?.({ total: 1 });

  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.({ total: 2 });
  await new Promise((resolve) => setTimeout(resolve));
  expect(answers).toHaveLength(2);
});

test('keeps what was pushed while an older answer was on its way', async () => {
  await keepSnapshot('board', KEPT);
  let answer: (value: Total) => void = () => undefined;
  const board = open({
    key: 'board',
    load: () => new Promise((resolve) => (answer = resolve)),
    live: {
      event: 'board.moved',
      held: ({ total }) => total,
      apply: (_, { revision }) => ({ total: revision }),
    },
  });
  await vi.waitFor(() => expect(board.loading).toBe(true));

  heard.get('board.moved')?.({ revision: 12 });
  await vi.waitFor(() => expect(board.value).toEqual({ total: 12 }));
  answer({ total: 11 });

  await vi.waitFor(() => expect(board.loading).toBe(false));
  await vi.waitFor(() => expect(board.value).toEqual({ total: 12 }));
});
