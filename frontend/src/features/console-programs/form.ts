import { toConditions, fromCounts, type ConditionForm } from './conditions';
import type { Component, Credit, Document, Payout, Release, Step } from './document';
import { fromShare, given, toShare, wholeOf } from './numbers';

export const PERIODS = ['week', 'month', 'quarter', 'year', 'window', 'quota'] as const;
export const MEASURES = ['units', 'amount', 'count', 'attribute'] as const;
export const PAYOUTS = ['rate', 'per_unit', 'bonus'] as const;
export const RELEASES = ['immediately', 'weekday', 'period_end'] as const;

/** A tier as typed: another price, or the base price times something. */
export interface StepForm {
  readonly from: string;
  readonly as: 'price' | 'multiplier';
  readonly value: string;
}

export interface LevelForm {
  readonly level: string;
  /** In percent. */
  readonly share: string;
}

export interface MilestoneForm {
  readonly at: string;
  readonly amount: string;
}

/** One component as the form shows it. Rates, shares and steps of attainment are in percent. */
export interface ComponentForm {
  readonly key: number;
  /** Kept across versions; empty while the component is new. */
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly counts: ConditionForm;
  readonly credit: 'direct' | 'override';
  readonly levels: readonly LevelForm[];
  readonly measure: (typeof MEASURES)[number];
  readonly attribute: string;
  readonly period: string;
  readonly payout: (typeof PAYOUTS)[number];
  readonly price: string;
  readonly hasTiers: boolean;
  readonly mode: 'marginal' | 'retroactive';
  readonly on: 'measure' | 'attainment';
  readonly boundary: 'inclusive' | 'exclusive';
  readonly steps: readonly StepForm[];
  readonly milestones: readonly MilestoneForm[];
  readonly release: (typeof RELEASES)[number];
  readonly weekday: string;
  readonly plusDays: string;
  readonly clawback: string;
}

export interface ProgramForm {
  readonly name: string;
  readonly currency: string;
  readonly zone: string;
  readonly components: readonly ComponentForm[];
  /** What the form has no field for. */
  readonly kept: Pick<Document, 'rounding'>;
}

/** Return an empty component that pays for each unit sold in a week. */
export function blankComponent(key: number): ComponentForm {
  return {
    key,
    id: '',
    name: '',
    from: '',
    to: '',
    counts: fromCounts(undefined),
    credit: 'direct',
    levels: [{ level: '1', share: '100' }],
    measure: 'units',
    attribute: '',
    period: 'week',
    payout: 'per_unit',
    price: '',
    hasTiers: false,
    mode: 'marginal',
    on: 'measure',
    boundary: 'inclusive',
    steps: [{ from: '', as: 'multiplier', value: '' }],
    milestones: [{ at: '', amount: '' }],
    release: 'immediately',
    weekday: '5',
    plusDays: '0',
    clawback: '',
  };
}

export function blankProgram({ currency, zone }: { currency: string; zone: string }): ProgramForm {
  return { name: '', currency, zone, components: [blankComponent(0)], kept: {} };
}

export function fromDocument(document: Document): ProgramForm {
  const { name, currency, zone, rounding } = document;
  return {
    name,
    currency,
    zone,
    components: document.components.map(fromComponent),
    kept: given({ rounding }),
  };
}

/** Return the document that the form states, with what was typed wrong still in it. */
export function toDocument(form: ProgramForm): Document {
  const ids = idsOf(form.components);
  return {
    schema: 'laurel.program/1',
    name: form.name.trim(),
    currency: form.currency,
    zone: form.zone,
    ...form.kept,
    components: form.components.map((each, index) => toComponent(each, ids[index] ?? '')),
  };
}

function fromComponent(component: Component, key: number): ComponentForm {
  const { effective, measure, payout, clawback_days: days } = component;
  const attribute = measure.of?.startsWith('attributes.') ? measure.of.slice(11) : '';
  return {
    ...blankComponent(key),
    id: component.id,
    name: component.name,
    from: effective.from ?? '',
    to: effective.to ?? '',
    counts: fromCounts(component.counts),
    ...fromCredit(component.credit),
    measure: attribute ? 'attribute' : one(MEASURES, measure.of, 'count'),
    attribute,
    period: component.period.kind,
    ...fromPayout(payout),
    ...fromRelease(component.release),
    clawback: days === undefined ? '' : String(days),
  };
}

/** Return `value` when it is one of `known`. */
export function one<T extends string>(known: readonly T[], value: unknown, otherwise: T): T {
  return known.find((each) => each === value) ?? otherwise;
}

function fromCredit(credit: Credit | undefined): Partial<ComponentForm> {
  if (credit?.to !== 'override') return { credit: 'direct' };
  const levels = (credit.levels ?? []).map(({ level, share }) => ({
    level: String(level),
    share: fromShare(share ?? '1'),
  }));
  return { credit: 'override', levels };
}

function fromPayout({ kind, rate, amount, on, tiers, milestones }: Payout): Partial<ComponentForm> {
  const payout = one(PAYOUTS, kind, 'per_unit');
  const isShare = (tiers?.on ?? on) === 'attainment';
  const place = (text = ''): string => (isShare ? fromShare(text) : text);
  const price = (text = ''): string => (payout === 'rate' ? fromShare(text) : text);
  return {
    payout,
    price: price(rate ?? amount),
    on: isShare ? 'attainment' : 'measure',
    hasTiers: tiers !== undefined,
    ...(tiers && {
      mode: one(['marginal', 'retroactive'], tiers.mode, 'marginal'),
      boundary: one(['inclusive', 'exclusive'], tiers.boundary, 'inclusive'),
      steps: tiers.steps.map((step) => ({
        from: place(step.from),
        as: step.multiplier === undefined ? ('price' as const) : ('multiplier' as const),
        value: step.multiplier ?? price(step.rate ?? step.amount),
      })),
    }),
    ...(milestones && {
      milestones: milestones.map((mark) => ({ at: place(mark.at), amount: mark.amount ?? '' })),
    }),
  };
}

function fromRelease(release: Release | undefined): Partial<ComponentForm> {
  return {
    release: one(RELEASES, release?.on, 'immediately'),
    weekday: String(release?.weekday ?? 5),
    plusDays: String(release?.plus_days ?? 0),
  };
}

/** Ids stay; a new component gets one from its name that no other has. */
function idsOf(components: readonly ComponentForm[]): readonly string[] {
  const taken = new Set(components.map(({ id }) => id).filter(Boolean));
  return components.map(({ id, name }, index) => {
    if (id) return id;
    const base = slug(name) || `component-${index + 1}`;
    let [candidate, number] = [base, 2];
    while (taken.has(candidate)) candidate = `${base}-${number++}`;
    taken.add(candidate);
    return candidate;
  });
}

function slug(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replace(/^-|-$/g, '');
}

function toComponent(form: ComponentForm, id: string): Component {
  const { from, to, clawback } = form;
  return {
    id,
    name: form.name.trim(),
    effective: given({ from: from || undefined, to: to || undefined }),
    counts: toConditions(form.counts),
    credit: toCredit(form),
    measure: toMeasure(form),
    period: { kind: form.period },
    payout: toPayout(form),
    release: toRelease(form),
    ...given({ clawback_days: clawback.trim() ? wholeOf(clawback) : undefined }),
  };
}

function toCredit({ credit, levels }: ComponentForm): Credit {
  if (credit === 'direct') return { to: 'direct' };
  return {
    to: 'override',
    levels: levels.map(({ level, share }) => ({
      level: wholeOf(level),
      ...given({ share: toShare(share) }),
    })),
  };
}

function toMeasure({ measure, attribute }: ComponentForm): Component['measure'] {
  if (measure === 'count') return { kind: 'count' };
  return { kind: 'sum', of: measure === 'attribute' ? `attributes.${attribute}` : measure };
}

function toPayout(form: ComponentForm): Payout {
  const { payout, on, price, hasTiers, mode, boundary } = form;
  const place = (text: string): string | undefined =>
    on === 'attainment' ? toShare(text) : text || undefined;
  if (payout === 'bonus') {
    const milestones = form.milestones.map(({ at, amount }) =>
      given({ at: place(at), amount: amount || undefined }),
    );
    return { kind: payout, on, milestones };
  }
  const base = payout === 'rate' ? { rate: toShare(price) } : { amount: price || undefined };
  const steps = form.steps.map((step) => toStep(step, payout, place(step.from)));
  return {
    kind: payout,
    ...given(base),
    ...(hasTiers && { tiers: { mode, on, boundary, steps } }),
  };
}

function toStep({ as, value }: StepForm, payout: string, from: string | undefined): Step {
  if (as === 'multiplier') return given({ from, multiplier: value || undefined });
  if (payout === 'rate') return given({ from, rate: toShare(value) });
  return given({ from, amount: value || undefined });
}

function toRelease({ release, weekday, plusDays }: ComponentForm): Release {
  if (release === 'weekday') return { on: release, weekday: Number(weekday) };
  return release === 'period_end' ? { on: release, plus_days: wholeOf(plusDays) } : { on: release };
}
