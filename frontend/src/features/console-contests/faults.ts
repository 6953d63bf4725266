import { ApiProblem } from '../../lib/api';
import { explainField, language } from '../../state';

/** Tells what is wrong with a field of the form. */
export type FaultAt = (pointer: string) => string | undefined;

/** Return what is wrong at `pointer` and how to make it right, in the person's language. */
export function faultAt(problem: unknown, pointer: string): string | undefined {
  if (!(problem instanceof ApiProblem) || !problem.at(pointer)) return undefined;
  const field = pointer.split('/').at(-1) ?? '';
  return language.coded('console-contests', `fault.${field}`) ?? explainField(problem, pointer);
}

/** What is wrong between fields: the server says it of the whole, not of one of them. */
export function faultOfWhole(problem: unknown): string | undefined {
  return explainField(problem, '');
}
