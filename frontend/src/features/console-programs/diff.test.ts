import { expect, test } from 'vitest';
import { differences } from './diff';
import type { Component, Document } from './document';
import { blankComponent, blankDocument } from './form';

const FUEL: Component = {
  ...blankComponent(),
  id: 'fuel',
  payout: { kind: 'rate', rate: '0.05', tiers: { steps: [{ from: '10', rate: '0.06' }] } },
};
const GAS: Component = { ...blankComponent(), id: 'gas' };
const PLAN: Document = {
  ...blankDocument({ currency: 'EUR', zone: 'UTC' }),
  components: [FUEL, GAS],
};

test('the same documents differ nowhere', () => {
  expect(differences(PLAN, structuredClone(PLAN))).toEqual([]);
});

test('a figure that changed is found where it stands', () => {
  const steps = [{ from: '10', rate: '0.07' }];
  const payout = { ...FUEL.payout, tiers: { steps } };
  const after = { ...PLAN, components: [GAS, { ...FUEL, payout }] };

  expect(differences(PLAN, after)).toEqual([
    {
      component: 'fuel',
      path: ['payout', 'tiers', 'steps', '0', 'rate'],
      before: '0.06',
      after: '0.07',
    },
  ]);
});

test('a component that is new, and one that is gone, are told whole', () => {
  const found = differences(PLAN, { ...PLAN, components: [FUEL, { ...GAS, id: 'power' }] });

  expect(found).toEqual([
    { component: 'gas', path: [], before: GAS, after: undefined },
    { component: 'power', path: [], before: undefined, after: { ...GAS, id: 'power' } },
  ]);
});

test('what changed for the plan as a whole belongs to no component', () => {
  const [found] = differences(PLAN, { ...PLAN, budget: { amount: '5000' } });

  expect(found).toEqual({
    component: null,
    path: ['budget'],
    before: undefined,
    after: { amount: '5000' },
  });
});
