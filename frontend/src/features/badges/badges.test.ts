import { beforeEach, expect, test } from 'vitest';
import { language } from '../../state/language.svelte';
import { codeIn, keyOf, nearest, tierOf, type Badges } from './badges';
import { lostNote, sentence, wonNote } from './words';

const euro = (amount: string) => ({ amount, currency: 'EUR' }) as const;
const NONE: Badges = { earned: [], progress: [], locked: [], revoked: [] };
const contracts = {
  code: 'target_reached',
  params: { component: 'Contracts' },
  done: 11,
  goal: 14,
} as const;
const volume = {
  code: 'target_reached',
  params: { component: 'Volume' },
  done: euro('4872.80'),
  goal: euro('10500.00'),
} as const;

beforeEach(() => language.use('en'));

test('the sentence tells the badge that is nearest', () => {
  expect(sentence({ ...NONE, progress: [volume, contracts] }, 'en-IE')).toBe(
    '3 steps away from Target reached.',
  );
});

test('a badge for an amount tells what is missing of it', () => {
  expect(sentence({ ...NONE, progress: [volume] }, 'en-IE')).toBe(
    '€5,627.20 more for Target reached.',
  );
});

test('the nearest is the one with the largest share done', () => {
  expect(nearest({ ...NONE, progress: [volume, contracts] })).toBe(contracts);
});

test('two badges of one code for two components are told apart', () => {
  expect(keyOf(volume)).not.toBe(keyOf(contracts));
});

test('a badge without a metal of its own has that of its kind', () => {
  expect([tierOf({ code: 'first_sale', tier: null }), tierOf({ code: 'x', tier: 'gold' })]).toEqual(
    ['bronze', 'gold'],
  );
});

test('a badge that was taken back says when and why', () => {
  const lost = {
    id: '1',
    code: 'first_sale',
    awarded_at: '2026-11-01T10:00:00Z',
    revoked_at: '2026-11-12T10:00:00Z',
    reason: 'correction',
  };

  expect(lostNote(lost, { locale: 'en-IE', zone: 'Europe/Rome' })).toBe(
    'Thu\u00a012\u00a0Nov: a correction removed its cause',
  );
});

test('the code of a certificate is read from what is typed and from its address', () => {
  expect(codeIn(' 4f1a 22 ')).toBe('4f1a22');
  expect(codeIn('https://laurel.example/certificates/4f1a22/?from=paper')).toBe('4f1a22');
  expect(codeIn(' ')).toBe('');
});

test('the day a badge was won stays on one line', () => {
  const won = { id: '1', code: 'first_sale', awarded_at: '2026-11-12T10:00:00Z' };

  expect(wonNote(won, { locale: 'en-IE', zone: 'Europe/Rome' })).toBe(
    'Bronze, Thu\u00a012\u00a0Nov',
  );
});

test('with nothing open the sentence counts what is won, which is not all there will be', () => {
  const won = { id: '1', code: 'first_sale', awarded_at: '2026-11-12T10:00:00Z' };

  expect(sentence({ ...NONE, earned: [won, { ...won, id: '2' }] }, 'en-IE')).toBe(
    '2 badges are yours.',
  );
});
