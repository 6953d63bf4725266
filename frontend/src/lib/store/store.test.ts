import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiProblem, Offline } from '../api';
import { keepClaim, keepSnapshot, readSnapshot, waitingClaims, wipe, type Claim } from '.';
import { replay } from './replay';

const claim = (key: string, keptAt: string): Claim => ({
  key,
  path: '/api/v1/me/claims',
  body: { product: 'Dual-fuel' },
  keptAt,
  label: 'Dual-fuel, Via Solari 18',
});

const FIRST = claim('a', '2026-11-19T10:00:00Z');
const SECOND = claim('b', '2026-11-19T10:05:00Z');

beforeEach(wipe);

test('a snapshot comes back with the time it was true', async () => {
  const kept = { value: { total: 11 }, asOf: '2026-11-19T10:42:00Z' };

  await keepSnapshot('today', kept);

  expect(await readSnapshot('today')).toEqual(kept);
});

test('signing out leaves nothing on the phone', async () => {
  await keepSnapshot('today', { value: 1, asOf: '2026-11-19T10:42:00Z' });
  await keepClaim(FIRST);

  await wipe();

  expect(await readSnapshot('today')).toBeUndefined();
  expect(await waitingClaims()).toEqual([]);
});

describe('a phone that cannot keep anything', () => {
  const full = (): never => {
    throw new DOMException('No room.', 'QuotaExceededError');
  };

  test('does without snapshots', async () => {
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(full);

    await expect(keepSnapshot('today', { value: 1, asOf: '' })).resolves.toBeUndefined();
  });

  test('never says that a claim is safe', async () => {
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(full);

    await expect(keepClaim(FIRST)).rejects.toThrow('No room.');
  });
});

describe('replay', () => {
  test('sends the oldest first and forgets what was sent', async () => {
    const sent: string[] = [];
    await keepClaim(SECOND);
    await keepClaim(FIRST);

    await replay(({ key }) => Promise.resolve(sent.push(key)));

    expect(sent).toEqual(['a', 'b']);
    expect(await waitingClaims()).toEqual([]);
  });

  test('stops without signal and keeps everything that waits', async () => {
    await keepClaim(FIRST);
    await keepClaim(SECOND);

    const result = await replay(() => Promise.reject(new Offline(null)));

    expect(result).toMatchObject({ sent: [], refused: [], waiting: 2 });
    expect(await waitingClaims()).toHaveLength(2);
  });

  test('keeps a claim that the server refuses, with the reason, and goes on', async () => {
    await keepClaim(FIRST);
    await keepClaim(SECOND);
    const refusal = new ApiProblem(422, { detail: 'No such product.' });

    const result = await replay(({ key }) =>
      key === 'a' ? Promise.reject(refusal) : Promise.resolve(),
    );

    expect(result.sent.map(({ key }) => key)).toEqual(['b']);
    expect(await waitingClaims()).toEqual([{ ...FIRST, refusal: 'No such product.' }]);
  });

  test('does not ask again about a claim that was refused', async () => {
    await keepClaim({ ...FIRST, refusal: 'No such product.' });

    const result = await replay(() => Promise.reject(new Error('must not be sent')));

    expect(result).toMatchObject({ sent: [], waiting: 0 });
  });

  test('runs once at a time, so that two events cannot send a claim twice', async () => {
    let calls = 0;
    await keepClaim(FIRST);
    const send = (): Promise<number> => Promise.resolve((calls += 1));

    await Promise.all([replay(send), replay(send)]);

    expect(calls).toBe(1);
  });
});
