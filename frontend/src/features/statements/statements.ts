import { request } from '../../lib/api';
import { isZero, type Money } from '../../lib/money';

/** What a frozen month came to in one currency. */
export interface Sums {
  readonly earned: Money;
  /** Changes of pay for months that were closed before. */
  readonly corrections: Money;
  /** Money won in contests. */
  readonly prizes: Money;
  readonly closing: Money;
}

/** A frozen month as `GET /api/v1/me/statements` answers it. */
export interface Statement {
  readonly id: string;
  readonly first_on: string;
  readonly last_on: string;
  readonly frozen_at: string;
  readonly sha256: string;
  readonly currencies: readonly Sums[];
}

export interface Statements {
  /** The newest first. */
  readonly items: readonly Statement[];
}

export function loadStatements(signal: AbortSignal): Promise<Statements> {
  return request<Statements>('GET', '/api/v1/me/statements', { signal });
}

/** Where the month on paper is. */
export function paperOf({ id }: Statement): string {
  return `/api/v1/me/statements/${id}/pdf`;
}

/** Where the signed record behind the paper is. */
export function recordOf({ id }: Statement): string {
  return `/api/v1/me/statements/${id}`;
}

/** Where the proof of the last `months` frozen months is; null when nothing is frozen. */
export function proofOf(items: readonly Statement[], months: number): string | null {
  const wanted = items.slice(0, months);
  const first = wanted.at(-1);
  const last = wanted[0];
  if (!first || !last) return null;
  return `/api/v1/me/proof-of-earnings/pdf?first=${first.first_on}&last=${last.last_on}`;
}

/** Prizes that are worth a word. */
export function won(statement: Statement): readonly Money[] {
  return statement.currencies.map(({ prizes }) => prizes).filter((money) => !isZero(money));
}

/** Corrections that are worth a word. */
export function corrected(statement: Statement): readonly Money[] {
  return statement.currencies
    .map(({ corrections }) => corrections)
    .filter((money) => !isZero(money));
}
