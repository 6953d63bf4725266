import { ApiProblem, Offline, type FieldFault } from '../lib/api';
import { language, t } from './language.svelte';

/** Return what an error means for the person, in the person's language. */
export function explain(error: unknown): string {
  if (error instanceof Offline) return t('errors.offline');
  if (error instanceof ApiProblem) return byCode(error) ?? t('errors.internal');
  return t('errors.internal');
}

/** Return what is wrong with one field of a form: `at(problem, '/amount')`. */
export function explainField(error: unknown, pointer: string): string | undefined {
  const fault = error instanceof ApiProblem ? error.at(pointer) : undefined;
  return fault && byCode(fault);
}

/** Codes that only the desk meets load with it; one without words is told in the server's English. */
function byCode({ code, params, detail }: ApiProblem | FieldFault): string | undefined {
  return (
    language.coded('errors', code, params) ??
    language.coded('console-errors', code, params) ??
    (detail || undefined)
  );
}
