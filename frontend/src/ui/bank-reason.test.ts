import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { language } from '../state/language.svelte';
import BankReason from './BankReason.svelte';

beforeEach(() => language.use('en'));
afterEach(cleanup);

test('a code of a bank is said in words, and no rep reads the code', async () => {
  render(BankReason, { code: 'AC04', meaning: 'account_closed' });

  await screen.findByText('The account is closed.');

  expect(screen.queryByText(/AC04/)).toBeNull();
});

test('at the desk the code stands before its words', async () => {
  const { container } = render(BankReason, {
    code: 'R02',
    meaning: 'account_closed',
    withCode: true,
  });

  await screen.findByText('R02');

  expect(container.textContent.replace(/\s+/g, ' ').trim()).toBe('R02 The account is closed.');
});

test('a code that nobody knows is shown as it came', async () => {
  render(BankReason, { code: 'ZZ99', meaning: null });

  expect((await screen.findByText(/ZZ99/)).textContent.trim()).toBe('The reason given: ZZ99');
});

test('the words come in the language of the screen', async () => {
  await language.use('it');
  render(BankReason, { code: 'AC04', meaning: 'account_closed' });

  expect((await screen.findByText(/chiuso/)).textContent.trim()).toBe('Il conto è chiuso.');
});
