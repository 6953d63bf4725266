import { request } from '../../lib/api';
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

export interface Program extends ProgramSummary {
  readonly document: Document;
  readonly text: readonly PlanSentence[];
  readonly versions: readonly Version[];
  readonly enrolled: number;
}

interface Items<T> {
  readonly items: readonly T[];
}

export async function loadPrograms(signal: AbortSignal): Promise<readonly ProgramSummary[]> {
  return (await request<Items<ProgramSummary>>('GET', '/api/v1/programs', { signal })).items;
}

export function loadProgram(id: string, signal: AbortSignal): Promise<Program> {
  return request('GET', `/api/v1/programs/${id}`, { signal });
}

/** Keep `document` as the draft of a program, or as a new one. */
export function saveDraft(id: string | null, document: Document): Promise<Program> {
  return id === null
    ? request('POST', '/api/v1/programs', { body: { document } })
    : request('PUT', `/api/v1/programs/${id}/draft`, { body: { document } });
}

/** Return what `document` says; nothing is kept. */
export async function read(id: string, document: Document): Promise<readonly PlanSentence[]> {
  const path = `/api/v1/programs/${id}/validate`;
  return (await request<{ text: readonly PlanSentence[] }>('POST', path, { body: { document } }))
    .text;
}

export function publish(id: string): Promise<Program> {
  return request('POST', `/api/v1/programs/${id}/publish`);
}
