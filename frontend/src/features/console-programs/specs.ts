import { POINTS } from '../../lib/money';
import { pointsWord } from '../../lib/money/points';
import { language } from '../../state';
import type { Field, Unit } from './fields';

/** Return the words of a field, an option or a hint; a name without words is shown as it is. */
export function wordOf(kind: 'label' | 'hint' | 'choice', code: string): string {
  return language.coded(`console-programs.${kind}`, code) ?? code.split('.').at(-1) ?? code;
}

export function hintOf({ hint }: Field): string | undefined {
  return hint === undefined ? undefined : wordOf('hint', hint);
}

/** Return the sign that stands behind a figure. */
export function signOf(unit: Unit, currency: string): string | undefined {
  switch (unit) {
    case 'money':
      return currency === POINTS ? pointsWord('2', language.locale) : currency;
    case 'percent':
      return '%';
    case 'times':
      return '×';
    case 'plain':
      return undefined;
  }
}

const WIDE: ReadonlySet<Field['kind']> = new Set([
  'long',
  'tests',
  'formulas',
  'condition',
  'rows',
  'part',
  'optional',
  'oneof',
  'record',
  'shape',
  'switch',
]);

/** Return whether a field takes a line of its own. */
export function isWide({ kind }: Field): boolean {
  return WIDE.has(kind);
}
