import { request } from '../../lib/api';
import { isZero, type Money } from '../../lib/money';
import type { Sentence } from '../../lib/said';

export interface Kpi {
  readonly code: 'sales_today' | 'sales_month' | 'volume_month' | 'earned_month';
  readonly value: number | Money;
  readonly before: number | Money | null;
}

export interface Band {
  readonly first: number;
  readonly to: number | null;
  readonly count: number;
}

export interface Team {
  readonly team_id: string;
  readonly name: string;
  readonly manager_name: string | null;
  readonly people: number;
  readonly percent: number;
  readonly weeks: readonly number[];
  readonly direction: 'rising' | 'steady' | 'slower';
}

export interface Owed {
  readonly earned: Money;
  readonly available: Money;
  readonly reserved: Money;
  readonly owed: Money;
  readonly total: Money;
}

export interface Waiting {
  readonly things: number;
  readonly claims: number;
  readonly quarantined_rows: number;
  readonly imports: readonly {
    readonly import_id: string;
    readonly file_name: string;
    readonly rows: number;
  }[];
  readonly stock: readonly {
    readonly reward_id: string;
    readonly brand: string;
    readonly money: Money;
    readonly left: number | null;
  }[];
  readonly redemptions: number;
}

export interface LiveContest {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly ends_at: string;
  readonly participants: number;
  readonly scored: number;
  readonly leaders: readonly {
    readonly place: number;
    readonly tied: boolean;
    readonly name: string;
    readonly score: string;
  }[];
}

/** What `GET /api/v1/console/overview` answers. */
export interface Overview {
  readonly as_of: string;
  readonly zone: string;
  readonly period: { readonly start: string; readonly end: string; readonly until: string };
  readonly sentence: Sentence;
  readonly kpis: readonly Kpi[];
  readonly attainment: {
    readonly people: number;
    readonly reached: number;
    readonly bands: readonly Band[];
  };
  readonly teams: readonly Team[];
  readonly money: Owed;
  readonly waiting: Waiting;
  readonly contest: LiveContest | null;
}

export const loadOverview = (signal: AbortSignal): Promise<Overview> =>
  request('GET', '/api/v1/console/overview', { signal });

/** The label of a band of attainment: "<40", "90", "140+". */
export function bandLabel({ first, to }: Band): string {
  if (to === null) return `${first}+`;
  return first === 0 ? `<${to}` : String(first);
}

/** One thing somebody has to do, with where to do it. */
export interface Task {
  readonly kind: 'claims' | 'rows' | 'redemptions' | 'stock';
  readonly count: number;
  readonly about: string;
  readonly href: string;
}

/** Return what waits, most urgent first; nothing that is zero. */
export function tasks({
  claims,
  quarantined_rows,
  imports,
  redemptions,
  stock,
}: Waiting): readonly Task[] {
  const file = imports[0];
  const all: readonly Task[] = [
    { kind: 'claims', count: claims, about: '', href: '/console/claims' },
    { kind: 'redemptions', count: redemptions, about: '', href: '/console/rewards?tab=orders' },
    {
      kind: 'rows',
      count: quarantined_rows,
      about: file?.file_name ?? '',
      href: file ? `/console/imports/${file.import_id}` : '/console/imports',
    },
    {
      kind: 'stock',
      count: stock.length,
      about: [...new Set(stock.map(({ brand }) => brand))].join(', '),
      href: '/console/rewards',
    },
  ];
  return all.filter(({ count }) => count > 0);
}

/** The parts of what the house owes, without the empty ones. */
export function owedParts(
  money: Owed,
): readonly { readonly key: keyof Owed; readonly money: Money }[] {
  const keys = ['available', 'earned', 'reserved', 'owed'] as const;
  return keys.map((key) => ({ key, money: money[key] })).filter((part) => !isZero(part.money));
}
