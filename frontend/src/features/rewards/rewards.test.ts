import { beforeEach, expect, test } from 'vitest';
import { ApiProblem } from '../../lib/api';
import { LANGUAGES } from '../../lib/i18n';
import { language } from '../../state/language.svelte';
import {
  isDelivered,
  isOnItsWay,
  OrderKey,
  tomorrow,
  voucherPage,
  type Redemption,
  type RedemptionState,
  type Reward,
} from './rewards';
import type { StoreReward } from './store';
import {
  choices,
  missingAmount,
  orderReason,
  orderSentence,
  orderSteps,
  promised,
  refusal,
  sentence,
} from './words';

const euro = (amount: string) => ({ amount, currency: 'EUR' }) as const;
const ROME = { locale: 'en-IE', zone: 'Europe/Rome' };

const CARD: Reward = {
  id: 'r1',
  brand: 'Bottega Nord',
  kind: 'gift_card',
  country: 'IT',
  currency: 'EUR',
  denominations: [
    { money: euro('100.00'), in_stock: false, affordable: true },
    { money: euro('10.00'), in_stock: true, affordable: true },
    { money: euro('200.00'), in_stock: true, affordable: false },
  ],
  hue: 42,
  art: 'weave',
  description: 'Groceries',
  delivery_code: 'instant',
  by_company: false,
};

/** Every state of app/rewards/core.py. */
const STATES: readonly RedemptionState[] = [
  'reserved',
  'sending',
  'accepted',
  'unknown',
  'manual',
  'settled',
  'captured',
  'refused',
  'voided',
  'returned',
];

const order = (
  state: RedemptionState,
  kind: Reward['kind'] = 'gift_card',
  more: Partial<Reward> = {},
): Redemption => ({
  id: 'o1',
  state,
  reward: { ...CARD, kind, ...more },
  money: euro('50.00'),
  created_at: '2026-11-19T09:42:00Z',
  wished_on: null,
  confirmed_on: null,
  expires_on: null,
  reason: null,
  used_at: null,
});

beforeEach(() => language.use('en'));

test('what one has to spend is named for each currency, and never added up', () => {
  const mixed = [euro('164.50'), { amount: '450000.00', currency: 'IDR' }];

  expect(sentence(mixed, 'en-IE')).toBe('You have €164.50 and IDR\u00a0450,000 to spend.');
});

test('without money the sentence says where it will come from', () => {
  expect(sentence([euro('0.00')], 'en-IE')).toBe('Nothing to spend yet. What you earn comes here.');
});

test('an amount that cannot be had says why', () => {
  expect(
    choices(CARD, 'en-IE').map(({ label, disabled, note }) => [label, disabled, note]),
  ).toEqual([
    ['€100', true, 'none left'],
    ['€10', false, undefined],
    ['€200', true, 'too much'],
  ]);
});

test('the same wish keeps its key however often it is tried', () => {
  const key = new OrderKey();
  const wish = { reward_id: 'r1', amount: euro('50.00') };

  expect(key.for(wish)).toBe(key.for({ ...wish }));
});

test('another wish gets a key of its own', () => {
  const key = new OrderKey();
  const first = key.for({ reward_id: 'r1', amount: euro('50.00') });

  expect(key.for({ reward_id: 'r1', amount: euro('25.00') })).not.toBe(first);
});

test('an unknown outcome is still on its way: nothing is taken for lost or for won', () => {
  expect([isOnItsWay(order('unknown')), isDelivered(order('unknown'))]).toEqual([true, false]);
});

test.each(LANGUAGES)('every state of an order has a sentence in %s', async (code) => {
  await language.use(code);
  const said = STATES.flatMap((state) => [
    orderSentence(order(state), language.locale),
    orderSentence(order(state, 'experience'), language.locale),
    orderSentence(order(state, 'experience', { by_company: true }), language.locale),
  ]);

  expect(said.filter((text) => text === 'Bottega Nord')).toEqual([]);
});

test('an unknown outcome says first what is safe', () => {
  expect(orderSentence(order('unknown'), 'en-IE')).toBe(
    'No word yet about this order. We keep asking, and your money is safe.',
  );
});

test('only what the company books is said to be arranged by the company', () => {
  expect(orderSentence(order('accepted', 'experience'), 'en-IE')).toBe(
    'The host has the order. Your voucher for Bottega Nord is on its way.',
  );
  expect(orderSentence(order('accepted', 'experience', { by_company: true }), 'en-IE')).toBe(
    'Your company arranges Bottega Nord for you.',
  );
});

test.each([
  [{}, ['instant', 'passkey']],
  [{ delivery_code: 'arranged' }, ['later', 'passkey']],
  [{ kind: 'experience' }, ['voucher-instant', 'host', 'refunded']],
  [{ kind: 'experience', delivery_code: 'arranged' }, ['voucher-later', 'host', 'refunded']],
  [{ kind: 'experience', by_company: true }, ['arranged', 'refunded']],
] as const)('what is promised before one confirms is what will happen: %j', (more, names) => {
  expect(promised({ ...CARD, ...more })).toEqual(names);
});

test.each([
  ['out_of_stock', 'It was sold out when it was ordered.'],
  ['ple10099', 'The provider gave no reason we can show.'],
  ['The hut is full until May.', 'The hut is full until May.'],
])('why money came back is said in words: %s', (reason, words) => {
  expect(orderReason({ ...order('voided'), reason })).toBe(words);
});

test.each([
  ['https://vouchers.example/7', 'https://vouchers.example/7'],
  ['javascript:alert(1)', null],
  [null, null],
])('only a page that is safe to open is opened: %s', (url, opened) => {
  expect(voucherPage({ code: '', pin: null, expires_on: null, url })).toBe(opened);
});

test('money that came back is the end of the way', () => {
  const steps = orderSteps(order('voided'), ROME).map(({ title, state }) => [title, state]);

  expect(steps.at(-1)).toEqual(['Money returned', 'now']);
});

test('an experience cannot be wished for today', () => {
  expect(tomorrow('Europe/Rome', new Date('2026-12-31T12:00:00Z'))).toBe('2027-01-01');
  expect(tomorrow('Europe/Rome', new Date('2026-12-31T23:30:00Z'))).toBe('2027-01-02');
});

test.each([
  [null, 'Choose an amount.'],
  ['600.00', 'That is more than you have.'],
  ['5.00', 'Choose an amount from €10 to €200.'],
])('an amount of one’s own that cannot be had says why: %s', (amount, words) => {
  const room = { least: null, most: null, left: null, period: null, anew_on: null };
  const open = { is_open: true, least: euro('10.00'), most: euro('200.00'), room } as StoreReward;

  expect(missingAmount(open, amount ? euro(amount) : null, euro('500.00'), 'en-IE')).toBe(words);
});

test.each([
  [
    'order_too_large',
    { most: '1250.00 EUR' },
    'Your company allows at most €1,250.00 in one order.',
  ],
  [
    'order_too_small',
    { least: '10.00 EUR' },
    'Your company asks for at least €10.00 in one order.',
  ],
  [
    'period_limit_reached',
    { left: '5.00 EUR', anew_on: '2026-12-01' },
    'You may order €5.00 more until Tue 1 Dec.',
  ],
])('%s is told in the reader’s own money and days', (code, params, sentence) => {
  expect(refusal(new ApiProblem(409, { code, params }), 'en-IE')).toBe(sentence);
});

test('another refusal is told as anywhere', () => {
  expect(refusal(new ApiProblem(409, { code: 'out_of_stock' }), 'en-IE')).toBe(
    'None left of this amount. Your balance is untouched.',
  );
});
