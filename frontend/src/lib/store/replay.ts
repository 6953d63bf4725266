import { ApiProblem, isPassing, request } from '../api';
import { dropClaim, keepClaim, waitingClaims, type Claim } from './store';

export interface Replay {
  readonly sent: readonly Claim[];
  readonly refused: readonly Claim[];
  readonly waiting: number;
}

type Send = (claim: Claim) => Promise<unknown>;

let running: Promise<Replay> | null = null;

/** Send what waits, oldest first, and stop at the first that cannot be sent now. */
export function replay(send: Send = post): Promise<Replay> {
  running ??= replayAll(send).finally(() => {
    running = null;
  });
  return running;
}

async function replayAll(send: Send): Promise<Replay> {
  const claims = (await waitingClaims()).filter((claim) => claim.refusal === undefined);
  const sent: Claim[] = [];
  const refused: Claim[] = [];
  for (const claim of claims) {
    const outcome = await sendOne(claim, send);
    if (outcome === 'later') break;
    if (outcome === 'sent') sent.push(claim);
    else refused.push(outcome);
  }
  return { sent, refused, waiting: claims.length - sent.length - refused.length };
}

async function sendOne(claim: Claim, send: Send): Promise<'sent' | 'later' | Claim> {
  try {
    await send(claim);
  } catch (error) {
    if (!(error instanceof ApiProblem) || isPassing(error)) return 'later';
    const refused = { ...claim, refusal: error.detail || error.title || error.code };
    await keepClaim(refused);
    return refused;
  }
  await dropClaim(claim.key);
  return 'sent';
}

async function post(claim: Claim): Promise<unknown> {
  return request('POST', claim.path, { body: claim.body, idempotencyKey: claim.key });
}
