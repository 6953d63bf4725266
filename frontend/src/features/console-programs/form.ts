import type { Component, Document, Part } from './document';
import type { Here } from './fields';
import { partOf, put, textOf } from './parts';

/**
 * The form is the document itself: every field shows one part of it and changes that part alone, so that
 * whatever the form has no field for stays as it was.
 */
export interface PlanForm {
  readonly document: Document;
  /** One for each component, to tell them apart while they move. */
  readonly keys: readonly number[];
}

/** Return an empty component that pays for each unit sold in a week. */
export function blankComponent(): Component {
  return {
    id: '',
    name: '',
    effective: {},
    measure: { kind: 'sum', of: 'units' },
    period: { kind: 'week' },
    payout: { kind: 'per_unit' },
  };
}

export function blankDocument({ currency, zone }: { currency: string; zone: string }): Document {
  return { schema: 'laurel.program/1', name: '', currency, zone, components: [blankComponent()] };
}

export function fromDocument(document: Document): PlanForm {
  return { document, keys: document.components.map((_, index) => index) };
}

/** Return the document that the form states, with what was typed wrong still in it. */
export function toDocument({ document }: PlanForm): Document {
  const ids = idsOf(document.components);
  return {
    ...document,
    components: document.components.map((component, index) =>
      component.id ? component : { ...component, id: ids[index] ?? '' },
    ),
  };
}

export function withComponent(form: PlanForm, index: number, component: Component): PlanForm {
  const components = form.document.components.map((each, at) => (at === index ? component : each));
  return { ...form, document: { ...form.document, components } };
}

export function withNewComponent({ document, keys }: PlanForm): PlanForm {
  const [last] = document.components.slice(-1);
  const component = { ...blankComponent(), effective: last?.effective ?? {} };
  return {
    document: { ...document, components: [...document.components, component] },
    keys: [...keys, Math.max(-1, ...keys) + 1],
  };
}

export function withoutComponent({ document, keys }: PlanForm, index: number): PlanForm {
  return {
    document: { ...document, components: document.components.filter((_, at) => at !== index) },
    keys: keys.filter((_, at) => at !== index),
  };
}

/** Keys of a component that have a field somewhere; what else stands there is shown as JSON. */
export const COMPONENT_KEYS = [
  'id',
  'name',
  'effective',
  'counts',
  'credit',
  'measure',
  'figures',
  'period',
  'payout',
  'limits',
  'release',
  'holds',
  'holdback',
  'clawback',
  'clawback_days',
] as const;

export const DOCUMENT_KEYS = [
  'schema',
  'name',
  'currency',
  'zone',
  'rounding',
  'components',
  'groups',
  'budget',
  'caps',
  'terms',
  'allows_lowering',
] as const;

/** Return what the fields of a component need to know of the plan. */
export function hereOf(document: Document, component: Component | undefined): Here {
  return {
    currency: document.currency,
    measuresMoney: component !== undefined && isMoney(component.measure),
    figures: ['measure', ...Object.keys(partOf(component, 'figures'))],
    groups: Object.keys(partOf(document, 'groups')),
  };
}

function isMoney(measure: Part): boolean {
  const unit = textOf(measure, 'unit');
  if (measure['kind'] === 'sum' && unit) return unit === 'money';
  if (measure['kind'] === 'formula') return unit === 'money';
  return measure['kind'] !== 'growth' && textOf(measure, 'of') === 'amount';
}

/** Return a part with another list of limits; an empty one is left out. */
export function withLimits(component: Component, limits: Part): Component {
  return put(component, 'limits', Object.keys(limits).length ? limits : undefined);
}

/** Ids stay; a new component gets one from its name that no other has. */
function idsOf(components: readonly Component[]): readonly string[] {
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
