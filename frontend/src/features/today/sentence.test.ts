import { beforeEach, expect, test } from 'vitest';
import { language } from '../../state/language.svelte';
import { say } from './sentence';
import { behindText } from './standing';
import { labelOf, ofGoal } from './target';
import { QUARTER, STANDING, WEEK } from './today.fixture';

const bonus = (missing: number) => ({
  code: 'next_bonus',
  params: { missing, prize: { amount: '60.00', currency: 'EUR' } },
});
const place = () => ({ locale: language.locale, zone: 'Europe/Rome' });

beforeEach(() => language.use('en'));

test('the sentence names what is missing and what it brings', () => {
  expect(say(bonus(3), place())).toBe('3 more sales unlock a €60 bonus.');
});

test('one is singular', () => {
  expect(say(bonus(1), place())).toBe('1 more sale unlocks a €60 bonus.');
});

test('Italian says it in Italian, with its own money', async () => {
  await language.use('it');

  expect(say(bonus(3), place())).toBe('Ancora 3 vendite e sblocchi il premio di 60\u00a0€.');
});

test('French says it in French', async () => {
  await language.use('fr');

  expect(say(bonus(1), place())).toBe('Encore 1 vente et la prime de 60\u00a0€ est à vous.');
});

test('Indonesian has one form for every number', async () => {
  await language.use('id');

  expect(say(bonus(3), place())).toBe('3 penjualan lagi untuk membuka bonus €60.');
});

test('what is missing may be money', () => {
  const quota = { code: 'next_quota', params: { missing: { amount: '1200.50', currency: 'EUR' } } };

  expect(say(quota, place())).toBe('€1,200.50 more reaches your target.');
});

test('a sentence we have no words for says what is safe', () => {
  expect(say({ code: 'from_the_future', params: {} }, place())).toBe(
    'No target is set yet. Your sales count.',
  );
});

test('the goal is told with its period', () => {
  expect([ofGoal(WEEK, 'en-IE'), ofGoal(QUARTER, 'en-IE')]).toEqual([
    'of 14 this week',
    '€18,420 of €25,000 this quarter',
  ]);
});

test('the picture of the wreath is told in words', () => {
  expect(labelOf(WEEK, 'en-IE')).toBe('Dual-fuel November: 11 of 14, 3 of them today');
});

test('the rank says what separates me from the next place', () => {
  expect(behindText(STANDING, 'en-IE')).toBe('Provisional, 2 behind 5th');
});

test('the first has nobody ahead', () => {
  const first = { ...STANDING, place: 1, behind: null };

  expect(behindText(first, 'en-IE')).toBe('Provisional');
});
