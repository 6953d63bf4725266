import { beforeEach, expect, test } from 'vitest';
import { language } from '../../state/language.svelte';
import { EARNINGS, RECEIPT } from './earnings.fixture';
import { flatten, statesOf } from './earnings';
import {
  headline,
  moneyLines,
  nextStep,
  periodName,
  sentence,
  sourceText,
  stepText,
  timeline,
} from './words';

const ROME = { locale: 'en-IE', zone: 'Europe/Rome' };
const THURSDAY = new Date('2026-11-19T09:42:00Z');

beforeEach(async () => {
  await language.use('en');
  await language.require('explanation');
});

test('the sentence says what reaches the balance and when', () => {
  expect(sentence(EARNINGS, ROME, THURSDAY)).toBe('€214.00 reaches your balance on Friday.');
});

test('a payday further away than a week is told with its date', () => {
  const later = { ...EARNINGS, pay_on: '2026-12-04' };

  expect(sentence(later, ROME, THURSDAY)).toBe('€214.00 reaches your balance on Fri 4 Dec.');
});

test('states without money keep their place only where people look for them', () => {
  expect(statesOf(EARNINGS.states).map(({ state }) => state)).toEqual([
    'payable',
    'earned',
    'at_risk',
    'paid',
  ]);
});

test('what is held and what was taken back has a row, and says what is still open', () => {
  const nothing = { amount: '0.00', currency: 'EUR' };
  const taken = {
    ...EARNINGS.states,
    payable: nothing,
    held: { amount: '12.00', currency: 'EUR' },
    clawed_back: { amount: '30.00', currency: 'EUR' },
  };
  const rows = (owed: string) =>
    moneyLines({ ...taken, owed: { amount: owed, currency: 'EUR' } }, ROME)
      .filter(({ state }) => state === 'held' || state === 'clawed_back')
      .map(({ note }) => note);

  expect(rows('0.00')).toEqual([
    'Waits until something else has happened',
    'Taken back after a cancellation',
  ]);
  expect(rows('5.00')[1]).toBe('€5.00 of it is set off against your next pay');
});

test('a whole month is called by its name', () => {
  expect(periodName(EARNINGS.period, 'it-IT')).toBe('Novembre 2026');
});

test('any other period is told by its days', () => {
  const weeks = { key: '2026-W47', start: '2026-11-16', end: '2026-11-22' };

  expect(periodName(weeks, 'en-IE')).toBe('16–22 Nov 2026');
});

test('a step shows the numbers that were computed', () => {
  const said = flatten(RECEIPT.steps).map(({ step, depth }) => [depth, stepText(step, ROME)]);

  expect(said).toEqual([
    [0, 'From number 10, €22.50 × 1'],
    [1, '€18.00 × 1.25'],
  ]);
});

test('the headline counts in ordinals of the language', async () => {
  await language.use('it');

  expect(headline(RECEIPT, ROME)).toBe(
    'La tua 11ª in questo periodo. Porta Dual-fuel bonus da 10 a 11.',
  );
});

test('the source is told down to file and row', () => {
  const source = RECEIPT.source;

  expect(source && sourceText(source, ROME)).toBe(
    'Sale C-20418, week-47.csv, row 418, received Thu 19 Nov, 10:31',
  );
});

test('a sale that came over the API names the system', () => {
  const source = RECEIPT.source && { ...RECEIPT.source, source: 'crm', file: null, row: null };

  expect(source && sourceText(source, ROME)).toBe(
    'Sale C-20418 from crm, received Thu 19 Nov, 10:31',
  );
});

test('what comes next chooses its plural', () => {
  expect(nextStep(RECEIPT, ROME)).toBe('3 more unlock the bonus');
});

test('money that waits for payday stands at earned', () => {
  expect(timeline(RECEIPT.timeline, ROME).map(({ state }) => state)).toEqual(['now', 'todo']);
});

test('somebody who looks on is not told that it is theirs', () => {
  expect(headline(RECEIPT, ROME, 'other')).toBe(
    'The 11th in this period. It takes Dual-fuel bonus from 10 to 11.',
  );
});

test('a claim that somebody looks at is the rep’s own', () => {
  const source = RECEIPT.source && { ...RECEIPT.source, source: 'claims', file: null, row: null };

  expect(source && sourceText(source, ROME, 'other')).toBe(
    'The rep’s own claim C-20418, verified, received Thu 19 Nov, 10:31',
  );
});
