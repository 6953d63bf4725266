import { placeUnit, type Field, type Shape } from './fields';

const SHARE: Field = { name: 'share', label: 'share-held', kind: 'number', unit: 'percent' };

const UNTIL: Field = {
  name: 'until',
  label: 'until',
  kind: 'oneof',
  words: 'until',
  options: [
    {
      key: 'days_after_period',
      blank: { days_after_period: 30 },
      field: { name: 'days_after_period', label: 'days', kind: 'whole' },
    },
    {
      key: 'days_after',
      blank: { days_after: 30 },
      field: { name: 'days_after', label: 'days', kind: 'whole' },
    },
    { key: 'on_day', blank: { on_day: '' }, field: { name: 'on_day', label: 'day', kind: 'day' } },
    {
      key: 'attribute',
      blank: { attribute: '' },
      field: { name: 'attribute', label: 'attribute', kind: 'text' },
    },
    { key: 'clawback_end', blank: { clawback_end: true } },
    {
      key: 'test',
      blank: { test: '' },
      field: { name: 'test', label: 'test', kind: 'test', hint: 'test' },
    },
  ],
};

/** What may stop, raise, lower or spread what a component pays. */
export const LIMITS: readonly Field[] = [
  { name: 'gates', label: 'gates', kind: 'tests', hint: 'test' },
  {
    name: 'threshold',
    label: 'threshold',
    hint: 'threshold',
    kind: 'optional',
    blank: { on: 'measure', cliff: true },
    fields: [
      { name: 'at', label: 'at', kind: 'formula', unit: placeUnit('measure') },
      {
        name: 'on',
        label: 'steps-on',
        kind: 'choice',
        words: 'on',
        options: ['measure', 'attainment'],
        otherwise: 'measure',
      },
      { name: 'cliff', label: 'cliff', kind: 'switch' },
    ],
  },
  {
    name: 'caps',
    label: 'caps',
    kind: 'rows',
    blank: { per: 'period' },
    columns: [
      { name: 'amount', label: 'most', kind: 'formula', unit: 'money' },
      {
        name: 'per',
        label: 'per',
        kind: 'choice',
        words: 'per',
        options: ['activity', 'period', 'year', 'person', 'program'],
        otherwise: 'period',
      },
    ],
  },
  { name: 'floor', label: 'floor', kind: 'formula', unit: 'money' },
  {
    name: 'ramp',
    label: 'ramp',
    kind: 'rows',
    blank: { months: 1 },
    columns: [
      { name: 'months', label: 'months', kind: 'whole' },
      { name: 'quota', label: 'share-of-quota', kind: 'number', unit: 'percent' },
    ],
  },
  {
    name: 'proration',
    label: 'proration',
    hint: 'proration',
    kind: 'optional',
    blank: { of: 'both', days: 'actual/actual' },
    fields: [
      {
        name: 'of',
        label: 'prorated',
        kind: 'choice',
        words: 'prorated',
        options: ['quota', 'pay', 'both'],
        otherwise: 'both',
      },
      {
        name: 'days',
        label: 'day-count',
        kind: 'choice',
        words: 'day-count',
        options: ['actual/actual', 'actual/365', 'actual/360', '30/360', '30E/360', 'working_days'],
        otherwise: 'actual/actual',
      },
      { name: 'round_to', label: 'round-to', kind: 'number' },
      {
        name: 'mode',
        label: 'rounding',
        kind: 'choice',
        words: 'rounding',
        options: ['half_even', 'half_up', 'down', 'up'],
        otherwise: 'half_even',
      },
    ],
  },
  {
    name: 'draw',
    label: 'draw',
    hint: 'draw',
    kind: 'optional',
    blank: { recoverable: true },
    fields: [
      { name: 'amount', label: 'amount', kind: 'formula', unit: 'money' },
      { name: 'limit', label: 'draw-limit', kind: 'formula', unit: 'money' },
      { name: 'months', label: 'months', kind: 'whole' },
      { name: 'recoverable', label: 'recoverable', kind: 'switch' },
    ],
  },
  {
    name: 'guarantee',
    label: 'guarantee',
    hint: 'guarantee',
    kind: 'optional',
    blank: {},
    fields: [
      { name: 'amount', label: 'amount', kind: 'formula', unit: 'money' },
      { name: 'months', label: 'months', kind: 'whole' },
    ],
  },
  { name: 'round_to', label: 'round-to', kind: 'number', unit: 'money' },
];

/** When pay can be used, and for how long it can be taken back. */
export const TIMING: readonly Field[] = [
  {
    name: 'holds',
    label: 'holds',
    kind: 'rows',
    blank: { share: '0.5', until: { days_after: 30 } },
    columns: [SHARE, UNTIL],
  },
  {
    name: 'holdback',
    label: 'holdback',
    hint: 'holdback',
    kind: 'optional',
    blank: { share: '0.1', until: { days_after_period: 90 } },
    fields: [SHARE, UNTIL],
  },
  {
    name: 'clawback_days',
    label: 'clawback-days',
    kind: 'whole',
    hint: 'clawback-days',
  },
  {
    name: 'clawback',
    label: 'clawback',
    hint: 'clawback',
    kind: 'optional',
    blank: { when: { attribute: 'cancelled_on' }, months: 12 },
    fields: [
      {
        name: 'when',
        label: 'clawback-when',
        kind: 'part',
        fields: [{ name: 'attribute', label: 'attribute', kind: 'text' }],
      },
      { name: 'months', label: 'window-months', kind: 'whole' },
      { name: 'days', label: 'window-days', kind: 'whole' },
      {
        name: 'schedule',
        label: 'schedule',
        kind: 'rows',
        blank: { within_months: 3, share: '1' },
        columns: [
          { name: 'within_months', label: 'within-months', kind: 'whole' },
          { name: 'share', label: 'share-back', kind: 'number', unit: 'percent', hint: 'monthly' },
        ],
      },
    ],
  },
];

/** When what is earned can be used. */
export const RELEASE: Shape = {
  key: 'on',
  words: 'release',
  blank: (on) => ({
    on,
    ...(on === 'weekday' ? { weekday: 5 } : {}),
  }),
  fields: {
    immediately: [],
    weekday: [{ name: 'weekday', label: 'weekday', kind: 'whole', hint: 'weekday' }],
    period_end: [{ name: 'plus_days', label: 'days-after', kind: 'whole' }],
  },
};

const ROUNDING: Field = {
  name: 'rounding',
  label: 'rounding',
  kind: 'part',
  fields: [
    {
      name: 'mode',
      label: 'rounding',
      kind: 'choice',
      words: 'rounding',
      options: ['half_even', 'half_up', 'down', 'up'],
      otherwise: 'half_even',
    },
  ],
};

/** What limits the plan as a whole. */
export const PLAN_LIMITS: readonly Field[] = [
  {
    name: 'budget',
    label: 'budget',
    hint: 'budget',
    kind: 'optional',
    blank: { per: 'program', policy: 'warn' },
    fields: [
      { name: 'amount', label: 'amount', kind: 'number', unit: 'money' },
      {
        name: 'per',
        label: 'per',
        kind: 'choice',
        words: 'per',
        options: ['period', 'program'],
        otherwise: 'program',
      },
      {
        name: 'policy',
        label: 'policy',
        kind: 'choice',
        words: 'policy',
        options: ['stop', 'scale', 'warn'],
        otherwise: 'warn',
      },
    ],
  },
  {
    name: 'caps',
    label: 'plan-caps',
    kind: 'rows',
    blank: { per: 'person' },
    columns: [
      { name: 'amount', label: 'most', kind: 'number', unit: 'money' },
      {
        name: 'per',
        label: 'per',
        kind: 'choice',
        words: 'per',
        options: ['person_period', 'person', 'program'],
        otherwise: 'person',
      },
      {
        name: 'period',
        label: 'period',
        kind: 'choice',
        words: 'period',
        options: ['week', 'month', 'quarter', 'half_year', 'year'],
        otherwise: '',
        when: ({ per, period }) => per === 'person_period' || period !== undefined,
      },
    ],
  },
  ROUNDING,
];

/** Named groups of people. */
export const GROUPS: Field = {
  name: 'groups',
  label: 'groups',
  hint: 'groups',
  kind: 'record',
  add: 'group',
  blank: { people: [] },
  item: {
    name: 'group',
    label: 'group-of',
    kind: 'oneof',
    words: 'group',
    options: [
      {
        key: 'people',
        blank: { people: [] },
        field: { name: 'people', label: 'people', kind: 'values', hint: 'people' },
      },
      {
        key: 'team_of',
        blank: { team_of: '' },
        field: { name: 'team_of', label: 'person', kind: 'text' },
      },
      {
        key: 'where',
        blank: { where: { all: [] } },
        field: { name: 'where', label: 'only-where', kind: 'condition' },
      },
    ],
  },
};

/** What participants accept, and what an amendment may do. */
export const TERMS: readonly Field[] = [
  {
    name: 'terms',
    label: 'terms',
    kind: 'part',
    fields: [{ name: 'text', label: 'terms', kind: 'long' }],
  },
  { name: 'allows_lowering', label: 'allows-lowering', kind: 'switch', hint: 'allows-lowering' },
];
