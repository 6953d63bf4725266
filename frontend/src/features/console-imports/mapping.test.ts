import { expect, test } from 'vitest';
import {
  AS_KEPT,
  fieldsOf,
  keptOrigin,
  missingFields,
  NOT_HERE,
  ofColumn,
  originOf,
  sampleOf,
  startingMapping,
  withOrigin,
  withSetting,
  withValue,
  type FieldSource,
  type Mapping,
  type Preview,
} from './mapping';

const SHAPE = {
  columns: [],
  delimiter: null,
  encoding: null,
  header: null,
  row_end: null,
  sheet: null,
};
const NOTHING: Mapping = {
  file: SHAPE,
  formats: { number: null, date: null, zone: null },
  fields: {},
  rules: [{ rule: 'known_person', otherwise: 'quarantine' }],
};

function from(change: Partial<FieldSource>): FieldSource {
  return {
    by: null,
    column: null,
    columns: [],
    product_of: null,
    repeats: null,
    value: null,
    values: {},
    ...change,
  };
}

function preview(change: Partial<Preview>): Preview {
  return {
    columns: ['Contratto', 'Agente', 'Importo'],
    rows: [],
    detected: SHAPE,
    is_sure: true,
    problems: [],
    suggested_mapping: NOTHING,
    ...change,
  };
}

test('what a source keeps wins over guesses, and guesses fill what it leaves open', () => {
  const kept = { ...NOTHING, fields: { person: from({ column: 'Agente', by: 'email' }) } };
  const guessed = {
    ...NOTHING,
    fields: { person: from({ column: 'Contratto' }), amount: from({ column: 'Importo' }) },
  };

  const mapping = startingMapping(kept, preview({ suggested_mapping: guessed }));

  expect(mapping.fields).toEqual({
    person: from({ column: 'Agente', by: 'email' }),
    amount: from({ column: 'Importo' }),
  });
  expect(mapping.rules).toEqual(NOTHING.rules);
});

test('a kept column that this file does not have is dropped', () => {
  const kept = { ...NOTHING, fields: { product: from({ column: 'Prodotto' }) } };

  expect(startingMapping(kept, preview({})).fields).toEqual({});
});

test('no guess takes a column that is kept for something else', () => {
  const kept = { ...NOTHING, fields: { external_id: from({ column: 'Contratto' }) } };
  const guessed = { ...NOTHING, fields: { customer_reference: from({ column: 'Contratto' }) } };

  const mapping = startingMapping(kept, preview({ suggested_mapping: guessed }));

  expect(Object.keys(mapping.fields ?? {})).toEqual(['external_id']);
});

test('another column keeps the other settings of its field', () => {
  const before = withSetting(
    withOrigin(NOTHING, 'external_id', ofColumn('Contratto')),
    'external_id',
    { repeats: 'count' },
  );

  const after = withOrigin(before, 'external_id', ofColumn('Importo'));

  expect(after.fields?.['external_id']).toEqual(from({ column: 'Importo', repeats: 'count' }));
});

test('a person is named by the employee number until somebody says otherwise', () => {
  const mapping = withOrigin(NOTHING, 'person', ofColumn('Agente'));

  expect(mapping.fields?.['person']?.by).toBe('employee_number');
});

test('a field can leave the mapping, or stay as it was set up elsewhere', () => {
  const mapping = withValue(NOTHING, 'currency', 'EUR');

  expect(withOrigin(mapping, 'currency', NOT_HERE).fields).toEqual({});
  expect(withOrigin(mapping, 'currency', AS_KEPT)).toBe(mapping);
  expect(originOf(mapping.fields?.['currency'])).toBe(AS_KEPT);
  expect(originOf(undefined)).toBe(NOT_HERE);
});

test('a kept origin is written as it works', () => {
  expect(keptOrigin(from({ product_of: ['Price', 'Pieces'] }))).toBe('Price × Pieces');
  expect(keptOrigin(from({ columns: ['Shop', 'Number'] }))).toBe('Shop + Number');
  expect(keptOrigin(from({ value: 'EUR' }))).toBe('“EUR”');
});

test('a sale needs a number and a day', () => {
  expect(missingFields(NOTHING)).toEqual(['external_id', 'occurred_at']);
  expect(missingFields(withOrigin(NOTHING, 'external_id', ofColumn('Contratto')))).toEqual([
    'occurred_at',
  ]);
});

test('a column shows two values that differ and the fields that read it', () => {
  const rows = [
    ['1', '', '5'],
    ['2', '', '5'],
    ['3', '', '6'],
  ];
  const mapping = withOrigin(NOTHING, 'amount', ofColumn('Importo'));

  expect(sampleOf(preview({ rows }), 'Importo')).toBe('5, 6');
  expect(sampleOf(preview({ rows }), 'Agente')).toBe('');
  expect(fieldsOf(mapping, 'Importo')).toEqual(['amount']);
});
