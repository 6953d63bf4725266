import { ApiProblem } from '../../lib/api';
import { explain, language, t } from '../../state';
import type { Value } from '../../lib/i18n';
import type { Row, Run } from './imports';
import type { DryRun, Preview } from './mapping';

type Reason = Row['reasons'][number] | DryRun['examples'][number];
type Problem = Preview['problems'][number];

/** Return what is wrong with a row; a rule of the tenant's own is told by its code. */
export function sayReason({ code, column, params }: Reason): string {
  const values = { value: '', ...texts(params), column: column ?? '' };
  return language.coded('console-imports.reason', code, values) ?? plain(code);
}

/** Return the name of a reason, short enough for a chip. */
export function nameReason(code: string): string {
  return language.coded('console-imports.short', code) ?? plain(code);
}

/** Return why a file or its mapping cannot be used. */
export function sayProblem({
  code,
  params,
  detail,
}: Problem | NonNullable<Run['problem']>): string {
  const values = texts(params);
  const known = language.coded('console-imports.problem', problemKey(code, params), values);
  return known ?? detail;
}

/** Return what an error of the wizard means; refusals of files are told by their reason. */
export function sayFault(error: unknown): string {
  if (!(error instanceof ApiProblem)) return explain(error);
  const key = problemKey(error.code, error.params);
  return language.coded('console-imports.problem', key, texts(error.params)) ?? explain(error);
}

function problemKey(code: string, params: Readonly<Record<string, unknown>>): string {
  if ('missing' in params) return 'missing';
  if ('unmapped' in params) return 'unmapped';
  return typeof params['reason'] === 'string' ? params['reason'] : code;
}

function texts(params: Readonly<Record<string, unknown>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, text(name, value)]),
  );
}

function text(name: string, value: unknown): string | number {
  if (typeof value === 'number') return value;
  if (!Array.isArray(value)) return typeof value === 'string' ? value : '';
  const words = value.map(String);
  const named = name === 'unmapped' ? words.map(nameField) : words;
  return new Intl.ListFormat(language.locale, {
    type: name === 'candidates' ? 'disjunction' : 'conjunction',
  }).format(named);
}

export function nameField(field: string): string {
  return language.coded('console-imports.field', field) ?? field;
}

export function nameDelimiter(delimiter: string): string {
  return delimiter === '\t' ? t('console-imports.tab') : delimiter;
}

const plain = (code: string): string => code.replaceAll('_', ' ');

/** Return what is still wrong with one cell after a repair that did not help. */
export function sayFieldFault(error: unknown, pointer: string): string | undefined {
  const fault = error instanceof ApiProblem ? error.at(pointer) : undefined;
  if (!fault) return undefined;
  const values = { value: '', ...texts(fault.params), column: pointer.split('/').at(-1) ?? '' };
  return language.coded('console-imports.reason', fault.code, values);
}
