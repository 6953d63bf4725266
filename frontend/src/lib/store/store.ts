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

export async function readSnapshot<T>(key: string): Promise<Kept<T> | undefined> {
  return get<Kept<T>>(`snapshot:${key}`, store());
}

export async function keepSnapshot<T>(key: string, kept: Kept<T>): Promise<void> {
  await set(`snapshot:${key}`, kept, store());
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

export async function keepClaim(claim: Claim): Promise<void> {
  await set(`claim:${claim.key}`, claim, store());
}

export async function dropClaim(key: string): Promise<void> {
  await del(`claim:${key}`, store());
}

/** Return what waits to be sent, oldest first. */
export async function waitingClaims(): Promise<Claim[]> {
  const all = await entries<string, Claim>(store());
  return all
    .filter(([name]) => name.startsWith('claim:'))
    .map(([, claim]) => claim)
    .sort((a, b) => a.keptAt.localeCompare(b.keptAt));
}

/** Forget everything on this phone: sign-out, or another person signs in. */
export async function wipe(): Promise<void> {
  await clear(store());
}
