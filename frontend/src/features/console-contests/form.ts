import { add, fromMinor, toMinor, type Money } from '../../lib/money';
import { isZone, toInstant, toWall } from './zoned';

export type Condition = Readonly<Record<string, unknown>>;

/** The rules of a contest as the API takes them; what a person left open is missing. */
export interface Rules {
  readonly name: string;
  readonly measure: {
    readonly kind: 'count' | 'sum';
    readonly field?: 'amount' | 'units' | null;
    readonly currency?: string | null;
  };
  readonly counts: Condition;
  readonly zone: string;
  readonly starts_at?: string | undefined;
  readonly ends_at?: string | undefined;
  readonly grace_hours: number | string;
  readonly tie_break: 'earliest' | 'shared';
  readonly prizes: readonly RulePrize[];
  readonly participants: {
    readonly rule: People;
    readonly team_id?: string | null;
    readonly person_ids?: readonly string[];
    readonly employee_numbers?: readonly string[];
  };
  readonly names: 'full' | 'initials';
}

interface RulePrize {
  readonly place_from: number | string;
  readonly place_to: number | string;
  readonly money?: Money | null;
  readonly text?: string | null;
}

export type People = 'all' | 'team' | 'list' | 'whoever';

/** A line of the prizes, as typed. */
export interface PrizeLine {
  readonly key: number;
  readonly from: string;
  readonly to: string;
  readonly kind: 'money' | 'text';
  readonly amount: string;
  readonly text: string;
}

/** The form: every field as the person sees it. */
export interface Draft {
  readonly name: string;
  readonly counts: 'count' | 'units' | 'amount';
  /** Names of products that count; none means all; null means another condition, kept as it is. */
  readonly products: readonly string[] | null;
  readonly currency: string;
  readonly zone: string;
  /** As a clock in `zone` shows them: "2026-11-16T09:00". */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly graceHours: string;
  readonly tieBreak: 'earliest' | 'shared';
  readonly prizes: readonly PrizeLine[];
  readonly people: People;
  readonly teamId: string;
  readonly names: 'full' | 'initials';
  /** Rules this form has no field for stay as they were. */
  readonly kept: Partial<Rules>;
}

/** Return an empty form. */
export function blank({ zone, currency }: { zone: string; currency: string }): Draft {
  return {
    name: '',
    counts: 'count',
    products: [],
    currency,
    zone,
    startsAt: '',
    endsAt: '',
    graceHours: '24',
    tieBreak: 'earliest',
    prizes: [prizeLine([])],
    people: 'all',
    teamId: '',
    names: 'full',
    kept: {},
  };
}

/** Return a new line for the place after the last one. */
export function prizeLine(lines: readonly PrizeLine[]): PrizeLine {
  const last = lines.at(-1);
  const place = String((Number(last?.to) || 0) + 1);
  const key = Math.max(0, ...lines.map((line) => line.key)) + 1;
  return { key, from: place, to: place, kind: 'money', amount: '', text: '' };
}

/** Return the form that shows `rules`. */
export function fromRules(rules: Rules, currency: string): Draft {
  const { measure, participants, zone } = rules;
  const wall = (instant?: string): string => (instant ? toWall(instant, zone) : '');
  return {
    name: rules.name,
    counts: measure.field ?? 'count',
    products: productsOf(rules.counts),
    currency:
      measure.currency ?? rules.prizes.find(({ money }) => money)?.money?.currency ?? currency,
    zone,
    startsAt: wall(rules.starts_at),
    endsAt: wall(rules.ends_at),
    graceHours: String(rules.grace_hours),
    tieBreak: rules.tie_break,
    prizes: rules.prizes.map((prize, key) => lineOf(prize, key)),
    people: participants.rule,
    teamId: participants.team_id ?? '',
    names: rules.names,
    kept: rules,
  };
}

function lineOf({ place_from, place_to, money, text }: RulePrize, key: number): PrizeLine {
  return {
    key,
    from: String(place_from),
    to: String(place_to),
    kind: money ? 'money' : 'text',
    amount: money?.amount ?? '',
    text: text ?? '',
  };
}

/** Return the rules that the form states, with everything the person got wrong still in them. */
export function toRules(draft: Draft): Rules {
  const { counts, currency, zone } = draft;
  return {
    ...draft.kept,
    name: draft.name.trim(),
    measure: measureOf(counts, currency),
    counts: draft.products === null ? (draft.kept.counts ?? EVERYTHING) : countsOf(draft.products),
    zone: zone.trim(),
    starts_at: instantOf(draft.startsAt, zone),
    ends_at: instantOf(draft.endsAt, zone),
    grace_hours: wholeOf(draft.graceHours),
    tie_break: draft.tieBreak,
    prizes: draft.prizes.map((line) => prizeOf(line, currency)),
    participants: participantsOf(draft),
    names: draft.names,
  };
}

const EVERYTHING: Condition = { all: [] };

function measureOf(counts: Draft['counts'], currency: string): Rules['measure'] {
  if (counts === 'count') return { kind: 'count' };
  return { kind: 'sum', field: counts, ...(counts === 'amount' ? { currency } : {}) };
}

function countsOf(products: readonly string[]): Condition {
  if (products.length === 0) return EVERYTHING;
  if (products.length === 1) return { field: 'product', op: 'eq', value: products[0] };
  return { field: 'product', op: 'in', value: products };
}

function productsOf(condition: Condition): readonly string[] | null {
  const { all, field, op, value } = condition;
  if (Array.isArray(all) && all.length === 0) return [];
  if (field !== 'product') return null;
  if (op === 'eq' && typeof value === 'string') return [value];
  return op === 'in' && Array.isArray(value) ? value.map(String) : null;
}

function instantOf(wall: string, zone: string): string | undefined {
  return wall && isZone(zone) ? toInstant(wall, zone) : undefined;
}

/** Whole numbers are sent as such; anything else is sent as typed, for the server to refuse. */
function wholeOf(typed: string): number | string {
  return /^\d{1,9}$/.test(typed.trim()) ? Number(typed) : typed;
}

function prizeOf({ from, to, kind, amount, text }: PrizeLine, currency: string): RulePrize {
  const places = { place_from: wholeOf(from), place_to: wholeOf(to) };
  return kind === 'money'
    ? { ...places, money: { amount, currency } }
    : { ...places, text: text.trim() };
}

function participantsOf({ people, teamId, kept }: Draft): Rules['participants'] {
  if (people === 'team') return { rule: people, ...(teamId ? { team_id: teamId } : {}) };
  return people === 'list' && kept.participants ? kept.participants : { rule: people };
}

/** Return what a line costs at most; null while its amount or places cannot be read. */
export function costOf({ from, to, kind, amount }: PrizeLine, currency: string): Money | null {
  const places = Number(to) - Number(from) + 1;
  if (kind !== 'money' || !/^\d{1,12}(\.\d{1,2})?$/.test(amount)) return null;
  if (!Number.isInteger(places) || places < 1 || places > 100_000) return null;
  return fromMinor(toMinor({ amount, currency }) * BigInt(places), currency);
}

/** Return what all prizes cost together, as far as they are filled in. */
export function potOf({ prizes, currency }: Draft): Money {
  return prizes
    .map((line) => costOf(line, currency))
    .filter((cost) => cost !== null)
    .reduce(add, fromMinor(0n, currency));
}
