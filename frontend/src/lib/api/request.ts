import { takeEarly } from './early';
import { ApiProblem, Offline } from './problem';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RequestOptions {
  /** Sent as JSON; a FormData or Blob is sent as it is. */
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Required on every write that creates money or orders; the same key repeats the answer. */
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The proof of a fresh passkey for exactly this action, from lib/step-up. */
  readonly stepUp?: string | undefined;
}

/** Called when the server no longer knows us, so that the app can show the sign-in. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Ask the API and return its JSON (undefined for 204); throws ApiProblem or Offline. */
export async function request<T>(
  method: Method,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const isRaw = options.body instanceof FormData || options.body instanceof Blob;
  const headers = new Headers();
  if (options.idempotencyKey) headers.set('Idempotency-Key', options.idempotencyKey);
  if (options.stepUp) headers.set('X-Step-Up', options.stepUp);
  if (options.body !== undefined && !isRaw) headers.set('Content-Type', 'application/json');
  const response = await send(
    new Request(address(path, options.query), {
      method,
      headers,
      ...(options.body === undefined
        ? {}
        : { body: isRaw ? (options.body as BodyInit) : JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    }),
  );
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Send one request as the app does; resolves only with a success. */
export async function send(request: Request): Promise<Response> {
  request.headers.set('Accept', 'application/json');
  // Cross-site pages cannot set this header without asking us first: our guard against CSRF.
  request.headers.set('X-Laurel', '1');
  const response = await attempt(request);
  if (response.ok) return response;
  const problem = await readProblem(response);
  if (problem.code === 'sign_in_needed') onSignedOut();
  throw problem;
}

async function attempt(request: Request): Promise<Response> {
  try {
    return await (takeEarly(request) ?? fetch(request, { credentials: 'same-origin' }));
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Offline(error);
  }
}

async function readProblem(response: Response): Promise<ApiProblem> {
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const isJson = (response.headers.get('Content-Type') ?? '').includes('json');
  const document: unknown = isJson ? await response.json().catch(() => null) : null;
  return new ApiProblem(response.status, document, Number.isFinite(wait) ? wait : null);
}

function address(path: string, query: RequestOptions['query']): URL {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}
