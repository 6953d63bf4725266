import { beforeEach, expect, test } from 'vitest';
import { LANGUAGES } from '../../lib/i18n';
import { inboxText, inboxTitle } from '../../state/inbox-words';
import { language } from '../../state/language.svelte';
import { asRead, linkOf, look, type Message } from './inbox';

const ROME = { locale: 'en-IE', zone: 'Europe/Rome' };

/** Every code that the server puts into an inbox. */
const CODES =
  'earning_counted earning_summary earning_taken_back earning_released badge_won badge_revoked next_tier ' +
  'next_bonus share_place take_place contest_started contest_final contest_won contest_amended claim_verified ' +
  'claim_matched claim_refused redemption_settled redemption_confirmed redemption_refused ' +
  'orders_need_person provider_paused code_expires invited_again ' +
  'stock_low claim_waits';

const MESSAGE: Message = {
  id: '1',
  kind: 'nudge',
  code: 'share_place',
  params: { missing: 1, place: 5, contest: 'Week 47 sprint' },
  reason_code: 'close_to_place',
  created_at: '2026-11-19T09:42:00Z',
  read_at: null,
  link: '/ranks?contest=c',
};

beforeEach(() => language.use('en'));

test.each(LANGUAGES)('every message has words in %s', async (code) => {
  await language.use(code);
  const said = CODES.split(' ').map((one) => language.coded('inbox', one, { count: 2 }));

  expect(said).not.toContain(undefined);
});

test('a nudge counts and ranks in the language of the reader', async () => {
  await language.use('fr');

  expect(inboxTitle(MESSAGE.code, MESSAGE.params, ROME)).toBe(
    '1 de plus et vous partagez la 5e place',
  );
});

test('several sales of a day are one message with their number', () => {
  const params = { count: 3, money: { amount: '67.50', currency: 'EUR' } };

  expect(inboxTitle('earning_summary', params, ROME)).toBe('3 sales counted: +\u2060€67.50');
});

test('a badge that was taken back says its name and the reason in words', () => {
  const params = { badge: 'first_sale', reason: 'correction' };

  expect([
    inboxTitle('badge_revoked', params, ROME),
    inboxText('badge_revoked', params, ROME),
  ]).toEqual(['Badge taken back: First sale', 'Reason: a correction removed its cause']);
});

test('a message from the future is told as news', () => {
  expect(inboxTitle('from_the_future', {}, ROME)).toBe('There is news.');
});

test('a link that leads out of the app is not shown', () => {
  expect([linkOf(MESSAGE), linkOf({ ...MESSAGE, link: 'https://evil.example' })]).toEqual([
    '/ranks?contest=c',
    undefined,
  ]);
});

test('what takes something back does not look like a win', () => {
  expect(look({ ...MESSAGE, kind: 'badge', code: 'badge_revoked' }).tone).toBe('risk');
});

test('reading everything keeps the time at which a message was first read', () => {
  const inbox = {
    items: [MESSAGE, { ...MESSAGE, id: '2', read_at: '2026-11-18T00:00:00Z' }],
    next_cursor: null,
    unread: 1,
  };

  const read = asRead(inbox, '2026-11-19T10:00:00Z');

  expect([read.unread, read.items.map(({ read_at }) => read_at)]).toEqual([
    0,
    ['2026-11-19T10:00:00Z', '2026-11-18T00:00:00Z'],
  ]);
});

test('what somebody has to see to stands out, and says in words why', async () => {
  await language.use('it');
  const params = { account: 'Plum', reason: 'provider_out_of_money' };
  const code = 'provider_paused';

  expect(look({ ...MESSAGE, kind: 'reply', code }).tone).toBe('risk');
  expect([inboxTitle(code, params, ROME), inboxText(code, params, ROME)]).toEqual([
    'Plum ci ha respinti',
    'Il nostro saldo lì è esaurito. I suoi ordini aspettano che tu lo riattivi.',
  ]);
});
