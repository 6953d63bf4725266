import { beforeEach, expect, test, vi } from 'vitest';
import { waitingClaims, wipe } from '../../lib/store';
import { bodyOf, found, missing, type Draft } from './log';
import { send } from './send';

const DRAFT: Draft = {
  product: 'DF',
  counts: 'amount',
  figure: '1284.50',
  customer: ' C-20418 ',
  day: '2026-11-19',
  note: '',
};

const SALE = { body: bodyOf(DRAFT, 'EUR'), label: 'Dual-fuel, C-20418', key: 'key-1' };

function answer(status: number, body: unknown): void {
  const json = { 'Content-Type': 'application/json' };
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response(JSON.stringify(body), { status, headers: json })),
  );
}

beforeEach(wipe);

test('an empty form names everything it needs', () => {
  const empty = { ...DRAFT, product: '', figure: null, customer: ' ', day: '' };

  expect(missing(empty, '2026-11-19')).toEqual(['product', 'figure', 'customer', 'day']);
});

test('a sale of tomorrow is not taken', () => {
  expect(missing({ ...DRAFT, day: '2026-11-20' }, '2026-11-19')).toEqual(['day']);
});

test('an amount of nothing is not taken', () => {
  expect(missing({ ...DRAFT, figure: '0' }, '2026-11-19')).toEqual(['figure']);
});

test('an amount is sent in the currency of the person, without an empty note', () => {
  expect(bodyOf(DRAFT, 'EUR')).toEqual({
    product: 'DF',
    amount: { amount: '1284.50', currency: 'EUR' },
    customer_reference: 'C-20418',
    occurred_on: '2026-11-19',
  });
});

test('units are sent without an amount', () => {
  expect(bodyOf({ ...DRAFT, counts: 'units', figure: '3' }, 'EUR')).toMatchObject({ units: '3' });
});

test('a product is found by name, number or group', () => {
  const fibre = { sku: 'FB-1', name: 'Fibre 1000', group: 'Internet' };

  expect([found([fibre], 'inter'), found([fibre], 'fb-1'), found([fibre], 'gas')]).toEqual([
    [fibre],
    [fibre],
    [],
  ]);
});

test('a sale that the server took is not kept on the phone', async () => {
  answer(201, { id: '1' });

  expect([await send(SALE), await waitingClaims()]).toEqual(['sent', []]);
});

test('without signal the sale is kept on the phone under the same key', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));

  const outcome = await send(SALE);
  const kept = await waitingClaims();

  expect([outcome, kept.map(({ key, label }) => [key, label])]).toEqual([
    'kept',
    [['key-1', 'Dual-fuel, C-20418']],
  ]);
});

test('a sale that the server refuses is neither sent nor kept: the form says why', async () => {
  answer(422, { code: 'invalid', detail: 'No.' });

  await expect(send(SALE)).rejects.toMatchObject({ code: 'invalid' });
  expect(await waitingClaims()).toEqual([]);
});
