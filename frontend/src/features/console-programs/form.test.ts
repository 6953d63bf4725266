import { expect, test } from 'vitest';
import type { Component, Document } from './document';
import { blankComponent, blankProgram, fromDocument, toDocument } from './form';
import { fromShare, toShare } from './numbers';

const FUEL: Component = {
  id: 'dual-fuel',
  name: 'Dual-fuel contracts',
  effective: { from: '2025-11-17' },
  counts: { field: 'product', op: 'eq', value: 'Dual-fuel' },
  credit: { to: 'direct' },
  measure: { kind: 'sum', of: 'units' },
  period: { kind: 'week' },
  payout: {
    kind: 'per_unit',
    amount: '18.00',
    tiers: {
      mode: 'marginal',
      on: 'measure',
      boundary: 'inclusive',
      steps: [
        { from: '10', multiplier: '1.25' },
        { from: '18', amount: '25.20' },
      ],
    },
  },
  release: { on: 'weekday', weekday: 5 },
  clawback_days: 60,
};

const RATE: Component = {
  ...FUEL,
  id: 'power-gas',
  counts: {
    all: [
      { field: 'product', op: 'in', value: ['Power', 'Gas'] },
      { field: 'attributes.margin', op: 'between', value: [5, 10] },
      { field: 'channel', op: 'exists', value: false },
    ],
  },
  measure: { kind: 'sum', of: 'attributes.margin' },
  period: { kind: 'quota' },
  payout: {
    kind: 'rate',
    rate: '0.025',
    tiers: {
      mode: 'retroactive',
      on: 'attainment',
      boundary: 'exclusive',
      steps: [{ from: '1.05', rate: '0.035' }],
    },
  },
  release: { on: 'period_end', plus_days: 10 },
};

const BONUS: Component = {
  ...FUEL,
  id: 'fourteen',
  effective: { from: '2025-11-17', to: '2025-12-31' },
  counts: { any: [{ field: 'product', op: 'eq', value: 'Gas' }] },
  credit: {
    to: 'override',
    levels: [
      { level: 1, share: '1' },
      { level: 2, share: '0.333333' },
    ],
  },
  measure: { kind: 'count' },
  payout: { kind: 'bonus', on: 'measure', milestones: [{ at: '14', amount: '60.00' }] },
  release: { on: 'immediately' },
};

const DOCUMENT: Document = {
  schema: 'laurel.program/1',
  name: 'Lumera field program',
  currency: 'EUR',
  zone: 'Europe/Rome',
  rounding: { mode: 'half_even' },
  components: [FUEL, RATE, BONUS],
};

test('a document that went through the form is the same document', () => {
  expect(toDocument(fromDocument(DOCUMENT))).toEqual(DOCUMENT);
});

test('a rate is typed in percent and kept as a share', () => {
  const [, rate] = fromDocument(DOCUMENT).components;

  expect(rate?.price).toBe('2.5');
  expect(rate?.steps[0]).toEqual({ from: '105', as: 'price', value: '3.5' });
});

test.each([
  ['0.05', '5'],
  ['1', '100'],
  ['0.333333', '33.3333'],
  ['0', '0'],
  ['1.255', '125.5'],
])('a share of %s is %s percent, exactly', (share, percent) => {
  expect(fromShare(share)).toBe(percent);
  expect(toShare(percent)).toBe(share);
});

test('what is no number is sent as typed, so that the server can say what is wrong', () => {
  expect(toShare('five')).toBe('five');
});

test('what was left empty is left out of the document', () => {
  const [component] = toDocument(blankProgram({ currency: 'EUR', zone: 'UTC' })).components;

  expect(component?.effective).toEqual({});
  expect(component?.payout).toEqual({ kind: 'per_unit' });
});

test('a new component gets an id from its name that no other has', () => {
  const form = fromDocument(DOCUMENT);
  const twin = { ...blankComponent(9), name: 'Dual fuel' };

  const { components } = toDocument({ ...form, components: [...form.components, twin, twin] });

  expect(components.map(({ id }) => id).slice(3)).toEqual(['dual-fuel-2', 'dual-fuel-3']);
});

test('a comparison that was changed is read anew', () => {
  const form = fromDocument({ ...DOCUMENT, components: [FUEL] });
  const [component] = form.components;
  const [leaf] = component?.counts.leaves ?? [];
  if (!component || !leaf) throw new Error('the document has one comparison');
  const leaves = [{ ...leaf, op: 'in' as const, value: 'Power, Gas' }];
  const changed = { ...component, counts: { ...component.counts, leaves } };

  const [after] = toDocument({ ...form, components: [changed] }).components;

  expect(after?.counts).toEqual({ field: 'product', op: 'in', value: ['Power', 'Gas'] });
});
