import { expect, test } from 'vitest';
import { after, isState, NEW, opened, suggested, type Candidate, type Claim } from './claims';

function candidate(id: string, same: boolean): Candidate {
  return {
    activity_id: id,
    source: 'crm',
    external_id: id,
    occurred_at: '2026-11-20T09:18:00Z',
    amount: null,
    units: '1',
    customer_reference: 'C-281977',
    product: 'Gas',
    same_person: same,
    same_amount: true,
    is_taken: false,
  };
}

function claim(id: string, matches: Candidate[] = []): Claim {
  return {
    id,
    person_id: 'giulia',
    person_name: 'Giulia Ferrante',
    state: 'waiting',
    product: 'Gas',
    amount: null,
    units: '1',
    customer_reference: 'C-281977',
    occurred_on: '2026-11-20',
    note: '',
    created_at: '2026-11-20T19:26:27Z',
    decided_at: null,
    reason: null,
    activity_id: null,
    matches,
  };
}

test('a claim without candidates is a new sale', () => {
  expect(suggested(claim('a'))).toBe(NEW);
});

test('the only sale that fits in everything is suggested', () => {
  expect(suggested(claim('a', [candidate('twin', true), candidate('other', false)]))).toBe('twin');
});

test('nothing is suggested when a person must decide', () => {
  expect(suggested(claim('a', [candidate('other', false)]))).toBeNull();
  expect(suggested(claim('a', [candidate('one', true), candidate('two', true)]))).toBeNull();
});

test('a sale that is another claim already is not suggested, and neither is a new one', () => {
  expect(suggested(claim('a', [{ ...candidate('one', true), is_taken: true }]))).toBeNull();
});

test('the first claim is open until another is chosen', () => {
  const items = [claim('a'), claim('b')];

  expect(opened(items, null)?.id).toBe('a');
  expect(opened(items, 'b')?.id).toBe('b');
  expect(opened(items, 'gone')?.id).toBe('a');
  expect(opened([], null)).toBeUndefined();
});

test('after a decision the next claim opens, after the last one the one before', () => {
  const items = [claim('a'), claim('b'), claim('c')];

  expect(after(items, 'b')).toBe('c');
  expect(after(items, 'c')).toBe('b');
  expect(after([claim('a')], 'a')).toBeNull();
});

test('only states of claims are taken from the address', () => {
  expect(isState('refused')).toBe(true);
  expect(isState('anything')).toBe(false);
  expect(isState(null)).toBe(false);
});
