import type { Part } from './document';
import { placeUnit, type Field, type Shape, type Unit } from './fields';

export const ON: Field = {
  name: 'on',
  label: 'steps-on',
  kind: 'choice',
  words: 'on',
  options: ['measure', 'attainment'],
  otherwise: 'measure',
};
const BOUNDARY: Field = {
  name: 'boundary',
  label: 'boundary',
  kind: 'choice',
  words: 'boundary',
  options: ['inclusive', 'exclusive'],
  otherwise: 'inclusive',
};
const AMOUNT: Field = { name: 'amount', label: 'amount', kind: 'formula', unit: 'money' };
const WITHIN: Field = {
  name: 'within',
  label: 'within',
  kind: 'part',
  when: ({ rate, amount, within }) =>
    within !== undefined || typeof rate === 'object' || typeof amount === 'object',
  fields: [
    { name: 'min', label: 'lowest', kind: 'number', unit: 'plain' },
    { name: 'max', label: 'highest', kind: 'number', unit: 'plain' },
  ],
};

/** What the cells or points of a payout hold, as its `pays` says. */
function heldUnit({ pays }: Part): Unit {
  if (pays === 'rate' || pays === 'share_of_target') return 'percent';
  return pays === 'multiplier' ? 'times' : 'money';
}

const POINTS: Field = {
  name: 'points',
  label: 'curve-points',
  kind: 'rows',
  least: 2,
  blank: {},
  columns: [
    { name: 'at', label: 'at', kind: 'number', unit: placeUnit('attainment') },
    { name: 'pays', label: 'pays', kind: 'number', unit: heldUnit },
  ],
};

/** Every kind of payout. Tiers and matrices have a form of their own besides. */
export const PAYOUT: Shape = {
  key: 'kind',
  words: 'payout',
  blank: (kind) => ({ kind, ...FIRST[kind] }),
  fields: {
    rate: [{ name: 'rate', label: 'rate', kind: 'formula', unit: 'percent' }, WITHIN],
    per_unit: [{ name: 'amount', label: 'amount-each', kind: 'formula', unit: 'money' }, WITHIN],
    bonus: [
      ON,
      {
        name: 'milestones',
        label: 'milestones',
        kind: 'rows',
        least: 1,
        blank: {},
        columns: [
          { name: 'at', label: 'at', kind: 'number', unit: placeUnit('measure') },
          { name: 'amount', label: 'bonus', kind: 'number', unit: 'money' },
        ],
      },
    ],
    fixed: [AMOUNT],
    curve: [
      { ...ON, otherwise: 'attainment' },
      {
        name: 'pays',
        label: 'curve-pays',
        kind: 'choice',
        words: 'held',
        options: ['amount', 'share_of_target', 'rate'],
        otherwise: 'amount',
      },
      {
        name: 'target',
        label: 'target',
        kind: 'formula',
        unit: 'money',
        when: ({ pays }) => pays === 'share_of_target',
      },
      POINTS,
      {
        name: 'below',
        label: 'below',
        kind: 'choice',
        words: 'below',
        options: ['nothing', 'flat', 'extend'],
        otherwise: 'nothing',
      },
      {
        name: 'beyond',
        label: 'beyond',
        kind: 'choice',
        words: 'beyond',
        options: ['flat', 'extend'],
        otherwise: 'flat',
      },
    ],
    matrix: [
      {
        name: 'pays',
        label: 'matrix-pays',
        kind: 'choice',
        words: 'held',
        options: ['amount', 'rate', 'multiplier'],
        otherwise: 'amount',
      },
      {
        name: 'target',
        label: 'target',
        kind: 'formula',
        unit: 'money',
        when: ({ pays }) => pays === 'multiplier',
      },
      BOUNDARY,
    ],
    pool: [
      { name: 'amount', label: 'pool', kind: 'formula', unit: 'money', hint: 'pool' },
      {
        name: 'by',
        label: 'pool-by',
        kind: 'choice',
        words: 'pool',
        options: ['pro_rata', 'equal', 'rank'],
        otherwise: 'pro_rata',
      },
      { name: 'on', label: 'pool-on', kind: 'formula', hint: 'formula' },
      { name: 'places', label: 'places', kind: 'values', hint: 'places', when: isRank },
      { name: 'among', label: 'among', kind: 'name', of: 'groups' },
    ],
    group_bonus: [
      { name: 'group', label: 'group', kind: 'name', of: 'groups' },
      AMOUNT,
      { name: 'when', label: 'when-all', kind: 'test', hint: 'test' },
      { name: 'shared', label: 'shared', kind: 'switch' },
    ],
    tickets: [{ name: 'for_each', label: 'ticket-for', kind: 'number' }],
    award: [
      { name: 'award', label: 'award', kind: 'text' },
      ON,
      { name: 'at', label: 'at', kind: 'number', unit: placeUnit('measure') },
    ],
    formula: [{ name: 'value', label: 'formula', kind: 'formula', hint: 'formula' }],
  },
};

function isRank({ by, places }: Part): boolean {
  return by === 'rank' || places !== undefined;
}

/** What every payout may say besides. */
export const TIMES: Field = { name: 'times', label: 'times', kind: 'formulas', hint: 'times' };

const FIRST: Readonly<Record<string, Part>> = {
  bonus: { milestones: [{}] },
  curve: { on: 'attainment', points: [{ at: '0.5' }, { at: '1' }] },
  matrix: {
    rows: { value: { attainment: true }, from: ['0', '1'] },
    columns: { value: { measure: true }, from: ['0', '10'] },
    cells: [
      ['0', '0'],
      ['0', '0'],
    ],
  },
  pool: { by: 'pro_rata' },
  award: { award: '' },
};

export { BOUNDARY, heldUnit };
