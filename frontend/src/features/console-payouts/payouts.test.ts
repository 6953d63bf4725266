import { expect, test } from 'vitest';
import {
  actsOn,
  fieldsOf,
  formOf,
  settingsOf,
  underWay,
  waysFor,
  type Batch,
  type FileFormat,
} from './payouts';

const batch = (state: Batch['state'], count = 1): Batch => ({ state, count }) as Batch;

const SEPA: FileFormat = {
  code: 'pain.001.001.09',
  currency: 'EUR',
  needs: [{ name: 'iban', required: true, choices: [], is_long: false }],
};

test('an empty batch offers nothing, a full one its file', () => {
  expect(actsOn(batch('open', 0))).toEqual([]);
  expect(actsOn(batch('open'))).toEqual(['prepare']);
});

test('what the bank has cannot be voided', () => {
  expect(actsOn(batch('downloaded'))).toContain('void');
  expect(actsOn(batch('sent'))).not.toContain('void');
});

test('only what waits for somebody counts as under way', () => {
  const batches = [batch('open', 0), batch('open'), batch('sent'), batch('settled'), batch('void')];

  expect(underWay(batches)).toBe(2);
});

test('a debt is taken from the wallet only when the wallet holds all of it', () => {
  const owed = { amount: '100.00', currency: 'EUR' };

  expect(waysFor({ owed, available: owed })).toEqual(['from_wallet', 'paid_back', 'written_off']);
  expect(waysFor({ owed, available: { ...owed, amount: '99.99' } })).not.toContain('from_wallet');
});

test('a form asks for what the format needs and sends nothing else', () => {
  const form = {
    ...formOf(null),
    format: SEPA.code,
    iban: ' IT60 ',
    routing: '021',
    name: 'Lumera',
  };

  expect(fieldsOf(SEPA).map(({ name }) => name)).toEqual([
    'name',
    'currency',
    'zone',
    'iban',
    'remark',
    'shared',
  ]);
  expect(settingsOf(form, SEPA)).toEqual({
    format: SEPA.code,
    name: 'Lumera',
    zone: 'Europe/Rome',
    iban: 'IT60',
  });
});
