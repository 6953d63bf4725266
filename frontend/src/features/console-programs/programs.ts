import { request } from '../../lib/api';
import type { Money } from '../../lib/money';
import type { Sentence } from '../../lib/said';
import type { Document } from './document';

export interface ProgramSummary {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly state: 'draft' | 'published';
  readonly version: number | null;
  readonly has_draft: boolean;
  readonly components: readonly string[];
}

/** One sentence of a plan, and the component it is about. */
export interface PlanSentence extends Sentence {
  readonly component: string;
}

export interface Version {
  readonly version: number;
  readonly state: 'draft' | 'published';
  readonly published_at: string | null;
  readonly published_by: string | null;
  readonly sha256: string | null;
}

/** One rule of who takes part; days include both ends, none means without end. */
export interface Enrolment {
  readonly kind: 'everybody' | 'team_of' | 'person';
  readonly person_id: string | null;
  readonly first: string | null;
  readonly last: string | null;
}

export interface Program extends ProgramSummary {
  readonly document: Document;
  readonly text: readonly PlanSentence[];
  readonly versions: readonly Version[];
  readonly enrolments: readonly Enrolment[];
  readonly enrolled: number;
}

/** What a document that makes sense says, and its seal. */
export interface Reading {
  readonly text: readonly PlanSentence[];
  readonly sha256: string;
}

/** A plan to begin with, in the words of each language. */
export interface Template {
  readonly key: string;
  readonly name: Readonly<Record<string, string>>;
  readonly description: Readonly<Record<string, string>>;
  readonly document: Document;
  readonly text: readonly PlanSentence[];
}

/** What somebody gets, before and after. */
export interface Change {
  readonly person_id: string;
  readonly name: string;
  readonly after: Money;
  readonly difference: Money;
}

/** One place in which two documents differ. */
export interface Difference {
  /** A JSON pointer in the newer document. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly component: string | null;
}

/** What one version says otherwise than another. */
export interface Comparison {
  readonly changes: readonly Difference[];
  readonly gone: readonly PlanSentence[];
  readonly new: readonly PlanSentence[];
}

/** What an amendment changes, and for whom; `version` once it is sealed. */
export interface Amendment {
  readonly version: number | null;
  readonly comparison: Comparison;
  readonly gain: number;
  readonly lose: number;
  readonly effects: readonly Change[];
  readonly lowers: boolean;
  readonly changes_the_past: boolean;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly employee_number: string | null;
}

interface Items<T> {
  readonly items: readonly T[];
}

export async function loadPrograms(signal: AbortSignal): Promise<readonly ProgramSummary[]> {
  return (await request<Items<ProgramSummary>>('GET', '/api/v1/programs', { signal })).items;
}

export async function loadTemplates(signal: AbortSignal): Promise<readonly Template[]> {
  return (await request<Items<Template>>('GET', '/api/v1/programs/templates', { signal })).items;
}

export function loadProgram(id: string, signal?: AbortSignal): Promise<Program> {
  return request('GET', `/api/v1/programs/${id}`, { signal });
}

/** Return what the newest version says otherwise than `before`. */
export function compare(id: string, before: number): Promise<Comparison> {
  return request('GET', `/api/v1/programs/${id}/comparison`, { query: { before } });
}

/** Show who gains and who loses when `document` pays from a day on; sealed, it does. */
export function amend(
  id: string,
  document: Document,
  { from, reason, isSealed }: { from: string; reason: string; isSealed: boolean },
): Promise<Amendment> {
  const body = { document, from, reason, dry_run: !isSealed };
  return request('POST', `/api/v1/programs/${id}/amendments`, { body });
}

/** Keep `document` as the draft of a program, or as a new one. */
export function saveDraft(id: string | null, document: Document): Promise<Program> {
  return id === null
    ? request('POST', '/api/v1/programs', { body: { document } })
    : request('PUT', `/api/v1/programs/${id}/draft`, { body: { document } });
}

/** Return what `document` says; nothing is kept. */
export function read(id: string, document: Document, signal?: AbortSignal): Promise<Reading> {
  return request('POST', `/api/v1/programs/${id}/validate`, { body: { document }, signal });
}

export function publish(id: string): Promise<Program> {
  return request('POST', `/api/v1/programs/${id}/publish`);
}

/** Say anew who takes part; it holds at once. */
export function enrol(id: string, rules: readonly Enrolment[]): Promise<Program> {
  return request('PUT', `/api/v1/programs/${id}/enrolments`, { body: { rules } });
}

export async function searchPeople(
  search: string,
  signal?: AbortSignal,
): Promise<readonly Person[]> {
  const query = { search, limit: 20 };
  return (await request<Items<Person>>('GET', '/api/v1/people', { query, signal })).items;
}

export function loadPerson(id: string): Promise<Person> {
  return request('GET', `/api/v1/people/${id}`);
}
