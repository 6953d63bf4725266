import { request } from '../../lib/api';
import { toMinor, type Money } from '../../lib/money';
import type { Bin } from '../../ui/console/Histogram.svelte';
import type { Document } from './document';
import { isPart, textOf } from './parts';
import type { Change } from './programs';

/** How many quotas were reached from this share on, up to the next. */
export interface Reached {
  readonly share: string;
  readonly count: number;
}

interface Payee {
  readonly person_id: string;
  readonly name: string;
  readonly simulated: Money;
  readonly difference: Money;
}

/** Something to look at before publishing. */
export interface Caution {
  readonly code: string;
  readonly component: string | null;
  readonly params: Readonly<Record<string, string>>;
}

/** What the plan would have cost in a past period, beside what was paid. */
export interface Outcome {
  readonly activities: number;
  readonly simulated: Money;
  readonly paid: Money;
  readonly difference: Money;
  readonly gain: number;
  readonly lose: number;
  readonly same: number;
  readonly payees: readonly Payee[];
  readonly attainment: readonly Reached[];
  readonly sensitivity: readonly { readonly share: string; readonly cost: Money }[];
  readonly warnings: readonly Caution[];
}

/** A simulation: done at once when it is small, else under way. */
export interface Run {
  readonly id: string | null;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly percent: number;
  readonly result: Outcome | null;
}

/** A whole month: both days belong to it. */
export interface Month {
  readonly first: string;
  readonly last: string;
}

export function simulate(
  id: string,
  document: Document,
  { first, last }: Month,
  signal: AbortSignal,
): Promise<Run> {
  const budget = document['budget'];
  const body = {
    document,
    from: first,
    to: last,
    budget: isPart(budget) ? textOf(budget, 'amount') || null : null,
    sensitivity: true,
  };
  return request('POST', `/api/v1/programs/${id}/simulate`, { body, signal });
}

/** Return how far a simulation is that takes longer. */
export function look(id: string, run: string, signal: AbortSignal): Promise<Run> {
  return request('GET', `/api/v1/programs/${id}/simulations/${run}`, { signal });
}

/** Return the last `count` months that are over, newest first. */
export function pastMonths(today: Date, count: number): readonly Month[] {
  const [year, month] = [today.getFullYear(), today.getMonth()];
  return Array.from({ length: count }, (_, back) => ({
    first: isoDay(new Date(Date.UTC(year, month - 1 - back, 1))),
    last: isoDay(new Date(Date.UTC(year, month - back, 0))),
  }));
}

/** Return a day at midnight UTC as text: 2026-11-21. */
export function isoDay(day: Date): string {
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

/** Return the bars of attainment, named by where each begins, in percent; none without quotas. */
export function binsOf(reached: readonly Reached[]): readonly Bin[] {
  if (!reached.some(({ count }) => count > 0)) return [];
  return reached.map(({ share, count }, index) => {
    const start = Math.round(Number(share) * 100);
    return {
      label: index === reached.length - 1 ? `${start}+` : String(start),
      count,
      met: start >= 100,
    };
  });
}

/** Return who would get what, the largest change first. */
export function changesOf({ payees }: Outcome): readonly Change[] {
  const far = ({ difference }: Payee): bigint => {
    const minor = toMinor(difference);
    return minor < 0n ? -minor : minor;
  };
  return payees
    .toSorted((a, b) => Number(far(b) - far(a)))
    .map(({ person_id, name, simulated, difference }) => ({
      person_id,
      name,
      after: simulated,
      difference,
    }));
}
