import createClient from 'openapi-fetch';
import { send } from './request';
import type { paths } from './schema.gen';

/** The API with the types of its OpenAPI document: `await ok(api.GET('/api/v1/me'))`. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

/** Return the JSON of an answer of `api`; a refusal has already been thrown as ApiProblem. */
export async function ok<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
