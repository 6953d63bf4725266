import { request } from '../../lib/api';
import type { Money } from '../../lib/money';
import type { Rules } from './form';

export type ContestState = 'draft' | 'scheduled' | 'running' | 'provisional' | 'final';

export interface Amendment {
  readonly number: number;
  readonly made_at: string;
  readonly made_by: string;
  readonly reason: string;
}

/** A contest as `GET /api/v1/contests` answers it. */
export interface Contest {
  readonly id: string;
  readonly name: string;
  readonly state: ContestState;
  readonly zone: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly final_at: string;
  /** `count` of activities, `units` sold, or the currency of an amount. */
  readonly unit: string;
  readonly pot: Money | null;
  readonly participants: number;
  readonly scored: number;
  readonly sha256: string | null;
  readonly created_by: string;
  readonly amendments: readonly Amendment[];
  readonly may_edit: boolean;
  readonly rules: Rules;
}

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly people: number;
}

/** What the form to launch a contest opens with. */
export interface Start {
  readonly products: readonly string[];
  readonly teams: readonly Team[];
  /** The draft to go on with. */
  readonly contest: Contest | null;
}

interface Items<T> {
  readonly items: readonly T[];
}

export async function loadContests(signal: AbortSignal): Promise<readonly Contest[]> {
  return (await request<Items<Contest>>('GET', '/api/v1/contests', { signal })).items;
}

export function loadContest(id: string, signal: AbortSignal): Promise<Contest> {
  return request('GET', `/api/v1/contests/${id}`, { signal });
}

export async function loadStart(draft: string | null, signal: AbortSignal): Promise<Start> {
  const [products, teams, contest] = await Promise.all([
    request<Items<{ name: string; active: boolean }>>('GET', '/api/v1/products', { signal }),
    loadTeams(signal),
    draft === null ? null : loadContest(draft, signal),
  ]);
  const offered = products.items.filter(({ active }) => active).map(({ name }) => name);
  return { products: offered, teams, contest };
}

export async function loadTeams(signal: AbortSignal): Promise<readonly Team[]> {
  return (await request<Items<Team>>('GET', '/api/v1/teams', { signal })).items;
}

/** Keep `rules` as a draft: a new one, or instead of what the draft said. */
export function saveDraft(id: string | null, rules: Rules): Promise<Contest> {
  return id === null
    ? request('POST', '/api/v1/contests', { body: rules })
    : request('PUT', `/api/v1/contests/${id}`, { body: rules });
}

export function launch(id: string): Promise<Contest> {
  return request('POST', `/api/v1/contests/${id}/launch`);
}

const ORDER: readonly ContestState[] = ['running', 'provisional', 'scheduled', 'draft', 'final'];

/** What runs first, what is over last; the newest first among equals. */
export function byState(contests: readonly Contest[]): readonly Contest[] {
  return [...contests].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}
