import { toMinor, type Money } from '../../lib/money';
import type { Sentence, Told } from '../../lib/said';
import type { MoneyState } from '../money-states';

export interface Period {
  /** "2026-11", what the server is asked by. */
  readonly key: string;
  readonly start: string;
  readonly end: string;
}

export interface Line {
  readonly id: string;
  readonly component_name: string;
  /** Customer or product. */
  readonly title: string;
  readonly occurred_at: string;
  readonly money: Money;
  /** projected, payable, available or at_risk. */
  readonly state: string;
  /** What it waits for, as a code: weekday, period_end, clawback. */
  readonly waiting: string | null;
}

/** All money of one currency as it stands now, whatever period is shown. */
export type States = Readonly<Partial<Record<MoneyState, Money>>> & {
  readonly currency: string;
  readonly pay_on: string | null;
  /** What of the money that was taken back is still to be settled. */
  readonly owed?: Money;
};

/** What `GET /api/v1/me/earnings` answers. */
export interface Earnings {
  readonly periods: readonly Period[];
  readonly period: Period;
  readonly currency: string;
  readonly states: States;
  readonly other_currencies: readonly States[];
  readonly pay_on: string | null;
  readonly lines: readonly Line[];
  readonly next_cursor: string | null;
}

/** A node of an explanation, as the engine writes it. */
export interface Step {
  readonly code: string;
  readonly params: Readonly<Record<string, Told>>;
  readonly result: Told | null;
  readonly children: readonly Step[];
}

export interface SourceRow {
  readonly source: string;
  readonly file: string | null;
  readonly row: number | null;
  readonly external_id: string;
  readonly received_at: string;
}

export interface Milestone {
  readonly code: string;
  readonly at?: string | null;
  readonly on?: string | null;
  readonly state: 'done' | 'now' | 'todo';
}

/** What `GET /api/v1/me/receipts/{line}` answers. */
export interface Receipt {
  readonly money: Money;
  readonly title: string;
  readonly headline: Sentence;
  readonly steps: Step;
  readonly source: SourceRow | null;
  readonly program: {
    readonly name: string;
    readonly component_name: string;
    readonly version: number;
    readonly sha256: string;
    readonly sealed: boolean;
  };
  readonly timeline: readonly Milestone[];
  readonly next_step: Sentence | null;
}

/** What can be spent first, then what is on its way, last what has left. */
const ORDER: readonly MoneyState[] = [
  'available',
  'payable',
  'earned',
  'projected',
  'held',
  'at_risk',
  'reserved',
  'paid',
  'clawed_back',
];

/** States that are shown even when nothing is in them, so that their place is known. */
const ALWAYS: ReadonlySet<MoneyState> = new Set(['payable', 'earned', 'at_risk', 'paid']);

/** Return the states with something in them, in the order in which money moves. */
export function statesOf(states: States): { state: MoneyState; money: Money }[] {
  return ORDER.flatMap((state) => {
    const money = states[state];
    if (!money || (!ALWAYS.has(state) && toMinor(money) === 0n)) return [];
    return [{ state, money }];
  });
}

/** Return the steps that explain an amount, innermost branches indented below their parent. */
export function flatten(step: Step, depth = 0): { step: Step; depth: number }[] {
  return step.children.flatMap((child) => [{ step: child, depth }, ...flatten(child, depth + 1)]);
}
