import { isLeaf, type Condition, type Leaf } from './document';
import { one } from './parts';

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

/** How the conditions of a group are joined. */
export const JOINS = ['all', 'any', 'not_all', 'none'] as const;
export type Join = (typeof JOINS)[number];

const PREFIX = 'attributes.';
const MANY: readonly string[] = ['in', 'not_in', 'between'];

/** Return what can be asked of a field. */
export function opsOf(field: Field): readonly Op[] {
  if (field === 'attribute') return [...ANY_OPS, ...TEXT_OPS, ...ORDER_OPS];
  return field === 'amount' || field === 'units'
    ? [...ANY_OPS, ...ORDER_OPS]
    : [...ANY_OPS, ...TEXT_OPS];
}

export function takesMany(op: string): boolean {
  return MANY.includes(op);
}

/** Return which field a comparison asks for; an attribute has a name of its own. */
export function fieldOf({ field }: Leaf): Field {
  return field.startsWith(PREFIX) ? 'attribute' : one(FIELDS, field, 'attribute');
}

export function attributeOf({ field }: Leaf): string {
  return field.startsWith(PREFIX) ? field.slice(PREFIX.length) : '';
}

/** Return `leaf` asking for another field, with a comparison that the field knows. */
export function withField(leaf: Leaf, field: Field): Leaf {
  const name = field === 'attribute' ? PREFIX + attributeOf(leaf) : field;
  return withOp({ ...leaf, field: name }, one(opsOf(field), leaf.op, 'eq'));
}

export function withAttribute(leaf: Leaf, name: string): Leaf {
  return { ...leaf, field: PREFIX + name.trim() };
}

/** Return `leaf` with another comparison; what was typed stays where it still makes sense. */
export function withOp(leaf: Leaf, op: Op): Leaf {
  if (op === 'exists') return { ...leaf, op, value: leaf.value !== false };
  const typed = typeof leaf.value === 'boolean' ? '' : valueText(leaf);
  return withValue({ ...leaf, op }, typed);
}

/** Return the operand as it is typed; several values stand beside each other with commas. */
export function valueText({ value }: Leaf): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** Return `leaf` compared with what was typed. Whole numbers stay numbers where they were. */
export function withValue(leaf: Leaf, typed: string): Leaf {
  const isNumber = [leaf.value].flat().some((each) => typeof each === 'number');
  const read = (text: string): unknown =>
    isNumber && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (!takesMany(leaf.op)) return { ...leaf, value: read(typed.trim()) };
  const values = typed
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
  return { ...leaf, value: values.map(read) };
}

/** A condition that joins others, as it is shown. */
export interface Group {
  readonly join: Join;
  readonly parts: readonly Condition[];
  /** Where its parts stand below it, as a JSON pointer. */
  readonly at: string;
}

/** Return the conditions that one joins; a single negated comparison is a group in which none holds. */
export function groupOf(condition: Condition | undefined): Group {
  if (!condition) return { join: 'all', parts: [], at: '/all' };
  if (isLeaf(condition)) return { join: 'all', parts: [condition], at: '' };
  if ('all' in condition) return { join: 'all', parts: condition.all, at: '/all' };
  if ('any' in condition) return { join: 'any', parts: condition.any, at: '/any' };
  const inner = condition.not;
  if (isLeaf(inner)) return { join: 'none', parts: [inner], at: '/not' };
  if ('all' in inner) return { join: 'not_all', parts: inner.all, at: '/not/all' };
  if ('any' in inner) return { join: 'none', parts: inner.any, at: '/not/any' };
  return { join: 'none', parts: [inner], at: '/not' };
}

/** Return the condition that joins `parts`. */
export function joined(join: Join, parts: readonly Condition[]): Condition {
  switch (join) {
    case 'all':
      return { all: parts };
    case 'any':
      return { any: parts };
    case 'not_all':
      return { not: { all: parts } };
    case 'none':
      return { not: { any: parts } };
  }
}

/** Return where part `index` of a group stands below it. */
export function pointerOf({ at, parts }: Group, index: number): string {
  const isAlone = at === '' || at === '/not';
  return isAlone && parts.length === 1 ? at : `${at}/${index}`;
}

/** Return `condition` with another part, without one, or with one more. */
export function withParts(
  condition: Condition | undefined,
  parts: readonly Condition[],
): Condition {
  const { join, at } = groupOf(condition);
  const [first] = parts;
  if (first && parts.length === 1 && (at === '' || at === '/not'))
    return at === '' ? first : { not: first };
  return joined(join, parts);
}

/** An empty comparison. */
export const BLANK_LEAF: Leaf = { field: 'product', op: 'eq', value: '' };
