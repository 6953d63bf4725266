import type { Contest } from './features/ranks/ranks';
import { ApiProblem, Offline } from './lib/api';
import { idle } from './lib/idle';
import { keepSnapshot, readSnapshot } from './lib/store';

type Load = (signal: AbortSignal) => Promise<unknown>;

/** A snapshot that is this old is fetched again, so that a day without opening a screen does not show. */
const FRESH_MS = 3_600_000;
/** Today comes first; the rest can wait until it stands. */
const PATIENCE_MS = 4_000;

/** What a rep looks up where there is no signal, by the name under which its screen looks for it. */
async function screens(): Promise<ReadonlyMap<string, Load>> {
  const [earnings, ranks, rewards, store, inbox, badges, log] = await Promise.all([
    import('./features/earnings/earnings'),
    import('./features/ranks/ranks'),
    import('./features/rewards/rewards'),
    import('./features/rewards/store'),
    import('./features/inbox/inbox'),
    import('./features/badges/badges'),
    import('./features/log/log'),
  ]);
  return new Map<string, Load>([
    ['earnings', (signal) => earnings.loadEarnings({}, signal)],
    ['contests', ranks.loadContests],
    ['store-front', store.loadFront],
    ['redemptions', rewards.loadOrders],
    ['inbox', (signal) => inbox.loadInbox(signal)],
    ['badges', badges.loadBadges],
    ['products', log.loadProducts],
    ['claims', log.loadClaims],
  ]);
}

/** Keep on the phone what its owner has not opened yet, one after another; returns the way to stop. */
export function keepAhead(): () => void {
  const abort = new AbortController();
  const wait = setTimeout(() => void fetchAll(abort.signal), PATIENCE_MS);
  return () => {
    clearTimeout(wait);
    abort.abort();
  };
}

async function fetchAll(signal: AbortSignal): Promise<void> {
  try {
    for (const [key, load] of await screens()) await fetchOne(key, load, signal);
    await fetchBoards(signal);
  } catch (error) {
    // No signal, or signed out meanwhile: the screens themselves say so when they are opened.
    if (!signal.aborted && !(error instanceof ApiProblem || error instanceof Offline)) throw error;
  }
}

async function fetchOne(key: string, load: Load, signal: AbortSignal): Promise<void> {
  const kept = await readSnapshot(key);
  if (signal.aborted || (kept && Date.now() - Date.parse(kept.asOf) < FRESH_MS)) return;
  await idle();
  const value = await load(signal);
  signal.throwIfAborted();
  await keepSnapshot(key, { value, asOf: new Date().toISOString() });
}

/** The boards of the contests that run; which they are, the list before has told. */
async function fetchBoards(signal: AbortSignal): Promise<void> {
  const { loadBoard } = await import('./features/ranks/ranks');
  const contests = await readSnapshot<readonly Contest[]>('contests');
  for (const { id, state } of contests?.value ?? [])
    if (state === 'running') await fetchOne(`board:${id}`, (asked) => loadBoard(id, asked), signal);
}
