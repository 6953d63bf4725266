import { ApiProblem, type FieldFault } from '../../lib/api';
import { explainField, language } from '../../state';

/** Tells what is wrong at a place of the document. */
export type FaultAt = (pointer: string) => string | undefined;

/** The steps of the designer, in their order. */
export const STEPS = ['people', 'counts', 'pays', 'limits', 'review'] as const;
export type StepName = (typeof STEPS)[number];

/** One thing that is wrong, and where it is put right. */
export interface Fault {
  readonly pointer: string;
  readonly step: StepName;
  /** Index of the component it is about; null for the plan as a whole. */
  readonly component: number | null;
  readonly text: string;
}

const COMPONENT_STEPS: readonly (readonly [StepName, readonly string[]])[] = [
  ['pays', ['payout']],
  ['limits', ['limits', 'release', 'holds', 'holdback', 'clawback', 'clawback_days']],
];
const PLAN_STEPS: readonly (readonly [StepName, readonly string[]])[] = [
  ['limits', ['budget', 'caps', 'rounding']],
  ['review', ['terms', 'allows_lowering']],
];

/** Return what is wrong at `pointer` and how to make it right, in the person's language. */
export function faultAt(problem: unknown, pointer: string): string | undefined {
  const fault = problem instanceof ApiProblem ? problem.at(pointer) : undefined;
  return fault && textOf(problem, fault);
}

/** Return everything that is wrong, in the order of the steps. */
export function faultsOf(problem: unknown): readonly Fault[] {
  if (!(problem instanceof ApiProblem)) return [];
  return problem.errors
    .map((fault) => ({
      pointer: plain(fault.pointer),
      ...placeOf(fault.pointer),
      text: textOf(problem, fault),
    }))
    .sort((a, b) => STEPS.indexOf(a.step) - STEPS.indexOf(b.step));
}

/** Return in which step, and of which component, a place of the document is filled in. */
export function placeOf(pointer: string): Pick<Fault, 'step' | 'component'> {
  const [, first = '', index = '', name = ''] = plain(pointer).split('/');
  if (first !== 'components' || index === '')
    return { step: stepOf(PLAN_STEPS, first) ?? 'people', component: null };
  return { step: stepOf(COMPONENT_STEPS, name) ?? 'counts', component: Number(index) };
}

function stepOf(
  steps: readonly (readonly [StepName, readonly string[]])[],
  name: string,
): StepName | undefined {
  return steps.find(([, names]) => names.includes(name))?.[0];
}

/** The server names places in the body of the request, in which the document stands. */
function plain(pointer: string): string {
  return pointer.replace(/^\/document(?=\/|$)/, '');
}

function textOf(problem: unknown, { code, pointer, detail }: FieldFault): string {
  const field = pointer.split('/').at(-1) ?? '';
  return (
    language.coded('console-programs', `fault-code.${code}`) ??
    (code === 'missing' ? undefined : explainKnown(problem, pointer)) ??
    language.coded('console-programs', `fault.${field}`) ??
    explainField(problem, pointer) ??
    detail
  );
}

/** A rule of the plan language is told in the server's own words, which name its figures. */
function explainKnown(problem: unknown, pointer: string): string | undefined {
  const fault = problem instanceof ApiProblem ? problem.at(pointer) : undefined;
  return fault && GENERAL.has(fault.code) ? undefined : fault && explainField(problem, pointer);
}

/** What the shape of a value is refused with: the field itself says better what belongs there. */
const GENERAL: ReadonlySet<string> = new Set([
  'missing',
  'value_error',
  'string_type',
  'string_too_short',
  'string_too_long',
  'string_pattern_mismatch',
  'bool_type',
  'int_type',
  'int_from_float',
  'greater_than_equal',
  'less_than_equal',
  'literal_error',
  'too_short',
  'tuple_type',
  'list_type',
  'dict_type',
  'model_type',
  'model_attributes_type',
  'union_tag_not_found',
  'union_tag_invalid',
]);
