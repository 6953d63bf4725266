import { expect, test } from 'vitest';
import { NEW, suggested, type Candidate, type WaitingClaim } from './verify';

const twin: Candidate = {
  activity_id: 'a1',
  source: 'crm',
  external_id: 'C-1',
  occurred_at: '2026-11-18T10:00:00Z',
  amount: { amount: '10.00', currency: 'EUR' },
  customer_reference: 'C-1',
  same_person: true,
  same_amount: true,
  is_taken: false,
};

const claim = (matches: readonly Candidate[]): WaitingClaim => ({
  id: '1',
  state: 'waiting',
  person_id: 'p',
  person_name: 'Luca Moretti',
  product: 'Dual-fuel',
  amount: { amount: '10.00', currency: 'EUR' },
  units: '1',
  customer_reference: 'C-1',
  occurred_on: '2026-11-18',
  note: '',
  created_at: '2026-11-18T10:00:00Z',
  matches,
});

test('a claim that nothing matches is a new sale', () => {
  expect(suggested(claim([]))).toBe(NEW);
});

test('the one sale of the same person and amount is picked beforehand', () => {
  expect(suggested(claim([twin, { ...twin, activity_id: 'a2', same_amount: false }]))).toBe('a1');
});

test('between two that fit, the manager decides', () => {
  expect(suggested(claim([twin, { ...twin, activity_id: 'a2' }]))).toBeNull();
});

test('a sale of somebody else is not picked beforehand', () => {
  expect(suggested(claim([{ ...twin, same_person: false }]))).toBeNull();
});

test('a sale that is another claim already is not picked beforehand, and neither is a new one', () => {
  expect(suggested(claim([{ ...twin, is_taken: true }]))).toBeNull();
});
