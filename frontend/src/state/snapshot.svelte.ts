import { ApiProblem, Offline } from '../lib/api';
import { judge, type Pushes, type PushName } from '../lib/live';
import { keepSnapshot, readSnapshot } from '../lib/store';
import { live } from './live.svelte';
import { online } from './online.svelte';

/** How live pushes change a snapshot. */
export interface LiveRule<T, N extends PushName, P = Pushes[N]> {
  readonly event: N;
  /** Whether the push is about this snapshot at all; every push when left out. */
  readonly isFor?: (push: P, value: T) => boolean;
  /** The revision we hold; a push that leaves a gap after it makes the snapshot refetch. */
  readonly held?: (value: T) => number;
  /** Return the new value, or `refetch` when the push only says that something changed. */
  readonly apply: (value: T, push: P) => T | 'refetch';
}

export interface SnapshotOptions<T, N extends PushName> {
  /** Name under which the last answer is kept on the phone; left out: nothing is kept. */
  readonly key?: string;
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly live?: LiveRule<T, N>;
}

/**
 * What the server last said, shown at once from the phone and then brought up to date.
 *
 * Make one while a component is being set up: it opens with the component and closes with it.
 */
export class Snapshot<T, N extends PushName = PushName> {
  value = $state.raw<T | undefined>();
  /** When `value` was true. */
  asOf = $state.raw<Date | null>(null);
  error = $state.raw<ApiProblem | Offline | null>(null);
  loading = $state(false);
  /** The value comes from the phone and the server has not confirmed it yet. */
  stale = $state(false);
  readonly offline = $derived(this.error instanceof Offline || !online.isOnline);

  readonly #options: SnapshotOptions<T, N>;
  #abort: AbortController | null = null;
  #asked: Promise<void> | null = null;
  /** What was pushed while the server was asked: the answer may be older. */
  #meanwhile: Pushes[N][] = [];
  readonly #detach: (() => void)[] = [];

  constructor(options: SnapshotOptions<T, N>) {
    this.#options = options;
    $effect(() => {
      void this.#open();
      return () => this.#close();
    });
  }

  /** Ask the server; what is shown stays until the answer is there. */
  refresh(): Promise<void> {
    this.#asked = this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#meanwhile = [];
    this.loading = true;
    try {
      const value = await this.#options.load(abort.signal);
      if (!abort.signal.aborted) await this.#show(value);
    } catch (error) {
      if (!abort.signal.aborted) this.#fail(error);
    } finally {
      if (this.#abort === abort) {
        this.loading = false;
        this.#catchUp();
      }
    }
  }

  /** What was pushed while the server was asked is judged by its answer. */
  #catchUp(): void {
    const { live: rule } = this.#options;
    if (!rule) return;
    for (const push of this.#meanwhile) {
      this.#take(push, rule);
      if (this.loading) return; // asked again, after all of them
    }
  }

  /** Show `value`, the answer of a write: what was asked for before it is older, and is not waited for. */
  async set(value: T): Promise<void> {
    this.#abort?.abort();
    await this.#show(value);
  }

  async #show(value: T): Promise<void> {
    this.value = value;
    this.asOf = new Date();
    this.stale = false;
    this.error = null;
    online.report(true);
    const { key } = this.#options;
    if (key) await keepSnapshot(key, { value, asOf: this.asOf.toISOString() });
  }

  async #open(): Promise<void> {
    this.#listen();
    const { key } = this.#options;
    const kept = key ? await readSnapshot<T>(key) : undefined;
    if (kept && this.value === undefined) {
      this.value = kept.value;
      this.asOf = new Date(kept.asOf);
      this.stale = true;
    }
    if (this.#detach.length) await this.refresh();
  }

  #close(): void {
    this.#abort?.abort();
    for (const detach of this.#detach.splice(0)) detach();
  }

  #listen(): void {
    const again = (): void => void this.refresh();
    addEventListener('online', again);
    this.#detach.push(() => removeEventListener('online', again));
    const rule = this.#options.live;
    if (!rule) return;
    this.#detach.push(
      live.connection.subscribe(rule.event, (push) => this.#take(push, rule)),
      this.#refetchOnConnection(),
    );
  }

  /** Pushes without a connection are lost, those before the first one too: once there is one, ask for everything. */
  #refetchOnConnection(): () => void {
    let mayMiss = false;
    return live.connection.watch((connection) => {
      if (connection === 'connected' && mayMiss) void this.#askAfterwards();
      mayMiss = connection !== 'connected';
    });
  }

  /** Ask again after the answer that is on its way: it may be older than the connection. */
  async #askAfterwards(): Promise<void> {
    await this.#asked;
    if (this.#detach.length) await this.refresh();
  }

  #take(push: Pushes[N], rule: LiveRule<T, N>): void {
    if (this.loading) this.#meanwhile.push(push);
    const held = this.value;
    if (held === undefined || rule.isFor?.(push, held) === false) return;
    const verdict = judge(rule.held?.(held), push.revision);
    if (verdict === 'known') return;
    const next = verdict === 'gap' ? 'refetch' : rule.apply(held, push);
    void (next === 'refetch' ? this.refresh() : this.#show(next));
  }

  #fail(error: unknown): void {
    if (!(error instanceof ApiProblem || error instanceof Offline)) throw error;
    this.error = error;
    this.stale = this.value !== undefined;
    if (error instanceof Offline) online.report(false);
  }
}
