import { clear, createStore, del, entries, get, set, type UseStore } from 'idb-keyval';

/** The one thing Laurel keeps on a phone: what was true when, and what still has to be sent. */
let opened: UseStore | null = null;

function store(): UseStore {
  opened ??= createStore('laurel', 'kept');
  return opened;
}

export interface Kept<T> {
  readonly value: T;
  /** When the server said so, RFC 3339. */
  readonly asOf: string;
}

/** Return what was kept under `key`; nothing on a phone that cannot keep anything. */
export async function readSnapshot<T>(key: string): Promise<Kept<T> | undefined> {
  return ifItCan(() => get<Kept<T>>(`snapshot:${key}`, store()));
}

/** Keep a snapshot if the phone has room for it: without, the app still works with signal. */
export async function keepSnapshot<T>(key: string, kept: Kept<T>): Promise<void> {
  await ifItCan(() => set(`snapshot:${key}`, kept, store()));
}

/**
 * Browsers without storage, or with a full one, answer with a DOMException; one that clears the site
 * while something is written ends that with no reason at all.
 */
async function ifItCan<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error !== null && !(error instanceof DOMException)) throw error;
    opened = null; // a browser that cleared the site has closed it
    return undefined;
  }
}

/** A write that waits for signal. The key makes sending it twice the same as once. */
export interface Claim {
  readonly key: string;
  readonly path: string;
  readonly body: unknown;
  readonly keptAt: string;
  /** What the person sees of it while it waits: "Dual-fuel, Via Solari 18". */
  readonly label: string;
  /** Why the server refused it for good; the person decides what becomes of it. */
  readonly refusal?: string | undefined;
}

/** Keep a write; throws when the phone cannot, so that nobody is told it is safe. */
export async function keepClaim(claim: Claim): Promise<void> {
  await set(`claim:${claim.key}`, claim, store());
}

export async function dropClaim(key: string): Promise<void> {
  await del(`claim:${key}`, store());
}

/** Return what waits to be sent, oldest first. */
export async function waitingClaims(): Promise<Claim[]> {
  const all = (await ifItCan(() => entries<string, Claim>(store()))) ?? [];
  return all
    .filter(([name]) => name.startsWith('claim:'))
    .map(([, claim]) => claim)
    .sort((a, b) => a.keptAt.localeCompare(b.keptAt));
}

/** Forget everything on this phone: sign-out, or another person signs in. */
export async function wipe(): Promise<void> {
  await ifItCan(() => clear(store()));
}
