import { expect, test } from 'vitest';
import english from '../../messages/en/console-programs.json';
import { groupOf, joined, withOp, withValue } from './conditions';
import type { Component, Condition, Document, Part } from './document';
import { fits, type Field, type Shape } from './fields';
import { blankComponent, blankDocument, fromDocument, toDocument, withComponent } from './form';
import { GROUPS, LIMITS, PLAN_LIMITS, RELEASE, TERMS, TIMING } from './limit-fields';
import { grown, shrunk, withCell } from './matrix';
import { CREDIT, FIGURES, MEASURE, PERIOD } from './measure-fields';
import { fromShare, toShare } from './numbers';
import { besides, put } from './parts';
import { PAYOUT, TIMES } from './payout-fields';
import { bandsOf, pointsOf } from './tiers';

const FUEL: Component = {
  ...blankComponent(),
  id: 'dual-fuel',
  name: 'Dual-fuel contracts',
  effective: { from: '2025-11-17' },
  counts: { any: [{ field: 'product', op: 'eq', value: 'Gas' }, { not: { all: [] } }] },
  payout: {
    kind: 'per_unit',
    amount: '18.00',
    tiers: {
      mode: 'marginal',
      boundary: 'inclusive',
      steps: [
        { from: '10', multiplier: '1.25' },
        { from: '18', amount: '27' },
      ],
    },
  },
};
const PLAN: Document = {
  ...blankDocument({ currency: 'EUR', zone: 'Europe/Rome' }),
  name: 'Lumera',
  components: [FUEL],
};

/** Numbers that look random and are the same each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

/** Any JSON: keys the form knows and keys it has never heard of. */
function anything(roll: (sides: number) => number, depth: number): unknown {
  const keys = ['kind', 'of', 'payout', 'amount', 'tiers', 'all', 'field', 'x-later', 'steps'];
  switch (roll(depth > 0 ? 6 : 4)) {
    case 0:
      return roll(1000);
    case 1:
      return `${roll(99)}.${roll(99)}`;
    case 2:
      return roll(2) === 0;
    case 3:
      return keys[roll(keys.length)] ?? '';
    case 4:
      return Array.from({ length: roll(4) }, () => anything(roll, depth - 1));
    default:
      return part(roll, depth - 1, keys);
  }
}

function part(roll: (sides: number) => number, depth: number, keys: readonly string[]): Part {
  const picked = keys.filter(() => roll(3) === 0);
  return Object.fromEntries(picked.map((key) => [key, anything(roll, depth)]));
}

function someDocument(seed: number): Document {
  const roll = dice(seed);
  const more = ['counts', 'credit', 'limits', 'figures', 'holds', 'unheard-of'];
  const components = Array.from({ length: 1 + roll(3) }, (_, index) => ({
    ...blankComponent(),
    ...part(roll, 4, more),
    id: `part-${index}`,
    measure: part(roll, 4, ['kind', 'of', 'where', 'unheard-of']),
    payout: part(roll, 4, ['kind', 'rate', 'tiers', 'times', 'unheard-of']),
  })) as unknown as readonly Component[];
  return { ...PLAN, ...part(roll, 4, ['groups', 'budget', 'terms', 'unheard-of']), components };
}

const SEEDS = Array.from({ length: 300 }, (_, index) => index + 1);

test('any document that is opened and kept is the same document', () => {
  const documents = SEEDS.map(someDocument);

  expect(documents.map((each) => toDocument(fromDocument(each)))).toEqual(documents);
});

test('a change of one part leaves everything else as it was', () => {
  const changed = SEEDS.map(someDocument).map((document) => {
    const [first, ...others] = document.components;
    const form = withComponent(fromDocument(document), 0, put(first ?? FUEL, 'name', 'Other'));
    return { before: [besides(first ?? FUEL, ['name']), others], after: toDocument(form) };
  });

  expect(
    changed.map(({ after }) => [
      besides(after.components[0] ?? FUEL, ['name']),
      after.components.slice(1),
    ]),
  ).toEqual(changed.map(({ before }) => before));
});

test('a new component gets an id from its name that no other has', () => {
  const twin = { ...blankComponent(), name: 'Dual fuel' };
  const form = fromDocument({ ...PLAN, components: [FUEL, twin, twin] });

  expect(toDocument(form).components.map(({ id }) => id)).toEqual([
    'dual-fuel',
    'dual-fuel-2',
    'dual-fuel-3',
  ]);
});

test.each([
  ['0.05', '5'],
  ['1', '100'],
  ['0.333333', '33.3333'],
  ['0', '0'],
  ['1.255', '125.5'],
  ['-0.1', '-10'],
  ['monthly', 'monthly'],
])('a share of %s is %s percent, exactly', (share, percent) => {
  expect(fromShare(share)).toBe(percent);
  expect(toShare(percent)).toBe(share);
});

const LEAF = { field: 'product', op: 'eq', value: 'Gas' };

test.each<[string, Condition]>([
  ['all', { all: [LEAF] }],
  ['any', { any: [LEAF, { all: [LEAF] }] }],
  ['not_all', { not: { all: [LEAF] } }],
  ['none', { not: { any: [LEAF] } }],
])('conditions joined by %s are read and written the same', (join, condition) => {
  const group = groupOf(condition);

  expect(group.join).toBe(join);
  expect(joined(group.join, group.parts)).toEqual(condition);
});

test('whole numbers of a comparison stay numbers when they are changed', () => {
  const leaf = { field: 'attributes.margin', op: 'between', value: [5, 10] };

  expect(withValue(leaf, '6, 12').value).toEqual([6, 12]);
  expect(withOp({ ...leaf, op: 'eq', value: 'a' }, 'in').value).toEqual(['a']);
});

test('a matrix grows and shrinks with its cells', () => {
  const matrix = PAYOUT.blank('matrix');
  const wide = withCell(grown(matrix, 'columns'), 1, 2, '7');

  expect(wide['cells']).toEqual([
    ['0', '0', ''],
    ['0', '0', '7'],
  ]);
  expect(shrunk(wide, 'rows', 0)['cells']).toEqual([['0', '0', '7']]);
});

test('bands are drawn from base price, multipliers and new prices', () => {
  expect(bandsOf(FUEL.payout).map(({ from, to, price }) => [from, to, price])).toEqual([
    [null, '10', 18],
    ['10', '18', 22.5],
    ['18', null, 27],
  ]);
  expect(bandsOf({ ...FUEL.payout, amount: { measure: true } })).toEqual([]);
});

test('a curve is drawn once all its points are there', () => {
  expect(pointsOf({ points: [{ at: '1', pays: '5' }, { at: '0.5' }] })).toEqual([]);
  expect(
    pointsOf({
      points: [
        { at: '1', pays: '5' },
        { at: '0.5', pays: '0' },
      ],
    }),
  ).toEqual([
    { at: 0.5, pays: 0 },
    { at: 1, pays: 5 },
  ]);
});

const SHAPES: readonly Shape[] = [MEASURE, CREDIT, PAYOUT, RELEASE];
const ALL: readonly Field[] = [
  ...SHAPES.flatMap(({ fields }) => Object.values(fields).flat()),
  ...[FIGURES, GROUPS, TIMES],
  ...[...PERIOD, ...LIMITS, ...TIMING, ...PLAN_LIMITS, ...TERMS],
].flatMap(deep);

function deep(field: Field): readonly Field[] {
  switch (field.kind) {
    case 'rows':
      return [field, ...field.columns.flatMap(deep)];
    case 'part':
    case 'optional':
      return [field, ...field.fields.flatMap(deep)];
    case 'oneof':
      return [
        field,
        ...field.options.flatMap((option) => (option.field ? deep(option.field) : [])),
      ];
    case 'record':
      return [field, field.item.kind === 'shape' ? field.item : deep(field.item)].flat();
    default:
      return [field];
  }
}

/** Every key that the fields ask words for. */
function wordsOf(field: Field): readonly string[] {
  const words = [`label.${field.label}`, ...(field.hint ? [`hint.${field.hint}`] : [])];
  if (field.kind === 'choice')
    return [...words, ...field.options.map((each) => `choice.${field.words}.${each}`)];
  if (field.kind === 'oneof')
    return [...words, ...field.options.map(({ key }) => `choice.${field.words}.${key}`)];
  if (field.kind === 'rows' || field.kind === 'record' || field.kind.endsWith('s'))
    return field.kind === 'values' ? words : [...words, `label.add.${field.name}`];
  return words;
}

test('every field, option and hint of the form has its words', () => {
  const kinds = SHAPES.flatMap(({ words, fields }) =>
    Object.keys(fields).map((kind) => `choice.${words}.${kind}`),
  );
  const asked = [...kinds, ...ALL.flatMap(wordsOf)];

  expect(asked.filter((key) => !(key in english))).toEqual([]);
});

test('what the form puts there at first can be shown by it', () => {
  const wrong = SHAPES.flatMap(({ fields, blank }) =>
    Object.entries(fields).flatMap(([kind, list]) =>
      list
        .filter((field) => !fits(field, blank(kind)[field.name]))
        .map((field) => `${kind}.${field.name}`),
    ),
  );

  expect(wrong).toEqual([]);
});
