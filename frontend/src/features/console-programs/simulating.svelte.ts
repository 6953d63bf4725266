import { ApiProblem } from '../../lib/api';
import type { Document } from './document';
import { look, pastMonths, simulate, type Month, type Outcome, type Run } from './simulation';

const MONTHS = 12;
/** Long enough to type the next digit. */
const PAUSE = 600;
const LOOK_AGAIN = 1_000;

/** The simulation of what is in the form: asked a moment after the last change, the newest answer counts. */
export class Simulating {
  outcome = $state.raw<Outcome | null>(null);
  error = $state.raw<unknown>(null);
  isAsking = $state(false);
  /** How far a long one is; null while it is answered at once. */
  percent = $state<number | null>(null);
  /** Without a draft there is nothing to ask for. */
  isKept = $state(false);
  month = $state.raw<Month>({ first: '', last: '' });
  readonly months: readonly Month[];

  /** The form is not complete yet; there is nothing to reckon. */
  readonly isUnfinished = $derived(this.error instanceof ApiProblem && this.error.status === 422);

  #asked: { readonly id: string | null; readonly document: Document } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort: AbortController | undefined;

  constructor(today: Date) {
    this.months = pastMonths(today, MONTHS);
    const [newest] = this.months;
    if (newest) this.month = newest;
  }

  /** Ask a moment from now, unless another change comes first. */
  ask(id: string | null, document: Document): void {
    this.#asked = { id, document };
    this.isKept = id !== null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.again(), PAUSE);
  }

  choose(first: string): void {
    const month = this.months.find((each) => each.first === first);
    if (!month) return;
    this.month = month;
    void this.again();
  }

  async again(): Promise<void> {
    const { id = null, document } = this.#asked ?? {};
    if (id === null || !document) return;
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.isAsking = true;
    try {
      const run = await simulate(id, document, this.month, abort.signal);
      this.outcome = await this.#finished(id, run, abort.signal);
      this.error = null;
    } catch (error) {
      if (!abort.signal.aborted) this.error = error;
    } finally {
      if (this.#abort === abort) {
        this.isAsking = false;
        this.percent = null;
      }
    }
  }

  /** A long one is done by a worker: look until it is. */
  async #finished(program: string, run: Run, signal: AbortSignal): Promise<Outcome> {
    let now = run;
    while (now.id !== null && (now.state === 'waiting' || now.state === 'running')) {
      this.percent = now.percent;
      await new Promise((go) => setTimeout(go, LOOK_AGAIN));
      now = await look(program, now.id, signal);
    }
    if (!now.result) throw new Error('The simulation failed.');
    return now.result;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }
}
