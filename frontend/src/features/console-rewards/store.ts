import { request } from '../../lib/api';
import type { Money } from '../../lib/money';

/** A reward as `GET /api/v1/catalog` answers it. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly kind: 'gift_card' | 'experience';
  readonly country: string;
  readonly categories: readonly string[];
  readonly least: Money;
  readonly most: Money;
  readonly in_stock: boolean;
  readonly is_hidden: boolean;
  readonly pinned: number;
  readonly provider: string;
}

export interface ListedPage {
  readonly items: readonly Listed[];
  readonly next_cursor: string | null;
  readonly alike: boolean;
}

export const ABOUT = ['kind', 'country', 'category', 'currency', 'brand'] as const;

export interface NewRule {
  readonly team_id: string | null;
  readonly effect: 'only' | 'hide';
  readonly about: (typeof ABOUT)[number];
  readonly value: string;
}

export interface Rule extends NewRule {
  readonly id: string;
  readonly team_name: string | null;
}

/** One reading of a provider's catalog. */
export interface Reading {
  readonly id: string;
  readonly account_id: string;
  readonly account: string;
  readonly is_full: boolean;
  readonly state: 'running' | 'done' | 'broken';
  readonly started_at: string;
  readonly added: number;
  readonly changed: number;
  readonly retired: number;
  readonly malformed: number;
  readonly examples: readonly { readonly code: string; readonly reason: string }[];
  readonly problem: string | null;
}

interface Team {
  readonly id: string;
  readonly name: string;
}

export interface Curation {
  readonly page: ListedPage;
  readonly rules: readonly Rule[];
  readonly readings: readonly Reading[];
  readonly teams: readonly Team[];
}

export function loadListed(
  text: string,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<ListedPage> {
  const query = { q: text.trim().slice(0, 80) || undefined, cursor: cursor ?? undefined };
  return request<ListedPage>('GET', '/api/v1/catalog', { query, signal });
}

export async function loadCuration(text: string, signal: AbortSignal): Promise<Curation> {
  const options = { signal };
  const [page, rules, readings, teams] = await Promise.all([
    loadListed(text, null, signal),
    request<{ items: readonly Rule[] }>('GET', '/api/v1/catalog/rules', options),
    request<{ items: readonly Reading[] }>('GET', '/api/v1/catalog/syncs', options),
    request<{ items: readonly Team[] }>('GET', '/api/v1/teams', options),
  ]);
  return { page, rules: rules.items, readings: readings.items, teams: teams.items };
}

export function curate(
  id: string,
  body: { is_hidden?: boolean; pinned?: number },
): Promise<undefined> {
  return request<undefined>('PATCH', `/api/v1/catalog/${id}`, { body });
}

export function addRule(body: NewRule): Promise<Rule> {
  return request<Rule>('POST', '/api/v1/catalog/rules', { body });
}

export function removeRule(id: string): Promise<undefined> {
  return request<undefined>('DELETE', `/api/v1/catalog/rules/${id}`);
}

export function readAgain(accountId: string): Promise<{ readonly asked: boolean }> {
  const body = { account_id: accountId, is_full: true };
  return request('POST', '/api/v1/catalog/syncs', { body });
}

/** Return the latest reading of each account. */
export function latest(readings: readonly Reading[]): readonly Reading[] {
  const seen = new Set<string>();
  return readings.filter(({ account_id }) => !seen.has(account_id) && seen.add(account_id));
}
