import { isLeaf, type Condition, type Leaf } from './document';

export const TEXT_FIELDS = [
  'product',
  'product_group',
  'status',
  'channel',
  'customer',
  'country',
  'source',
  'kind',
] as const;
export const FIELDS = [...TEXT_FIELDS, 'amount', 'units', 'attribute'] as const;
export type Field = (typeof FIELDS)[number];

const ANY_OPS = ['eq', 'ne', 'in', 'not_in', 'exists'] as const;
const TEXT_OPS = ['contains', 'starts_with'] as const;
const ORDER_OPS = ['lt', 'le', 'gt', 'ge', 'between'] as const;
export type Op = (typeof ANY_OPS | typeof TEXT_OPS | typeof ORDER_OPS)[number];

/** One comparison as typed; several values stand beside each other with commas. */
export interface LeafForm {
  readonly key: number;
  readonly field: Field;
  /** Name of the attribute, when `field` is one. */
  readonly attribute: string;
  readonly op: Op;
  readonly value: string;
  /** The comparison as it was read, so that its value keeps its kind. */
  readonly was: Leaf | null;
}

/** What counts: comparisons that all hold, or a condition this form cannot show. */
export interface ConditionForm {
  readonly leaves: readonly LeafForm[];
  /** One comparison that stands alone in the document, not in a list. */
  readonly isBare: boolean;
  readonly other: Condition | null;
}

/** Return what can be asked of a field. */
export function opsOf(field: Field): readonly Op[] {
  if (field === 'attribute') return [...ANY_OPS, ...TEXT_OPS, ...ORDER_OPS];
  return field === 'amount' || field === 'units'
    ? [...ANY_OPS, ...ORDER_OPS]
    : [...ANY_OPS, ...TEXT_OPS];
}

export function fromCounts(counts: Condition | undefined): ConditionForm {
  if (!counts) return { leaves: [], isBare: false, other: null };
  if (isLeaf(counts)) return { leaves: [leafForm(counts, 0)], isBare: true, other: null };
  if ('all' in counts && counts.all.every(isLeaf))
    return { leaves: counts.all.map(leafForm), isBare: false, other: null };
  return { leaves: [], isBare: false, other: counts };
}

export function toConditions({ leaves, isBare, other }: ConditionForm): Condition {
  if (other) return other;
  const [first] = leaves;
  if (isBare && first && leaves.length === 1) return toLeaf(first);
  return { all: leaves.map(toLeaf) };
}

/** Return where the document has comparison `index`, below `counts`. */
export function pointerOf({ leaves, isBare }: ConditionForm, index: number): string {
  return isBare && leaves.length === 1 ? '' : `/all/${index}`;
}

/** Return an empty comparison. */
export function blankLeaf(leaves: readonly LeafForm[]): LeafForm {
  const key = Math.max(0, ...leaves.map((leaf) => leaf.key)) + 1;
  return { key, field: 'product', attribute: '', op: 'eq', value: '', was: null };
}

function leafForm(leaf: Leaf, key: number): LeafForm {
  const isAttribute = leaf.field.startsWith('attributes.');
  return {
    key,
    field: isAttribute ? 'attribute' : (FIELDS.find((each) => each === leaf.field) ?? 'product'),
    attribute: isAttribute ? leaf.field.slice('attributes.'.length) : '',
    op: opsOf('attribute').find((each) => each === leaf.op) ?? 'eq',
    value: typed(leaf.value),
    was: leaf,
  };
}

function toLeaf({ field, attribute, op, value, was }: LeafForm): Leaf {
  const name = field === 'attribute' ? `attributes.${attribute}` : field;
  const isSame = was?.field === name && was.op === op && typed(was.value) === value;
  return isSame ? was : { field: name, op, value: valueOf(op, value) };
}

function typed(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function valueOf(op: Op, value: string): unknown {
  if (op === 'exists') return value !== 'no';
  if (op !== 'in' && op !== 'not_in' && op !== 'between') return value.trim();
  return value
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
}
