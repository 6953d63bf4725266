export type { Replay } from './replay';
export {
  dropClaim,
  keepClaim,
  keepSnapshot,
  readSnapshot,
  waitingClaims,
  wipe,
  type Claim,
  type Kept,
} from './store';
