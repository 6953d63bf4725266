import { beforeEach, expect, test } from 'vitest';
import { LANGUAGES } from '../../lib/i18n';
import { language } from '../../state/language.svelte';
import {
  currenciesOf,
  grouped,
  isHeld,
  isPay,
  kindFor,
  movementOf,
  phaseOf,
  WishKey,
  type Account,
  type Entry,
  type Option,
  type Payout,
  type Prize,
} from './wallet';
import {
  accountReason,
  accountSentence,
  accountTag,
  arrives,
  asksForDetails,
  entryLink,
  entryTitle,
  obstacle,
  payoutSentence,
  payoutSteps,
  prizeLines,
  sentence,
  taxLines,
} from './words';

const euro = (amount: string) => ({ amount, currency: 'EUR' });
const ROME = { locale: 'en-IE', zone: 'Europe/Rome' };
const NOON = new Date('2026-11-19T11:00:00Z');

const ACCOUNT: Account = {
  id: 'a1',
  kind: 'iban',
  country: 'IT',
  currency: 'EUR',
  bank: 'Banca Prova',
  label: 'IT •••• 3456',
  state: 'active',
  reason: null,
  masked_name: 'A** F****',
  asked_bank: true,
  is_primary: true,
  added_at: '2026-11-18T11:00:00Z',
  moved_at: '2026-11-18T11:00:00Z',
  usable_from: '2026-11-20T11:00:00Z',
};

const OPTION: Option = {
  method_id: 'm1',
  name: 'Bank transfer',
  is_instant: false,
  arrives_hours: 36,
  least: euro('5.00'),
  most: euro('500.00'),
  gross: euro('50.00'),
  fee: euro('0.75'),
  withheld: euro('0.00'),
  prize: euro('0.00'),
  prize_withheld: euro('0.00'),
  net: euro('49.25'),
  obstacle: null,
  accounts: [ACCOUNT],
  ready: ['a1'],
};

const STATES = [
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
] as const;

const payout = (state: Payout['state']): Payout => ({
  id: 'p1',
  state,
  name: 'Bank transfer',
  gross: euro('50.00'),
  fee: euro('0.75'),
  withheld: euro('0.00'),
  prize: euro('0.00'),
  prize_withheld: euro('0.00'),
  net: euro('49.25'),
  account_id: 'a1',
  account: 'IT •••• 3456',
  is_instant: false,
  arrives_by: '2026-11-21T11:00:00Z',
  created_at: '2026-11-19T11:00:00Z',
  updated_at: '2026-11-19T12:00:00Z',
  reason: null,
  meaning: null,
  moves: [],
});

beforeEach(() => language.use('en'));

test('what there is to use is named for each currency, and never added up', () => {
  const states = [
    { currency: 'EUR', pay_on: null, available: euro('10.00') },
    { currency: 'IDR', pay_on: null, available: { amount: '5000.00', currency: 'IDR' } },
  ];

  expect(sentence(states, 'en-IE')).toBe('You have €10.00 and IDR\u00a05,000 to use.');
  expect(currenciesOf(states)).toEqual(['EUR', 'IDR']);
});

test('an account that is held says from when it can be paid', () => {
  expect(isHeld(ACCOUNT, NOON)).toBe(true);
  expect(accountTag(ACCOUNT, NOON).word).toBe('Held');
  expect(accountSentence(ACCOUNT, ROME, NOON)).toMatch(/^It can be paid from .*12:00/);
  expect(accountTag(ACCOUNT, new Date('2026-11-20T11:00:01Z')).word).toBe('Ready');
});

test('a reason nobody has words for is not shown as a code', () => {
  expect(accountReason({ ...ACCOUNT, reason: 'E-4711' })).toBe(
    'The bank gave no reason we can show.',
  );
});

test('a payment that a bank refused says so, and asks for other details', () => {
  const refused = { ...payout('voided'), reason: 'AC04', meaning: 'account_closed' } as const;

  expect(payoutSentence(refused, 'en-IE')).toBe('The bank refused. €50.00 is back in your wallet.');
  expect(asksForDetails(refused)).toBe(true);
});

test('a payment that finance took out blames no bank, and never was at one', () => {
  const out: Payout = {
    ...payout('voided'),
    reason: 'taken_out',
    meaning: 'taken_out',
    moves: [{ state: 'accepted', reason: '', at: '2026-11-19T11:30:00Z' }],
  };

  expect(payoutSentence(out, 'en-IE')).toBe(
    'Your company took it out before it left. €50.00 is back in your wallet.',
  );
  expect(payoutSteps(out, ROME).map(({ title }) => title)).not.toContain('At the bank');
  expect(asksForDetails(out)).toBe(false);
});

test('a way says when the money arrives and why it cannot be taken', () => {
  expect(arrives(OPTION)).toBe('within 2 days');
  expect(arrives({ ...OPTION, is_instant: true })).toBe('within minutes');
  expect(obstacle({ ...OPTION, obstacle: 'too_little' }, 'en-IE')).toBe('From €5.00.');
});

test('an unknown outcome says first that the money is safe, and is neither won nor lost', () => {
  expect(payoutSentence(payout('unknown'), 'en-IE')).toContain('Your money is safe.');
  expect(phaseOf(payout('unknown'))).toBe('on-its-way');
});

test('what came back says so with the whole amount, the fee included', () => {
  expect(payoutSentence(payout('returned'), 'en-IE')).toContain('€50.00');
  expect(payoutSteps(payout('returned'), ROME).at(-1)).toMatchObject({
    title: 'Back in your wallet',
    state: 'now',
  });
});

test('the same wish keeps its key, another gets its own', () => {
  const key = new WishKey();
  const wish = { method_id: 'm', account_id: 'a', amount: euro('5.00'), net: euro('5.00') };

  expect(key.for({ ...wish })).toBe(key.for({ ...wish }));
  expect(key.for({ ...wish, account_id: 'b' })).not.toBe(key.for(wish));
});

test('a number is grouped as it is printed, and a kind is proposed by the currency', () => {
  expect(grouped('it60x0542811101000000123456')).toBe('IT60 X054 2811 1010 0000 0123 456');
  expect(kindFor('INR')).toBe('ifsc');
  expect(kindFor('CHF')).toBe('iban');
});

test('a movement opens the receipt of what caused it', () => {
  const entry = {
    transaction_id: 't',
    line: 1,
    posted_at: '2026-11-19T11:00:00Z',
    kind: 'reserve',
    account: 'person_available' as const,
    money: euro('-50.00'),
    cause_kind: 'redemption',
    cause_id: 'p1',
    sequence: null,
  };

  expect(entryTitle(entry)).toBe('Set aside');
  expect(entryLink(entry, [payout('captured')])).toBe('/wallet/payouts/p1');
  expect(entryLink(entry, [])).toBe('/rewards/orders/p1');
  expect(entryLink({ ...entry, cause_kind: 'earning' }, [])).toBe('/wallet?movement=t.1');
  expect(entryLink({ ...entry, cause_kind: 'debt' }, [])).toBe('/wallet?movement=t.1');
});

test('an address names one movement of the wallet, and only pay has a receipt down to the rule', () => {
  const entry = { transaction_id: 't', line: 1, cause_kind: 'earning' } as Entry;
  const debt = { transaction_id: 'u', line: 2, cause_kind: 'debt' } as Entry;

  expect(movementOf('u.2', [entry, debt])).toBe(debt);
  expect(movementOf('t.2', [entry, debt])).toBeUndefined();
  expect(movementOf(null, [entry])).toBeUndefined();
  expect([isPay(entry), isPay(debt)]).toEqual([true, false]);
});

const PRIZE: Prize = {
  contest_id: 'c1',
  contest: 'Week 47 sprint',
  finished_at: '2026-11-19T11:00:00Z',
  place: 1,
  last_place: 1,
  participants: 3,
  score: '2',
  unit: 'count',
  tied_with: [],
  pool: euro('100.00'),
  rest: euro('0.00'),
  money: euro('100.00'),
  spendable: euro('100.00'),
  settled: euro('0.00'),
  transaction_id: 't',
  posted_at: '2026-11-19T11:00:00Z',
};

test('a prize is a movement with a receipt of its own', () => {
  const entry = {
    transaction_id: 't',
    line: 1,
    posted_at: '2026-11-19T11:00:00Z',
    kind: 'prize',
    account: 'person_available' as const,
    money: euro('100.00'),
    cause_kind: 'contest',
    cause_id: 'c1',
    sequence: null,
  };

  expect(entryTitle(entry)).toBe('Contest prize');
  expect(entryLink(entry, [])).toBe('/wallet/prizes/c1');
});

test('the receipt of a prize says what was shared, and what settled a debt', () => {
  const shared = {
    ...PRIZE,
    last_place: 2,
    pool: euro('150.01'),
    rest: euro('0.01'),
    money: euro('75.00'),
    spendable: euro('70.00'),
    settled: euro('5.00'),
  };

  expect(prizeLines(PRIZE).map(({ label }) => label)).toEqual(['Prize of your place']);
  expect(prizeLines(shared).map(({ label, money }) => [label, money.amount])).toEqual([
    ['Prizes of places 1 to 2', '150.01'],
    ['Too small to split', '0.01'],
    ['You won', '75.00'],
    ['Settled what you owed', '5.00'],
  ]);
});

test('tax on prizes is told apart from tax on pay', () => {
  const told = (withheld: string, prize: string) =>
    taxLines({ withheld: euro(withheld), prize_withheld: euro(prize) }).map(
      ({ label, money }) => `${label} ${money.amount}`,
    );

  expect(told('0.00', '0.00')).toEqual([]);
  expect(told('3.00', '0.00')).toEqual(['Tax withheld 3.00']);
  expect(told('3.00', '3.00')).toEqual(['Tax on prizes 3.00']);
  expect(told('9.00', '6.00')).toEqual(['Tax on prizes 6.00', 'Tax on pay 3.00']);
});

test.each(LANGUAGES)('every state of a pay-out has a sentence in %s', async (code) => {
  await language.use(code);

  const said = STATES.map((state) => payoutSentence(payout(state), language.locale));

  expect(said.filter((text) => text === '€49.25')).toEqual([]);
  expect(new Set(said).size).toBeGreaterThan(6);
});
