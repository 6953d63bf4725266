import { request, type Shapes } from '../../lib/api';
import type { ImportMoved } from '../../lib/live';

export type Run = Shapes['ImportOut'];
export type RunDetail = Shapes['ImportDetail'];
export type Row = Shapes['RowOut'];
export type Suggestion = Shapes['Suggestion'];

export interface Runs {
  readonly items: readonly Run[];
  readonly next_cursor: string | null;
}

export interface Rows {
  readonly items: readonly Row[];
  readonly next_cursor: string | null;
}

const IMPORTS = '/api/v1/imports';

export const quarantineFile = (id: string): string => `${IMPORTS}/${id}/quarantine.csv`;

export function loadRuns(signal?: AbortSignal, cursor?: string): Promise<Runs> {
  return request('GET', IMPORTS, { query: { cursor, limit: 20 }, signal });
}

export function loadRun(id: string, signal?: AbortSignal): Promise<RunDetail> {
  return request('GET', `${IMPORTS}/${id}`, { signal });
}

/** Load rows that are set aside, of one reason or of all. */
export function loadRows(
  id: string,
  { reason, cursor, signal }: { reason?: string; cursor?: string; signal?: AbortSignal },
): Promise<Rows> {
  const query = { state: 'open', limit: 50, reason, cursor };
  return request('GET', `${IMPORTS}/${id}/rows`, { query, signal });
}

export function repairRow(
  id: string,
  row: number,
  values: Readonly<Record<string, string>>,
): Promise<Row> {
  return request('PUT', `${IMPORTS}/${id}/rows/${row}`, { body: { values } });
}

export function dismissRow(id: string, row: number): Promise<Row> {
  return request('POST', `${IMPORTS}/${id}/rows/${row}/dismiss`);
}

/** Put one value in place of another in every row set aside for one reason; how many came in. */
export function repairAll(
  id: string,
  { reason, column, from, to }: Omit<Suggestion, 'rows'>,
  onpart: () => void,
): Promise<number> {
  return inParts(`${IMPORTS}/${id}/repairs`, { reason, column, from, to }, onpart);
}

/** Check what is set aside against the people and products of now; how many came in. */
export function checkAgain(id: string, onpart: () => void): Promise<number> {
  return inParts(`${IMPORTS}/${id}/check-again`, undefined, onpart);
}

/** A file may have set hundreds of thousands of rows aside: they are looked at part by part. */
async function inParts(path: string, body: unknown, onpart: () => void): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  for (;;) {
    const part: Shapes['RepairedOut'] = await request('POST', path, { body, query: { cursor } });
    count += part.repaired;
    if (part.next_cursor === null) return count;
    cursor = part.next_cursor;
    onpart();
  }
}

/** Where every row that was read has gone; `lost` is what the others leave over, always nothing. */
export interface Tally {
  readonly counted: number;
  readonly aside: number;
  readonly leftOut: number;
  readonly lost: number;
}

/** Return the tally of a run; what was known already is among what counted, what was dismissed is left out. */
export function tally(run: Run): Tally {
  const counted = run.accepted + run.fixed;
  const aside = run.quarantined;
  const leftOut = run.refused + run.dismissed;
  return { counted, aside, leftOut, lost: run.done - counted - aside - leftOut };
}

export const isMoving = ({ state }: Pick<Run, 'state'>): boolean =>
  state === 'queued' || state === 'running';

/** Return the run after a push; what became of the rows is asked for at the end. */
export function afterMove(run: RunDetail, push: ImportMoved): RunDetail | 'refetch' {
  if (push.state !== 'queued' && push.state !== 'running') return 'refetch';
  return { ...run, state: push.state, done: push.rows_done, rows: push.rows_total ?? run.rows };
}

/** The one cell of a row that is most likely wrong; null when a person must look at all of it. */
export interface Wrong {
  readonly reason: string;
  readonly column: string;
  readonly value: string;
}

export function wrongCell({ reasons, values }: Row): Wrong | null {
  const [first] = reasons;
  if (!first?.column || !(first.column in values)) return null;
  return { reason: first.code, column: first.column, value: values[first.column] ?? '' };
}

/** Return what would put a cell right, when a suggestion fits it. */
export function guessFor(wrong: Wrong, suggestions: readonly Suggestion[]): string | null {
  const fits = suggestions.find(
    ({ reason, column, from }) =>
      reason === wrong.reason && column === wrong.column && from === wrong.value.trim(),
  );
  return fits?.to ?? null;
}

/** Return how many of `rows` have the same fault with the same value. */
export function alike(wrong: Wrong, rows: readonly Row[]): number {
  return rows.filter((row) => {
    const other = wrongCell(row);
    return (
      other?.reason === wrong.reason &&
      other.column === wrong.column &&
      other.value.trim() === wrong.value.trim()
    );
  }).length;
}
