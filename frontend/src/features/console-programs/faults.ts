import { ApiProblem } from '../../lib/api';
import { explainField, language } from '../../state';

/** Tells what is wrong at a place of the document. */
export type FaultAt = (pointer: string) => string | undefined;

/** Return what is wrong at `pointer` and how to make it right, in the person's language. */
export function faultAt(problem: unknown, pointer: string): string | undefined {
  const fault = problem instanceof ApiProblem ? problem.at(pointer) : undefined;
  if (!fault) return undefined;
  const field = pointer.split('/').at(-1) ?? '';
  return (
    language.coded('console-programs', `fault-code.${fault.code}`) ??
    language.coded('console-programs', `fault.${field}`) ??
    explainField(problem, pointer)
  );
}
