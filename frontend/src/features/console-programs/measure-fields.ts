import type { Field, Shape } from './fields';

const CONVERT: Field = { name: 'convert', label: 'convert', kind: 'switch', isRare: true };
const OF_NUMBER: Field = { name: 'of', label: 'added-up', kind: 'read', of: 'numbers' };

const WINDOW: Field = {
  name: 'window',
  label: 'window',
  isRare: true,
  kind: 'oneof',
  words: 'window',
  options: [
    { key: 'period', blank: 'period' },
    {
      key: 'to_date',
      blank: { to_date: 'year' },
      field: {
        name: 'to_date',
        label: 'since',
        kind: 'choice',
        words: 'to-date',
        options: ['year', 'quarter', 'month', 'effective'],
        otherwise: 'year',
      },
    },
    {
      key: 'rolling_days',
      blank: { rolling_days: 30 },
      field: { name: 'rolling_days', label: 'days', kind: 'whole' },
    },
    {
      key: 'shift',
      blank: { shift: 'previous_period' },
      field: {
        name: 'shift',
        label: 'past',
        kind: 'choice',
        words: 'past',
        options: ['previous_period', 'previous_year'],
        otherwise: 'previous_period',
      },
    },
  ],
};

const WHOSE: Field = {
  name: 'whose',
  label: 'whose',
  isRare: true,
  kind: 'oneof',
  words: 'whose',
  options: [
    { key: 'payee', blank: 'payee' },
    { key: 'everybody', blank: 'everybody' },
    {
      key: 'group',
      blank: { group: '' },
      field: { name: 'group', label: 'group', kind: 'name', of: 'groups' },
    },
  ],
};

/** What every figure that is read from activities may say besides. */
const TALLIED: readonly Field[] = [
  WINDOW,
  WHOSE,
  { name: 'where', label: 'only-where', kind: 'condition', isRare: true },
];

const number = (kind: string): readonly [string, readonly Field[]] => [
  kind,
  [OF_NUMBER, CONVERT, ...TALLIED],
];

/** Every kind of figure; docs/plan-language.md says what each of them counts. */
export const MEASURE: Shape = {
  key: 'kind',
  words: 'measure',
  blank: (kind) => ({ kind, ...FIRST[kind] }),
  fields: {
    sum: [
      OF_NUMBER,
      {
        name: 'unit',
        label: 'unit',
        kind: 'choice',
        words: 'unit',
        options: ['money', 'number'],
        otherwise: '',
        when: ({ of }) => typeof of === 'string' && of.startsWith('attributes.'),
      },
      CONVERT,
      {
        name: 'weights',
        label: 'weights',
        isRare: true,
        kind: 'rows',
        blank: { when: { field: 'product', op: 'eq', value: '' }, times: '2' },
        columns: [
          { name: 'when', label: 'when', kind: 'condition' },
          { name: 'times', label: 'counts-times', kind: 'number', unit: 'times' },
        ],
      },
      ...TALLIED,
    ],
    count: TALLIED,
    distinct: [{ name: 'of', label: 'different', kind: 'read', of: 'texts' }, ...TALLIED],
    ...Object.fromEntries(['average', 'highest', 'lowest'].map(number)),
    points: [
      {
        name: 'table',
        label: 'points-table',
        kind: 'rows',
        least: 1,
        blank: { when: { field: 'product', op: 'eq', value: '' } },
        columns: [
          { name: 'when', label: 'when', kind: 'condition' },
          { name: 'points', label: 'points', kind: 'number' },
        ],
      },
      { name: 'times', label: 'points-times', kind: 'read', of: 'numbers' },
      ...TALLIED,
    ],
    formula: [
      { name: 'value', label: 'formula', kind: 'formula', hint: 'formula' },
      {
        name: 'unit',
        label: 'unit',
        kind: 'choice',
        words: 'unit',
        options: ['money', 'number', 'percent'],
        otherwise: 'number',
      },
    ],
    mix: [
      {
        name: 'parts',
        label: 'mixed',
        kind: 'rows',
        least: 1,
        blank: {},
        columns: [
          { name: 'figure', label: 'figure', kind: 'name', of: 'figures' },
          { name: 'weight', label: 'weight', kind: 'number', unit: 'percent' },
          { name: 'over', label: 'over', kind: 'formula' },
        ],
      },
    ],
    ratio: [
      { name: 'of', label: 'figure', kind: 'name', of: 'figures' },
      { name: 'to', label: 'ratio-to', kind: 'name', of: 'figures' },
    ],
    growth: [
      { name: 'of', label: 'figure', kind: 'name', of: 'figures' },
      {
        name: 'against',
        label: 'against',
        kind: 'choice',
        words: 'past',
        options: ['previous_period', 'previous_year'],
        otherwise: 'previous_period',
      },
      {
        name: 'as',
        label: 'growth-as',
        kind: 'choice',
        words: 'growth',
        options: ['amount', 'share'],
        otherwise: 'share',
      },
    ],
  },
};

const FIRST: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  sum: { of: 'units' },
  distinct: { of: 'customer' },
  average: { of: 'amount' },
  highest: { of: 'amount' },
  lowest: { of: 'amount' },
  points: { table: [{ when: { field: 'product', op: 'eq', value: '' } }] },
  mix: { parts: [{}] },
  growth: { against: 'previous_period' },
};

/** Figures beside the measure, for formulas, mixes and gates. */
export const FIGURES: Field = {
  name: 'figures',
  label: 'figures',
  hint: 'figures',
  kind: 'record',
  add: 'figure',
  blank: { kind: 'sum', of: 'units' },
  item: { name: 'figure', label: 'measure', kind: 'shape', shape: MEASURE },
};

const LEVELS: Field = {
  name: 'levels',
  label: 'levels',
  kind: 'rows',
  least: 1,
  blank: { level: 1 },
  columns: [
    { name: 'level', label: 'level', kind: 'whole', hint: 'level' },
    { name: 'share', label: 'share', kind: 'number', unit: 'percent' },
  ],
};
const COMPRESSION: Field = { name: 'compression', label: 'compression', kind: 'switch' };

/** Who is credited for an activity. */
export const CREDIT: Shape = {
  key: 'to',
  words: 'credit',
  blank: (to) => ({
    to,
    ...(to === 'override' || to === 'upline' ? { levels: [{ level: 1, share: '1' }] } : {}),
  }),
  fields: {
    direct: [],
    override: [LEVELS, COMPRESSION],
    split: [
      {
        name: 'by',
        label: 'split-by',
        kind: 'choice',
        words: 'split',
        options: ['shares', 'roles'],
        otherwise: 'shares',
      },
      {
        name: 'default',
        label: 'split-default',
        kind: 'rows',
        blank: {},
        columns: [
          { name: 'role', label: 'role', kind: 'text' },
          { name: 'person', label: 'person', kind: 'text' },
          { name: 'share', label: 'share', kind: 'number', unit: 'percent' },
        ],
      },
    ],
    overlay: [
      { name: 'people', label: 'people', kind: 'values', hint: 'people' },
      { name: 'role', label: 'role', kind: 'text' },
      { name: 'share', label: 'share', kind: 'number', unit: 'percent' },
    ],
    group: [
      { name: 'group', label: 'group', kind: 'name', of: 'groups' },
      { name: 'share', label: 'share', kind: 'number', unit: 'percent' },
    ],
    upline: [LEVELS, COMPRESSION],
    differential: [
      { name: 'rate', label: 'rate', kind: 'formula', unit: 'percent', hint: 'formula' },
      { name: 'include_seller', label: 'include-seller', kind: 'switch' },
      { name: 'levels', label: 'most-levels', kind: 'whole' },
    ],
  },
};

/** The stretch of time whose total is paid. */
export const PERIOD: readonly Field[] = [
  {
    name: 'kind',
    label: 'period',
    kind: 'choice',
    words: 'period',
    otherwise: 'month',
    options: [
      'week',
      'month',
      'quarter',
      'half_year',
      'year',
      'quota',
      'window',
      'activity',
      'rolling',
      'custom',
      'retail',
    ],
  },
  { name: 'days', label: 'days', kind: 'whole', when: ({ kind }) => kind === 'rolling' },
  {
    name: 'spans',
    label: 'spans',
    kind: 'rows',
    least: 1,
    blank: {},
    when: ({ kind }) => kind === 'custom',
    columns: [
      { name: 'from', label: 'first-day', kind: 'day' },
      { name: 'to', label: 'last-day', kind: 'day' },
    ],
  },
  {
    name: 'weeks',
    label: 'weeks',
    kind: 'choice',
    words: 'weeks',
    options: ['4-4-5', '4-5-4', '5-4-4'],
    otherwise: '4-4-5',
    when: ({ kind }) => kind === 'retail',
  },
  {
    name: 'starts_on',
    label: 'starts-on',
    kind: 'values',
    hint: 'days',
    when: ({ kind }) => kind === 'retail',
  },
  {
    name: 'to_date',
    label: 'to-date',
    isRare: true,
    kind: 'choice',
    words: 'to-date',
    options: ['year', 'quarter', 'effective'],
    otherwise: '',
  },
];
