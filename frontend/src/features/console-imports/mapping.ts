import { request, type Shapes } from '../../lib/api';
import type { Run } from './imports';

export type Mapping = Shapes['Mapping-Output'];
export type FieldSource = Shapes['FieldSource'];
export type FileShape = Shapes['FileShape'];
export type Preview = Shapes['PreviewOut'];
export type DryRun = Shapes['DryRunOut'];
export type Source = Shapes['SourcesOut']['items'][number];

/** What a row can say about a sale; the first three make it one. */
export const FIELDS = [
  'external_id',
  'occurred_at',
  'person',
  'amount',
  'currency',
  'units',
  'product',
  'product_group',
  'customer_reference',
  'country',
  'channel',
  'status',
] as const;
export type FieldName = (typeof FIELDS)[number];

export const NEEDED: readonly FieldName[] = ['external_id', 'occurred_at'];

export const NUMBER_FORMATS = [
  '1234567.89',
  '1234567,89',
  '1,234,567.89',
  '1.234.567,89',
  '1 234 567,89',
  "1'234'567.89",
  '12,34,567.89',
] as const;

export const DATE_FORMATS = [
  'yyyy-mm-dd',
  'dd/mm/yyyy',
  'mm/dd/yyyy',
  'dd.mm.yyyy',
  'dd-mm-yyyy',
  'mm-dd-yyyy',
  'yyyy/mm/dd',
  'yyyymmdd',
] as const;

export const ENCODINGS = ['utf-8', 'utf-16-le', 'utf-16-be', 'cp1252', 'cp437'] as const;
export const DELIMITERS = [',', ';', '\t', '|'] as const;

const PLAIN: FieldSource = {
  by: null,
  column: null,
  columns: [],
  product_of: null,
  repeats: null,
  value: null,
  values: {},
};

/** The choices of a field that are no column of the file. */
export const NOT_HERE = 'none';
export const AS_KEPT = 'kept';
const COLUMN = 'column:';

export const ofColumn = (column: string): string => `${COLUMN}${column}`;

/** Return what is chosen for a field: a column, nothing, or something that was set up elsewhere. */
export function originOf(source: FieldSource | undefined): string {
  if (!source) return NOT_HERE;
  return source.column === null ? AS_KEPT : ofColumn(source.column);
}

/** Return how a kept origin is written: two columns, their product, or one value for all rows. */
export function keptOrigin({ columns, product_of: factors, value }: FieldSource): string {
  if (factors) return factors.join(' × ');
  return columns.length ? columns.join(' + ') : `“${value ?? ''}”`;
}

/** Return the mapping with another origin of one field; its other settings stay. */
export function withOrigin(mapping: Mapping, field: FieldName, origin: string): Mapping {
  if (origin === AS_KEPT) return mapping;
  const { [field]: before, ...others } = mapping.fields ?? {};
  if (origin === NOT_HERE) return { ...mapping, fields: others };
  const column = origin.slice(COLUMN.length);
  const source = {
    ...PLAIN,
    ...(field === 'person' && { by: 'employee_number' as const }),
    ...before,
    column,
    columns: [],
    product_of: null,
    value: null,
  };
  return { ...mapping, fields: { ...others, [field]: source } };
}

/** Return the mapping with one value of a field for every row, such as the currency. */
export function withValue(mapping: Mapping, field: FieldName, value: string): Mapping {
  return { ...mapping, fields: { ...mapping.fields, [field]: { ...PLAIN, value } } };
}

/** Return the mapping with other settings of a field that has an origin. */
export function withSetting(
  mapping: Mapping,
  field: FieldName,
  setting: Partial<Pick<FieldSource, 'by' | 'repeats'>>,
): Mapping {
  const before = mapping.fields?.[field];
  if (!before) return mapping;
  return { ...mapping, fields: { ...mapping.fields, [field]: { ...before, ...setting } } };
}

/** Return where to begin: what is kept for the source, as far as this file has it, then guesses. */
export function startingMapping(kept: Mapping, { columns, suggested_mapping }: Preview): Mapping {
  const fitting = Object.entries(kept.fields ?? {}).filter(([, source]) =>
    columnsOf(source).every((column) => columns.includes(column)),
  );
  const taken = new Set(fitting.flatMap(([, source]) => columnsOf(source)));
  const guessed = Object.entries(suggested_mapping.fields ?? {}).filter(
    ([, source]) => !columnsOf(source).some((column) => taken.has(column)),
  );
  return { ...kept, fields: { ...Object.fromEntries(guessed), ...Object.fromEntries(fitting) } };
}

function columnsOf({ column, columns, product_of: factors }: FieldSource): readonly string[] {
  return column === null ? [...columns, ...(factors ?? [])] : [column];
}

/** Return the needed fields that have no origin yet. */
export function missingFields(mapping: Mapping): readonly FieldName[] {
  return NEEDED.filter((field) => mapping.fields?.[field] === undefined);
}

/** Return the first values of a column, to show what it holds. */
export function sampleOf({ columns, rows }: Preview, column: string | null | undefined): string {
  const at = columns.indexOf(column ?? '');
  const values = rows.map((row) => row[at] ?? '').filter(Boolean);
  return [...new Set(values)].slice(0, 2).join(', ');
}

export function upload(file: File, source: string): Promise<Run> {
  const body = new FormData();
  body.append('file', file);
  body.append('source', source);
  return request('POST', '/api/v1/imports', { body });
}

/** See the first rows as they are read with `mapping`, which is kept for the file. */
export function look(id: string, mapping?: Mapping, signal?: AbortSignal): Promise<Preview> {
  const body = mapping ? { mapping } : {};
  return request('POST', `/api/v1/imports/${id}/preview`, { body, signal });
}

export function dryRun(id: string): Promise<DryRun> {
  return request('POST', `/api/v1/imports/${id}/dry-run`);
}

export function start(id: string): Promise<Run> {
  return request('POST', `/api/v1/imports/${id}/start`);
}

/** Keep a mapping for the next file of a source. */
export function keepFor(source: string, mapping: Mapping): Promise<Source> {
  const path = `/api/v1/sources/${encodeURIComponent(source)}`;
  return request('PUT', path, { body: { mapping } });
}

export async function loadSources(signal: AbortSignal): Promise<readonly Source[]> {
  const { items } = await request<Shapes['SourcesOut']>('GET', '/api/v1/sources', { signal });
  return items.filter(({ kind }) => kind === 'file');
}

/** Return the fields that read a column. */
export function fieldsOf(mapping: Mapping, column: string): readonly string[] {
  return Object.entries(mapping.fields ?? {})
    .filter(([, source]) => columnsOf(source).includes(column))
    .map(([field]) => field);
}
