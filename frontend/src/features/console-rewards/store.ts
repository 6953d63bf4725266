import { request } from '../../lib/api';
import type { Money } from '../../lib/money';
import { loadLimits, type Limit } from './limits';

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
export type About = (typeof ABOUT)[number];

/** Whom a rule is about; null says nothing. `country` is where people live. */
export interface Audience {
  readonly team_id: string | null;
  readonly role: 'rep' | 'manager' | null;
  readonly country: string | null;
}

export const EFFECTS = ['hide', 'only', 'open'] as const;

export interface NewRule extends Audience {
  /** "open": nobody else is shown these. */
  readonly effect: (typeof EFFECTS)[number];
  readonly about: About;
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
  readonly choices: Choices;
  readonly rules: readonly Rule[];
  readonly limits: readonly Limit[];
  readonly readings: readonly Reading[];
  readonly teams: readonly Team[];
}

/** What is looked for among everything listed; empty values narrow nothing. */
export interface Look {
  readonly text: string;
  readonly kind: string;
  /** An ISO code, `home`, or nothing for the whole world. */
  readonly country: string;
  readonly category: string;
  readonly currency: string;
  readonly amount: string;
  readonly inStock: boolean;
}

export const AT_HOME: Look = {
  text: '',
  kind: '',
  country: 'home',
  category: '',
  currency: '',
  amount: '',
  inStock: false,
};

/** Return the query string of a look. */
export function queryOf(look: Look): Record<string, string | boolean | undefined> {
  const { text, kind, country, category, currency, amount, inStock } = look;
  return {
    q: text.trim().slice(0, 80) || undefined,
    kind: kind || undefined,
    country: country || undefined,
    category: category || undefined,
    currency: currency || undefined,
    amount: amount || undefined,
    in_stock: inStock || undefined,
  };
}

/** Return the country that is looked at; none where nothing is sold at home. */
export function countryOf({ country }: Look, { home, countries }: Choices): string {
  if (country !== 'home') return country;
  return countries.find(({ value }) => value === home)?.value ?? '';
}

export function loadListed(
  look: Look,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<ListedPage> {
  const query = { ...queryOf(look), cursor: cursor ?? undefined };
  return request<ListedPage>('GET', '/api/v1/catalog', { query, signal });
}

interface Choice {
  readonly value: string;
  readonly count: number;
}

/** What the catalog can be narrowed by, and rules can be about. */
export interface Choices {
  /** Where the reader lives. */
  readonly home: string | null;
  readonly countries: readonly Choice[];
  readonly categories: readonly Choice[];
  readonly currencies: readonly Choice[];
}

export async function loadCuration(look: Look, signal: AbortSignal): Promise<Curation> {
  const options = { signal };
  const country = look.country.length === 2 ? look.country : undefined;
  const [page, choices, rules, limits, readings, teams] = await Promise.all([
    loadListed(look, null, signal),
    request<Choices>('GET', '/api/v1/catalog/choices', { query: { country }, signal }),
    request<{ items: readonly Rule[] }>('GET', '/api/v1/catalog/rules', options),
    loadLimits(signal),
    request<{ items: readonly Reading[] }>('GET', '/api/v1/catalog/syncs', options),
    request<{ items: readonly Team[] }>('GET', '/api/v1/teams', options),
  ]);
  return {
    page,
    choices,
    rules: rules.items,
    limits,
    readings: readings.items,
    teams: teams.items,
  };
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
