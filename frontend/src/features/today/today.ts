import { request } from '../../lib/api';
import { numbers } from '../../lib/formatters';
import { formatMoney, subtract, toMinor, type Money } from '../../lib/money';
import { isMoney, type Sentence } from '../../lib/said';
import type { BoardMoved } from '../../lib/live';
import type { MoneyLine } from '../../ui/money-states';

/** A count of things, or an amount. */
export type Measure = number | Money;

export interface Target {
  readonly component_name: string;
  readonly unit: 'count' | 'money';
  readonly done: Measure;
  readonly goal: Measure;
  readonly today: Measure;
  /** week, month, quarter, year or custom. */
  readonly period_label: string;
  readonly period_end: string | null;
  readonly prize: Money | null;
  readonly pace: { readonly today_done: Measure; readonly today_goal: Measure } | null;
}

export interface MoneyStates {
  readonly currency: string;
  readonly pay_on: string | null;
  readonly payable: Money;
  /** In the balance, to be spent. */
  readonly available: Money;
  readonly paid: Money;
  readonly earned: Money;
  readonly at_risk: Money;
  readonly reserved: Money;
  readonly projected: Money;
  readonly held: Money;
}

export interface Standing {
  readonly id: string;
  readonly name: string;
  readonly place: number;
  readonly tied: boolean;
  readonly participants: number;
  /** Places gained (+) or lost (-) since yesterday. */
  readonly moved: number;
  readonly provisional: boolean;
  readonly behind: { readonly need: Measure; readonly unit: string; readonly place: number } | null;
}

export interface LatestEarning {
  readonly line_id: string;
  readonly title: string;
  readonly money: Money;
  readonly at: string;
}

/** What `GET /api/v1/me/today` answers. */
export interface Today {
  readonly as_of: string;
  readonly sentence: Sentence;
  readonly target: Target | null;
  readonly money: MoneyStates;
  readonly waiting_claims: number;
  readonly contest: Standing | null;
  readonly unread: number;
  readonly latest: readonly LatestEarning[];
}

export function loadToday(signal: AbortSignal): Promise<Today> {
  return request<Today>('GET', '/api/v1/me/today', { signal });
}

/** Shown beside the payable amount, in the order in which money moves. */
const BESIDE = ['available', 'earned', 'projected', 'held', 'at_risk', 'reserved', 'paid'] as const;
/** What keeps its place even when nothing is in it, so that the card is never bare. */
const FILLERS: readonly string[] = ['earned', 'at_risk', 'paid'];
const FEWEST = 3;

/** Return the payable amount and what is in the other states; empty ones only fill the card. */
export function moneyLines(money: MoneyStates): MoneyLine[] {
  const full = BESIDE.filter((state) => toMinor(money[state]) !== 0n);
  const fillers = FILLERS.filter((state) => !full.some((one) => one === state));
  const kept = new Set<string>([...full, ...fillers.slice(0, Math.max(0, FEWEST - full.length))]);
  const beside = BESIDE.filter((state) => kept.has(state));
  return [
    { state: 'payable', money: money.payable },
    ...beside.map((state) => ({ state, money: money[state] })),
  ];
}

/** More leaves than this cannot be counted at a glance. */
const MOST_LEAVES = 24;
const SHARED_LEAVES = 14;

export interface Growth {
  readonly leaves: number;
  readonly done: number;
  readonly today: number;
}

/** Return how far the wreath is grown: one leaf is one unit, or a fourteenth of a larger target. */
export function growth(target: Target): Growth {
  const [done, goal, today] = [size(target.done), size(target.goal), size(target.today)];
  if (target.unit === 'count' && goal >= 4 && goal <= MOST_LEAVES)
    return { leaves: goal, done: Math.min(done, goal), today: Math.min(today, done, goal) };
  const leaves = (part: number): number =>
    goal > 0 ? Math.min(SHARED_LEAVES, Math.floor((part / goal) * SHARED_LEAVES)) : 0;
  const grown = leaves(done);
  return { leaves: SHARED_LEAVES, done: grown, today: grown - leaves(Math.max(0, done - today)) };
}

/** Return the share reached in whole percent; it says 100 only when the target is met. */
export function percentReached(target: Target): number {
  const goal = size(target.goal);
  return goal > 0 ? Math.floor((size(target.done) / goal) * 100) : 0;
}

export function isReached(target: Target): boolean {
  return size(target.done) >= size(target.goal);
}

function size(measure: Measure): number {
  return isMoney(measure) ? Number(toMinor(measure)) : measure;
}

/** Return a measure as text: "11", "€18,420.00". */
export function written(measure: Measure, locale: string): string {
  if (isMoney(measure)) return formatMoney(measure, { locale, cents: 'whole' });
  return numbers(locale).format(measure);
}

const FITS_THE_LEAF = 7;

/** Return the prize as short as the leaf at the top of the wreath needs it: "+€60", "+450 rb". */
export function prizeLabel(prize: Money, locale: string): string {
  const full = formatMoney(prize, { locale, cents: 'whole', signed: true }).replace(
    /\s/g,
    '\u00a0',
  );
  if (full.length <= FITS_THE_LEAF) return full;
  return `+${numbers(locale, { notation: 'compact' }).format(Number(prize.amount))}`;
}

export interface Pace {
  readonly done: Measure;
  readonly goal: Measure;
  /** What is still to do today; null when today's part is done. */
  readonly missing: Measure | null;
  /** Leaves to draw; null when there are too many to count. */
  readonly pips: { readonly done: number; readonly total: number } | null;
}

const MOST_PIPS = 8;

export function paceOf(target: Target): Pace | null {
  if (!target.pace) return null;
  const { today_done: done, today_goal: goal } = target.pace;
  const [reached, aim] = [size(done), size(goal)];
  const countable = target.unit === 'count' && aim > 0 && aim <= MOST_PIPS;
  return {
    done,
    goal,
    missing: reached >= aim ? null : less(goal, done),
    pips: countable ? { done: Math.min(reached, aim), total: aim } : null,
  };
}

function less(goal: Measure, done: Measure): Measure {
  if (!isMoney(goal) || !isMoney(done)) return size(goal) - size(done);
  return subtract(goal, done);
}

/** Return whether a move of the board changes what Today says: my place, or the one ahead of me. */
export function concerns(push: BoardMoved, standing: Standing, me: string): boolean {
  return push.rows.some((row) => row.participant_id === me || row.place === standing.behind?.place);
}
