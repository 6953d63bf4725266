import type { Part } from './document';
import { fromShare } from './numbers';
import { isPart, listOf, partOf, textOf } from './parts';

/** One band of a tiered price, as it is drawn. */
export interface Band {
  /** Where it begins: a number of the measure, or percent of the quota; null for the first. */
  readonly from: string | null;
  /** The next one begins here; null for the last. */
  readonly to: string | null;
  /** The price beside the base price: 1.25 is a quarter more. */
  readonly factor: number;
  /** The price itself: percent, or an amount. */
  readonly price: number;
}

/** Return the bands of a rate or an amount per unit; none while its figures are not complete. */
export function bandsOf(payout: Part): readonly Band[] {
  const key = payout['kind'] === 'rate' ? 'rate' : 'amount';
  const tiers = partOf(payout, 'tiers');
  const base = figure(textOf(payout, key));
  const place = (text: string): string => (tiers['on'] === 'attainment' ? fromShare(text) : text);
  const steps = listOf(tiers, 'steps').filter(isPart);
  const starts = steps.map((step) => place(textOf(step, 'from')));
  const prices = steps.map((step) => priceOf(step, key, base));
  if (base === null || !steps.length || prices.includes(null) || starts.some((at) => !at))
    return [];
  const scale = key === 'rate' ? 100 : 1;
  return [base, ...prices].map((price, index) => ({
    from: starts[index - 1] ?? null,
    to: starts[index] ?? null,
    factor: base ? (price ?? 0) / base : 0,
    price: (price ?? 0) * scale,
  }));
}

function priceOf(step: Part, key: string, base: number | null): number | null {
  const multiplier = figure(textOf(step, 'multiplier'));
  return multiplier !== null && base !== null ? base * multiplier : figure(textOf(step, key));
}

export interface PlotPoint {
  readonly at: number;
  readonly pays: number;
}

/** Return the points of a curve in order; none while one of them is not complete. */
export function pointsOf(payout: Part): readonly PlotPoint[] {
  const points = listOf(payout, 'points')
    .filter(isPart)
    .map((point) => ({ at: figure(textOf(point, 'at')), pays: figure(textOf(point, 'pays')) }));
  const whole = points.filter(
    (point): point is PlotPoint => point.at !== null && point.pays !== null,
  );
  return whole.length === points.length && whole.length > 1
    ? whole.toSorted((a, b) => a.at - b.at)
    : [];
}

/** Pictures only: what is paid is never computed from these. */
function figure(text: string): number | null {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}
