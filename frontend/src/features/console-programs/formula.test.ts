import { expect, test } from 'vitest';
import { readFormula, readTest, Unreadable, writeFormula, writeTest } from './formula';

test.each([
  ['12.5', '12.5'],
  ['-3', '-3'],
  ['measure * 0.05', { multiply: [{ measure: true }, '0.05'] }],
  ['a + b + 1', { add: [{ figure: 'a' }, { figure: 'b' }, '1'] }],
  ['(a + b) + 1', { add: [{ add: [{ figure: 'a' }, { figure: 'b' }] }, '1'] }],
  [
    'a - (b - c)',
    { subtract: [{ figure: 'a' }, { subtract: [{ figure: 'b' }, { figure: 'c' }] }] },
  ],
  ['min(1.5, measure / quota)', { min: ['1.5', { divide: [{ measure: true }, { quota: true }] }] }],
  ['previous(attainment)', { previous: { attainment: true } }],
  ['person("salary") * days(worked)', { multiply: [{ person: 'salary' }, { days: 'worked' }] }],
  [
    'if(attainment >= 1, 2, component("base-pay"))',
    {
      if: { value: { attainment: true }, is: 'ge', than: '1' },
      then: '2',
      else: { component: 'base-pay' },
    },
  ],
])('%s is written and read as the same formula', (text, value) => {
  expect(readFormula(text)).toEqual(value);
  expect(writeFormula(value)).toBe(text);
});

test.each([
  ['attainment >= 0.8', { value: { attainment: true }, is: 'ge', than: '0.8' }],
  [
    'units > 3 and (csat >= 4 or nps != 0)',
    {
      all: [
        { value: { figure: 'units' }, is: 'gt', than: '3' },
        {
          any: [
            { value: { figure: 'csat' }, is: 'ge', than: '4' },
            { value: { figure: 'nps' }, is: 'ne', than: '0' },
          ],
        },
      ],
    },
  ],
  ['not (measure < 2)', { not: { value: { measure: true }, is: 'lt', than: '2' } }],
])('%s is written and read as the same test', (text, value) => {
  expect(readTest(text)).toEqual(value);
  expect(writeTest(value)).toBe(text);
});

test.each([
  { lookup: { measure: true }, steps: [{ from: '0', value: '1' }] },
  { component: 'base', figure: 'units' },
  { rank: 'measure', method: 'dense' },
  { if: { all: [] }, then: '1' },
  { person: 'salary', default: '3' },
  { figure: 'or' },
])('what has no short form stays JSON: %j', (value) => {
  expect(readFormula(writeFormula(value))).toEqual(value);
});

test('a product binds closer than a sum', () => {
  expect(readFormula('1 + a × 2')).toEqual({ add: ['1', { multiply: [{ figure: 'a' }, '2'] }] });
});

test.each(['', '1 +', 'a b', 'min()', '{"a":', '$', 'and', 'person(x)', 'unknown(1)'])(
  '%j states no formula',
  (text) => {
    expect(() => readFormula(text)).toThrow(Unreadable);
  },
);
