import { request } from '../../lib/api';
import type { Money } from '../../lib/money';

/** Vouchers that were paid for and never looked at. */
export interface Unopened {
  readonly count: number;
  readonly total: Money;
  readonly ending: Money;
  readonly ended: Money;
}

/** Where what is owed lies, in the order it is shown. */
export const PLACES = [
  'earned',
  'available',
  'reserved',
  'resting',
  'dormant',
  'overpaid',
  'with_providers',
  'tax_withheld',
] as const;

export type Liability = {
  readonly currency: string;
  readonly owed: Money;
  readonly unopened: Unopened | null;
} & Readonly<Record<(typeof PLACES)[number], Money>>;

/** A kind of account as accounting calls it. */
export interface Account {
  readonly kind: string;
  readonly code: string;
  readonly name: string;
  /** Nobody has named it: it is called what we call it, and we say it in the reader's language. */
  readonly is_standard: boolean;
}

export interface Total {
  readonly account: Account;
  readonly debit: Money;
  readonly credit: Money;
}

export interface Journal {
  readonly first: string;
  readonly last: string;
  readonly lines: number;
  readonly totals: readonly Total[];
}

export interface TaxRule {
  readonly id: string;
  readonly country: string;
  readonly income: 'earnings' | 'draw_prize';
  readonly from_on: string;
  readonly threshold: Money;
  readonly percent: string;
  readonly basis: 'excess' | 'whole';
  readonly year_starts: number;
  readonly note: string;
  readonly state: 'in_force' | 'coming' | 'replaced';
}

export interface Books {
  readonly liabilities: readonly Liability[];
  readonly rules: readonly TaxRule[];
}

interface Items<T> {
  readonly items: readonly T[];
}

export async function loadBooks(signal: AbortSignal): Promise<Books> {
  const [owed, rules] = await Promise.all([
    request<Items<Liability>>('GET', '/api/v1/finance/liability', { signal }),
    request<Items<TaxRule>>('GET', '/api/v1/finance/tax-rules', { signal }),
  ]);
  return { liabilities: owed.items, rules: rules.items };
}

export interface Days {
  readonly first: string;
  readonly last: string;
}

export function loadJournal(days: Days, signal?: AbortSignal): Promise<Journal> {
  return request<Journal>('GET', '/api/v1/finance/journal', { query: { ...days }, signal });
}

export function journalFile({ first, last }: Days, ending: 'csv' | 'xlsx'): string {
  return `/api/v1/finance/journal.${ending}?first=${first}&last=${last}`;
}

/** Return the days of the month before the one of `today` ("2026-11-22"). */
export function monthBefore(today: string): Days {
  const [year = 0, month = 1] = today.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 2, 1));
  const last = new Date(Date.UTC(year, month - 1, 0));
  return { first: first.toISOString().slice(0, 10), last: last.toISOString().slice(0, 10) };
}

/** A rule as typed. */
export interface RuleForm {
  country: string;
  income: TaxRule['income'];
  from: string;
  threshold: string;
  currency: string;
  percent: string;
  basis: TaxRule['basis'];
  yearStarts: string;
  note: string;
}

/** Return what the API takes; what cannot be read is sent as typed. */
export function toRule(form: RuleForm): Record<string, unknown> {
  const currency = form.currency.trim().toUpperCase();
  return {
    country: form.country.trim().toUpperCase(),
    income: form.income,
    from_on: form.from,
    threshold: { amount: form.threshold.trim() || '0', currency },
    percent: form.percent.trim(),
    basis: form.basis,
    year_starts: Number(form.yearStarts),
    note: form.note.trim(),
  };
}

export function addRule(form: RuleForm): Promise<unknown> {
  return request('POST', '/api/v1/finance/tax-rules', { body: toRule(form) });
}
