import { request, type Shapes } from '../../lib/api';

export type Claim = Shapes['ClaimOut'];
export type State = Claim['state'];
export type Twin = Shapes['WaitingTwinOut'];
export type Candidate = Shapes['MatchOut'];

export interface Claims {
  readonly items: readonly Claim[];
  readonly next_cursor: string | null;
}

export const STATES = ['waiting', 'verified', 'matched', 'refused'] as const;

export const isState = (text: string | null): text is State =>
  STATES.some((state) => state === text);

export function loadClaims(
  state: State,
  { cursor, signal }: { cursor?: string; signal?: AbortSignal } = {},
): Promise<Claims> {
  return request('GET', '/api/v1/claims', { query: { state, cursor, limit: 30 }, signal });
}

/** What a candidate is known by in the choice; "new" is none of them. */
export const NEW = 'new';

/** Let a claim count: as a sale of its own, or as one that counts already. */
export function verify(id: string, picked: string): Promise<Claim> {
  const body = picked === NEW ? { is_another_sale: true } : { matched_activity_id: picked };
  return request('POST', `/api/v1/claims/${id}/verify`, { body });
}

export function refuse(id: string, reason: string): Promise<Claim> {
  return request('POST', `/api/v1/claims/${id}/refuse`, { body: { reason } });
}

export const matchesOf = ({ matches }: Claim): readonly Candidate[] => matches ?? [];

/** Return the claims that wait beside this one and may be the same sale, logged again. */
export const twinsOf = ({ waiting_twins }: Claim): readonly Twin[] => waiting_twins ?? [];

/** Return what to pick beforehand: the one sale that fits in everything, nothing when a person must decide. */
export function suggested(claim: Claim): string | null {
  const matches = matchesOf(claim);
  if (matches.length === 0) return NEW;
  const twins = matches.filter(
    (match) => match.same_person && match.same_amount && !match.is_taken,
  );
  return twins.length === 1 ? (twins[0]?.activity_id ?? null) : null;
}

/** Return the claim to show beside the list: the chosen one, else the first. */
export function opened(items: readonly Claim[], id: string | null): Claim | undefined {
  return items.find((claim) => claim.id === id) ?? items[0];
}

/** Return the claim that takes the place of one that was decided. */
export function after(items: readonly Claim[], id: string): string | null {
  const at = items.findIndex((claim) => claim.id === id);
  return (items[at + 1] ?? items[at - 1])?.id ?? null;
}
