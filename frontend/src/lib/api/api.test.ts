import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiProblem, isPassing, Offline, request, whenSignedOut } from '.';
import { api, ok } from './client';
import { askEarly } from './early';

/** The network is the edge of the front end: tests answer in its place. */
let asked: Request[] = [];
let answer: () => Response;

beforeEach(() => {
  asked = [];
  vi.stubGlobal('fetch', (input: Request) => {
    asked.push(input);
    return new Promise<Response>((resolve) => resolve(answer()));
  });
});
afterEach(() => vi.unstubAllGlobals());

const json = (body: unknown, status = 200, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type } });

describe('request', () => {
  test('says that it comes from our own page, on reads and writes', async () => {
    answer = () => json({});

    await request('GET', '/api/v1/me');

    expect(asked[0]?.headers.get('X-Laurel')).toBe('1');
  });

  test('sends JSON with its idempotency key', async () => {
    answer = () => json({ id: 'r1' }, 201);

    const made = await request<{ id: string }>('POST', '/api/v1/me/redemptions', {
      body: { amount: '50.00' },
      idempotencyKey: 'k1',
    });

    expect(made).toEqual({ id: 'r1' });
    expect(asked[0]?.headers.get('Idempotency-Key')).toBe('k1');
    expect(await asked[0]?.json()).toEqual({ amount: '50.00' });
  });

  test('leaves out query values that are not set', async () => {
    answer = () => json({});

    await request('GET', '/api/v1/people', { query: { search: 'a b', team: undefined } });

    expect(new URL(asked[0]?.url ?? '').search).toBe('?search=a+b');
  });

  test('answers undefined to an answer without content', async () => {
    answer = () => new Response(null, { status: 204 });

    expect(await request('POST', '/api/v1/sign-out')).toBeUndefined();
  });

  test('turns a refusal into a problem with all its faults', async () => {
    const problem = {
      title: 'Not valid',
      detail: 'Two fields are wrong.',
      code: 'invalid',
      params: { max: 5 },
      errors: [{ pointer: '/amount', code: 'too_small', detail: 'Too small.', params: {} }],
    };
    answer = () => json(problem, 422, 'application/problem+json');

    const error = await request('POST', '/api/v1/x', { body: {} }).catch((e: unknown) => e);

    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({ status: 422, code: 'invalid', params: { max: 5 } });
    expect((error as ApiProblem).at('/amount')?.code).toBe('too_small');
  });

  test('survives a refusal that is no problem document', async () => {
    answer = () => new Response('<h1>Bad gateway</h1>', { status: 502 });

    await expect(request('GET', '/api/v1/me')).rejects.toMatchObject({ code: 'http_502' });
  });

  test('calls a missing answer offline', async () => {
    answer = () => {
      throw new TypeError('Failed to fetch');
    };

    await expect(request('GET', '/api/v1/me')).rejects.toBeInstanceOf(Offline);
  });

  test('tells the app when the server no longer knows the person', async () => {
    const told = vi.fn();
    whenSignedOut(told);
    answer = () => json({ code: 'sign_in_needed' }, 401, 'application/problem+json');

    await request('GET', '/api/v1/me').catch(() => undefined);

    expect(told).toHaveBeenCalledOnce();
  });
});

test('the typed client asks as the app does and throws what the app throws', async () => {
  answer = () => json({ csrf: 'c1' });
  const me = await ok(api.GET('/api/v1/me'));
  expect(me.csrf).toBe('c1');
  expect(asked[0]?.headers.get('X-Laurel')).toBe('1');

  answer = () => json({ code: 'forbidden' }, 403, 'application/problem+json');
  await expect(ok(api.GET('/api/v1/me'))).rejects.toMatchObject({ code: 'forbidden' });
});

test.each([
  [409, true],
  [429, true],
  [503, true],
  [401, true],
  [404, false],
  [422, false],
])('a %i may pass by itself: %s', (status, expected) => {
  expect(isPassing(new ApiProblem(status, null))).toBe(expected);
});

describe('what was asked before the app was there', () => {
  test('answers the first request for it, and no second', async () => {
    answer = () => json({ csrf: 'c1' });
    void askEarly('/api/v1/me');

    const me = await request<{ csrf: string }>('GET', '/api/v1/me');
    expect(asked).toHaveLength(1);
    await request('GET', '/api/v1/me');

    expect(me.csrf).toBe('c1');
    expect(asked).toHaveLength(2);
  });

  test('is worth nothing after a write, such as a sign-in', async () => {
    answer = () => json({ code: 'sign_in_needed' }, 401, 'application/problem+json');
    void askEarly('/api/v1/me/today');
    answer = () => json({ unread: 3 });
    await request('POST', '/api/v1/sign-in', { body: {} });

    expect(await request('GET', '/api/v1/me/today')).toEqual({ unread: 3 });
  });

  test('that found no signal is told to whoever takes it', async () => {
    answer = () => {
      throw new TypeError('Failed to fetch');
    };
    void askEarly('/api/v1/me').catch(() => undefined);

    await expect(request('GET', '/api/v1/me')).rejects.toBeInstanceOf(Offline);
  });
});
