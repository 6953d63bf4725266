import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { language } from '../../state/language.svelte';
import { RECEIPT } from './earnings.fixture';
import ReceiptDetails from './ReceiptDetails.svelte';

const ROME = { locale: 'en-IE', zone: 'Europe/Rome' };

beforeEach(async () => {
  await language.use('en');
  render(ReceiptDetails, { receipt: RECEIPT, line: 'a.1', place: ROME });
});

afterEach(cleanup);

test('a receipt names rule, version and seal', () => {
  expect(screen.getByText('Dual-fuel bonus of “Dual-fuel November”, version 3')).toBeTruthy();
  expect(screen.getByText('Rules sealed: 9f1c2d3e4a5b')).toBeTruthy();
});

test('a receipt names the sale it comes from', () => {
  expect(screen.getByText(/C-20418, week-47\.csv, row 418/)).toBeTruthy();
});

test('the steps and the amount stand in one list each', async () => {
  await screen.findByText('€18.00 × 1.25');

  expect(screen.getAllByRole('term').map((term) => term.textContent)).toEqual([
    'From number 10, €22.50 × 1',
    '€18.00 × 1.25',
    'This amount',
  ]);
});

test('the stage it has reached is marked for those who do not see it', () => {
  expect(document.querySelector('[aria-current=step]')?.textContent).toContain('Earned');
});
