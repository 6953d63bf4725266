import type { Part } from './document';
import { isPart, textOf } from './parts';

export type Unit = 'money' | 'percent' | 'times' | 'plain';

/** What a field may need to know of the plan around it. */
export interface Here {
  readonly currency: string;
  /** The measure of the component is an amount of money. */
  readonly measuresMoney: boolean;
  readonly figures: readonly string[];
  readonly groups: readonly string[];
}

interface Named {
  /** The key in the document. */
  readonly name: string;
  /** Its words stand under `console-programs.label`. */
  readonly label: string;
  /** Left out: always there. */
  readonly when?: (part: Part) => boolean;
  /** Folded away until it says something. */
  readonly isRare?: boolean;
  /** Its words stand under `console-programs.hint`. */
  readonly hint?: string;
}

type UnitOf = Unit | ((part: Part, here: Here) => Unit);

/** One thing that a form asks for. `rows`, `part`, `optional`, `oneof` and `record` hold others. */
export type Field = Named &
  (
    | {
        readonly kind:
          'text' | 'long' | 'whole' | 'day' | 'switch' | 'test' | 'tests' | 'condition';
      }
    | { readonly kind: 'number' | 'formula' | 'formulas'; readonly unit?: UnitOf }
    | {
        readonly kind: 'choice';
        /** Their words stand under `console-programs.choice`. */
        readonly options: readonly string[];
        readonly words: string;
        /** What holds when nothing is said. */
        readonly otherwise: string;
      }
    /** One of the names that the plan itself makes. */
    | { readonly kind: 'name'; readonly of: 'figures' | 'groups' }
    /** A number of the activity (amount, units, an attribute), or one of its texts. */
    | { readonly kind: 'read'; readonly of: 'numbers' | 'texts' }
    /** Texts or numbers beside each other with commas. */
    | { readonly kind: 'values' }
    | {
        readonly kind: 'rows';
        readonly columns: readonly Field[];
        readonly blank: Part;
        readonly least?: number;
      }
    | { readonly kind: 'part'; readonly fields: readonly Field[] }
    | { readonly kind: 'optional'; readonly fields: readonly Field[]; readonly blank: Part }
    | { readonly kind: 'oneof'; readonly options: readonly Option[]; readonly words: string }
    | {
        readonly kind: 'record';
        readonly item: Field;
        readonly blank: unknown;
        readonly add: string;
      }
    /** Any of several shapes that `kind` or `to` tells apart. */
    | { readonly kind: 'shape'; readonly shape: Shape }
  );

/** One way to fill a `oneof`: a word that stands alone, or a part with this one key. */
export interface Option {
  readonly key: string;
  readonly field?: Field;
  /** What is put there at first; for a word that stands alone, the word. */
  readonly blank: unknown;
}

export interface Shape {
  readonly key: string;
  readonly words: string;
  readonly fields: Readonly<Record<string, readonly Field[]>>;
  readonly blank: (kind: string) => Part;
}

export function unitOf(unit: UnitOf | undefined, part: Part, here: Here): Unit {
  return typeof unit === 'function' ? unit(part, here) : (unit ?? 'plain');
}

/** A place on the measure, or on the attainment of the quota where `on` says so. */
export function placeUnit(otherwise: 'measure' | 'attainment') {
  return (part: Part, here: Here): Unit => {
    if ((textOf(part, 'on') || otherwise) === 'attainment') return 'percent';
    return here.measuresMoney ? 'money' : 'plain';
  };
}

/** Return whether the form can show a value without losing any of it. */
export function fits(field: Field, value: unknown): boolean {
  if (value === undefined) return true;
  switch (field.kind) {
    case 'text':
    case 'long':
    case 'day':
    case 'name':
    case 'read':
    case 'choice':
      return typeof value === 'string';
    case 'number':
    case 'whole':
      return isPlain(value);
    case 'switch':
      return typeof value === 'boolean';
    case 'values':
      return Array.isArray(value) && value.every(isPlain);
    case 'rows':
      return Array.isArray(value) && value.every(isPart);
    case 'formulas':
    case 'tests':
      return Array.isArray(value);
    case 'part':
    case 'optional':
    case 'record':
      return isPart(value);
    case 'shape':
      return isPart(value) && field.shape.fields[textOf(value, field.shape.key)] !== undefined;
    case 'oneof':
      return optionOf(field.options, value) !== undefined;
    case 'condition':
    case 'formula':
    case 'test':
      return true;
  }
}

/** Return which of the options a value is. */
export function optionOf(options: readonly Option[], value: unknown): Option | undefined {
  if (!isPart(value)) return options.find(({ field, blank }) => !field && blank === value);
  const [key, ...more] = Object.keys(value);
  if (key === undefined || more.length) return undefined;
  return options.find(
    (option) =>
      option.key === key &&
      (option.field
        ? fits(option.field, value[key])
        : JSON.stringify(option.blank) === JSON.stringify(value)),
  );
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
