import { afterEach, expect, test } from 'vitest';
import { language, t } from './language.svelte';

afterEach(() => language.use('en'));

test('a language that is chosen while the console comes is the language of the console too', async () => {
  await language.use('en');

  await Promise.all([language.use('it'), language.require('console')]);

  expect(language.code).toBe('it');
  expect(t('common.back')).toBe('Indietro');
  expect(t('console-payouts.settle')).toBe('Salda');
});

test('of two languages chosen at once the later one stays, whole', async () => {
  await language.require('console');

  await Promise.all([language.use('fr'), language.use('it')]);

  expect([language.code, t('console-payouts.settle')]).toEqual(['it', 'Salda']);
});
