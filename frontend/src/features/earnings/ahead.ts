import { request } from '../../lib/api';
import type { Money } from '../../lib/money';

/** The next tier, bonus or quota of a component. */
export interface Ahead {
  readonly kind: 'tier' | 'bonus' | 'quota';
  readonly unit: 'money' | 'count';
  /** Decimal text, in the measure. */
  readonly at: string;
  readonly distance: string;
  /** All that the way there brings. */
  readonly earns: Money;
  /** The part of it that only arriving brings. */
  readonly worth: Money;
}

/** How far somebody is in one component, in its open period. */
export interface Progress {
  readonly component_id: string;
  readonly component_name: string;
  readonly unit: 'money' | 'count';
  readonly currency: string;
  readonly done: string;
  readonly ahead: readonly Ahead[];
}

export async function loadProgress(signal: AbortSignal): Promise<readonly Progress[]> {
  const found = await request<{ items: readonly Progress[] }>('GET', '/api/v1/me/progress', {
    signal,
  });
  return found.items;
}

/** What one more sale would bring. */
export interface WhatIf {
  readonly money: Money;
}

/** Ask what one more would bring: one unit, or a sale of `amount`. */
export function whatIf(component: string, amount: string | null): Promise<WhatIf> {
  const query = amount === null ? { component } : { component, amount };
  return request('GET', '/api/v1/me/what-if', { query });
}

/** Where there is nothing to count one by one, a sale of this size is asked about first. */
export const A_SALE = '100';
