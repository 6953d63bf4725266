import { beforeEach, expect, test } from 'vitest';
import { ApiProblem } from '../lib/api';
import { explain, explainField } from './explain';
import { language } from './language.svelte';

const refused = (code: string, errors: readonly object[] = []): ApiProblem =>
  new ApiProblem(409, { code, detail: 'In English.', errors });

beforeEach(async () => {
  await language.use('it');
  await language.require('console');
});

test('a refusal that only the desk meets is told in the language of the desk', () => {
  expect(explain(refused('last_admin'))).toBe(
    'Prima dai a qualcun altro il ruolo di amministratore.',
  );
});

test('what is wrong with the whole of a form is told in the language of the desk', () => {
  const problem = refused('invalid', [
    { pointer: '', code: 'ends_before_start', detail: 'A contest ends after it starts.' },
  ]);

  expect(explainField(problem, '')).toBe('La fine deve venire dopo l’inizio.');
});

test('a code without words is told as the server says it', () => {
  expect(explain(refused('never_heard_of'))).toBe('In English.');
});
