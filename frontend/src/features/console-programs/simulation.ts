import { request } from '../../lib/api';
import { toMinor, type Money } from '../../lib/money';
import type { Sentence } from '../../lib/said';
import type { Bin } from '../../ui/console/Histogram.svelte';
import type { Document } from './document';
import type { Change } from './programs';

/** People who reached a share of their quota: by the draft, and by what was paid. */
export interface Reached {
  /** Shares: "0.4"; null where it is open. */
  readonly from: string | null;
  readonly to: string | null;
  readonly now: number;
  readonly before: number;
}

/** What the plan would have cost in a past period, beside what was paid. */
export interface Outcome {
  readonly first: string;
  readonly last: string;
  readonly currency: string;
  readonly cost: Money;
  readonly paid: Money;
  readonly difference: Money;
  readonly gain: number;
  readonly lose: number;
  readonly same: number;
  readonly people: readonly Change[];
  readonly attainment: readonly Reached[];
  readonly sensitivity: readonly { readonly at: string; readonly cost: Money }[];
  readonly warnings: readonly Sentence[];
}

/** A whole month: both days belong to it. */
export interface Month {
  readonly first: string;
  readonly last: string;
}

export function simulate(
  id: string | null,
  document: Document,
  month: Month,
  signal: AbortSignal,
): Promise<Outcome> {
  const body = { document, first: month.first, last: month.last, program_id: id };
  return request('POST', '/api/v1/programs/simulate', { body, signal });
}

/** Return the last `count` months that are over, newest first. */
export function pastMonths(today: Date, count: number): readonly Month[] {
  const [year, month] = [today.getFullYear(), today.getMonth()];
  return Array.from({ length: count }, (_, back) => ({
    first: isoDay(new Date(Date.UTC(year, month - 1 - back, 1))),
    last: isoDay(new Date(Date.UTC(year, month - back, 0))),
  }));
}

function isoDay(day: Date): string {
  return day.toISOString().slice(0, 10);
}

/** Return which way the cost moves: more, less or the same as what was paid. */
export function directionOf({ difference }: Outcome): 'more' | 'less' | 'same' {
  const minor = toMinor(difference);
  if (minor === 0n) return 'same';
  return minor > 0n ? 'more' : 'less';
}

/** Return the amount without its sign. */
export function size(money: Money): Money {
  return { ...money, amount: money.amount.replace(/^[-−]/, '') };
}

/** Return the bars of attainment, named by where each begins, in percent. */
export function binsOf(reached: readonly Reached[]): readonly Bin[] {
  return reached.map(({ from, to, now }, index) => {
    const start = from === null ? 0 : Number(from) * 100;
    const isFirst = index === 0 && to !== null;
    const label = isFirst ? `<${Number(to) * 100}` : `${start}${to === null ? '+' : ''}`;
    return { label, count: now, met: start >= 100 };
  });
}
