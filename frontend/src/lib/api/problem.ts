/** One fault in the body of a request; `pointer` is the JSON pointer of the field. */
export interface FieldFault {
  readonly pointer: string;
  readonly detail: string;
  readonly code: string;
  readonly params: Params;
}

/** What the message of a code is filled with. */
export type Params = Readonly<Record<string, unknown>>;

/** The server understood and refused: a problem document of RFC 9457. */
export class ApiProblem extends Error {
  readonly status: number;
  /** Stable, for programs; `title` and `detail` are for people. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly params: Params;
  readonly errors: readonly FieldFault[];
  /** Seconds the server asks us to wait, from Retry-After. */
  readonly retryAfter: number | null;

  constructor(status: number, document: unknown, retryAfter: number | null = null) {
    const fields = isRecord(document) ? document : {};
    const title = text(fields['title']);
    super(title || `The server answered ${status}.`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = text(fields['code']) || `http_${status}`;
    this.title = title;
    this.detail = text(fields['detail']);
    this.params = record(fields['params']);
    this.errors = list(fields['errors']).filter(isRecord).map(fault);
    this.retryAfter = retryAfter;
  }

  /** Return what is wrong with one field (`/amount`), if anything. */
  at(pointer: string): FieldFault | undefined {
    return this.errors.find((error) => error.pointer === pointer);
  }
}

/** No answer came: no signal, or the server cannot be reached. What was asked may or may not have been done. */
export class Offline extends Error {
  constructor(cause: unknown) {
    super('No answer from the server.', { cause });
    this.name = 'Offline';
  }
}

/** Return whether asking again later may succeed without changing the request. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Offline) return true;
  if (!(error instanceof ApiProblem)) return false;
  return error.status >= 500 || [401, 408, 409, 425, 429].includes(error.status);
}

function fault(fields: Params): FieldFault {
  return {
    pointer: text(fields['pointer']),
    detail: text(fields['detail']),
    code: text(fields['code']),
    params: record(fields['params']),
  };
}

function isRecord(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown): Params {
  return isRecord(value) ? value : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
