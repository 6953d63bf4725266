import { request, type Shapes } from '../../lib/api';
import { formatMoney, type Money } from '../../lib/money';
import { withStepUp } from '../../lib/step-up';
import type { Heard } from './payouts';

export type Finding = Shapes['FindingOut'];
export type Stuck = Shapes['StuckOut'];
export type Verdict = Shapes['VerdictIn']['verdict'];
export type Account = Shapes['ProviderAccountOut'];
export type Run = Shapes['ReconciliationOut'];

/** What finance has to look at beside the batches: books that disagree, orders without an answer. */
export interface Board {
  readonly findings: readonly Finding[];
  readonly stuck: readonly Stuck[];
  readonly accounts: readonly Account[];
}

interface Items<T> {
  readonly items: readonly T[];
}

export async function loadBoard(signal: AbortSignal): Promise<Board> {
  const queue = (name: string): Promise<Items<Stuck>> =>
    request('GET', '/api/v1/redemption-queues', { query: { queue: name }, signal });
  const [findings, manual, unknown, accounts] = await Promise.all([
    request<Items<Finding>>('GET', '/api/v1/reconciliation-findings', { signal }),
    queue('manual'),
    queue('unknown'),
    request<Items<Account>>('GET', '/api/v1/provider-accounts', { signal }),
  ]);
  return {
    findings: findings.items,
    stuck: [...manual.items, ...unknown.items],
    accounts: accounts.items,
  };
}

const FINDINGS = '/api/v1/reconciliation-findings';

export function explainFinding(id: string, note: string): Promise<Finding> {
  return request('POST', `${FINDINGS}/${id}/explanation`, { body: { note: note.trim() } });
}

export function agreeWithFinding(id: string): Promise<Finding> {
  return withStepUp((stepUp) =>
    request('POST', `${FINDINGS}/${id}/explanation/approval`, { body: {}, stepUp }),
  );
}

export function dropExplanation(id: string): Promise<Finding> {
  return request('POST', `${FINDINGS}/${id}/explanation/drop`, { body: {} });
}

export function lookAgain(order: string): Promise<void> {
  return request('POST', `/api/v1/redemptions/${order}/look`, { body: {} });
}

export function sayVerdict(order: string, verdict: Verdict, evidence: string): Promise<unknown> {
  const body = { verdict, evidence: evidence.trim() };
  return withStepUp((stepUp) =>
    request('POST', `/api/v1/redemptions/${order}/verdicts`, { body, stepUp }),
  );
}

export function agreeWithVerdict(order: string, verdict: string): Promise<unknown> {
  return withStepUp((stepUp) =>
    request('POST', `/api/v1/redemptions/${order}/verdicts/${verdict}/approval`, {
      body: {},
      stepUp,
    }),
  );
}

export function dropVerdict(order: string, verdict: string): Promise<unknown> {
  return request('POST', `/api/v1/redemptions/${order}/verdicts/${verdict}/drop`, { body: {} });
}

/** An account that pays by file is laid beside its bank's statements; the others beside their provider. */
export function isBank({ provider }: Pick<Account, 'provider'>): boolean {
  return provider === 'file';
}

export function compareNow(account: Account): Promise<void> {
  const path = isBank(account)
    ? `/api/v1/payouts/accounts/${account.id}/comparison`
    : `/api/v1/provider-accounts/${account.id}/reconciliations`;
  return request('POST', path, { body: {} });
}

export function readStatement(account: string, file: File): Promise<Heard> {
  const body = new FormData();
  body.append('file', file);
  return request('POST', `/api/v1/payouts/accounts/${account}/statements`, { body });
}

const AMOUNT = /^(-?\d+(?:\.\d+)?) ([A-Z]{3})$/;

/** Return an amount that stands in a finding as "100.00 EUR"; null for a word. */
export function amountIn(text: string): Money | null {
  const [, amount, currency] = AMOUNT.exec(text) ?? [];
  return amount !== undefined && currency !== undefined ? { amount, currency } : null;
}

/** Return one side of a finding for people: an amount in their writing, or the word for a state. */
export function sideOf(
  text: string,
  locale: string,
  word: (code: string) => string | undefined,
): string {
  const money = amountIn(text);
  if (money) return formatMoney(money, { locale });
  // Of a balance both sides are counts of cents, which say less than their difference.
  return /^-?\d*$/.test(text) ? '' : (word(text) ?? text);
}

/** Return the comparison that says most of an account: with its bank where it pays by file. */
export function lastRun(account: Account): Run | null {
  return isBank(account) ? account.last_bank : account.last;
}
