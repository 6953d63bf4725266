import { request } from '../../lib/api';
import type { Money } from '../../lib/money';

/** A sale that came from somewhere else and may be the same one. */
export interface Candidate {
  readonly activity_id: string;
  readonly source: string;
  readonly external_id: string;
  readonly occurred_at: string;
  readonly amount: Money | null;
  readonly customer_reference: string | null;
  readonly same_person: boolean;
  readonly same_amount: boolean;
  /** It counts as another claim: this one was logged twice, or is another sale. */
  readonly is_taken: boolean;
}

/** Another claim that waits: of the same person, customer and amount. */
export interface Twin {
  readonly id: string;
  readonly occurred_on: string;
}

export interface WaitingClaim {
  readonly id: string;
  readonly state: string;
  readonly person_id: string;
  readonly person_name: string | null;
  readonly product: string;
  readonly amount: Money | null;
  readonly units: string;
  readonly customer_reference: string;
  readonly occurred_on: string;
  readonly note: string;
  readonly created_at: string;
  readonly matches: readonly Candidate[];
  /** Not in what a phone kept from before there were any. */
  readonly waiting_twins?: readonly Twin[];
}

interface Items {
  readonly items: readonly WaitingClaim[];
}

export async function loadWaiting(signal: AbortSignal): Promise<readonly WaitingClaim[]> {
  const query = { state: 'waiting' };
  return (await request<Items>('GET', '/api/v1/claims', { query, signal })).items;
}

/** Let the sale count; with `matched` it is the same as one that is already there. */
export function verify(id: string, matched: string | null): Promise<void> {
  const body = matched === null ? { is_another_sale: true } : { matched_activity_id: matched };
  return request('POST', `/api/v1/claims/${id}/verify`, { body });
}

export function refuse(id: string, reason: string): Promise<void> {
  return request('POST', `/api/v1/claims/${id}/refuse`, { body: { reason } });
}

/** What a candidate is known by in the choice; "new" is none of them. */
export const NEW = 'new';

/** Return what to pick beforehand: the one sale that fits in everything, nothing when a person must decide. */
export function suggested({ matches }: WaitingClaim): string | null {
  if (matches.length === 0) return NEW;
  const twins = matches.filter(
    (match) => match.same_person && match.same_amount && !match.is_taken,
  );
  return twins.length === 1 ? (twins[0]?.activity_id ?? null) : null;
}
