import { ApiProblem, isPassing, request } from '../../lib/api';
import { claims } from '../../state';
import { CLAIMS_PATH, type ClaimBody } from './log';

/** What became of a sale: the server has it, or this phone keeps it until it can send it. */
export type Outcome = 'sent' | 'kept';

export interface Logged {
  readonly body: ClaimBody;
  /** What the person sees of it while it waits. */
  readonly label: string;
  /** The same for every try, so that the sale is never there twice. */
  readonly key: string;
}

/** Send a sale, or keep it on this phone when the server cannot be reached; throws what it refuses. */
export async function send({ body, label, key }: Logged): Promise<Outcome> {
  try {
    await request('POST', CLAIMS_PATH, { body, idempotencyKey: key });
    return 'sent';
  } catch (error) {
    if (error instanceof ApiProblem && !isPassing(error)) throw error;
    await claims.add({ path: CLAIMS_PATH, body, label, key });
    return claims.all.some((claim) => claim.key === key) ? 'kept' : 'sent';
  }
}
