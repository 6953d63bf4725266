import { request, type Shapes } from '../../lib/api';
import type { Earnings, Receipt } from '../../ui/earnings/earnings';

export interface Asked {
  readonly period?: string | undefined;
  readonly cursor?: string | undefined;
}

export function loadEarnings(asked: Asked, signal?: AbortSignal): Promise<Earnings> {
  return request<Earnings>('GET', '/api/v1/me/earnings', { query: { ...asked }, signal });
}

/** Money that was won in a contest. */
export type Winning = Shapes['WinningOut'];

/** Return what was won in contests that became final in a month, this one when nothing is said. */
export async function loadPrizes(
  period: string | undefined,
  signal: AbortSignal,
): Promise<readonly Winning[]> {
  const { items } = await request<Shapes['WinningsOut']>('GET', '/api/v1/me/prizes', {
    query: { period },
    signal,
  });
  return items;
}

export function loadReceipt(line: string, signal?: AbortSignal): Promise<Receipt> {
  return request<Receipt>('GET', `/api/v1/me/receipts/${line}`, { signal });
}

/** Stands for the newest line in an address, as a toast knows no other name for it. */
const LATEST = 'latest';

/** Return the line that an address asks for; the newest is known only from a fresh list. */
export function lineOf(wanted: string | null, fresh: Earnings | undefined): string | null {
  return wanted === LATEST ? (fresh?.lines[0]?.id ?? null) : wanted;
}

/** Return the address that opens a receipt over the list, with the period that is shown. */
export function receiptPath(line: string, query: URLSearchParams): string {
  const next = new URLSearchParams(query);
  next.set('line', line);
  return `/earnings?${next}`;
}
