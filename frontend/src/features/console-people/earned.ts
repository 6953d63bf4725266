import { request, type Shapes } from '../../lib/api';
import { add, isZero, type Money } from '../../lib/money';
import type { Receipt } from '../../ui/earnings/earnings';

export type Statement = Shapes['StatementOut'];
export type Line = Statement['lines'][number];
type States = Statement['states'];

const SHOWN = [
  'projected',
  'payable',
  'earned',
  'available',
  'reserved',
  'paid',
  'at_risk',
  'owed',
] as const;

/** Which part of the lines: of which month, and after which line. */
export interface Asked {
  readonly period?: string | undefined;
  readonly cursor?: string | undefined;
}

export function loadEarned(id: string, asked: Asked, signal?: AbortSignal): Promise<Statement> {
  return request('GET', `/api/v1/people/${id}/earnings`, { query: { ...asked }, signal });
}

export function loadReceipt(id: string, line: string): Promise<Receipt> {
  return request('GET', `/api/v1/people/${id}/receipts/${line}`);
}

export const earningsPath = (id: string): string => `/console/people/${id}/earnings`;

/** Return the address that opens a receipt over the month that is shown. */
export function receiptPath(id: string, line: string, query: URLSearchParams): string {
  const next = new URLSearchParams(query);
  next.set('line', line);
  return `${earningsPath(id)}?${next}`;
}

/** Return the states of somebody's money that hold anything, in the order money moves. */
export function heldStates(
  states: States,
): readonly { state: (typeof SHOWN)[number]; money: Money }[] {
  return SHOWN.map((state) => ({ state, money: states[state] })).filter(
    ({ money }) => !isZero(money),
  );
}

/** Return what is earned and not yet in the balance. */
export const onTheWay = ({ payable, earned }: States): Money => add(payable, earned);
