import { ApiProblem } from '../../lib/api';
import type { Document } from './document';
import { pastMonths, simulate, type Month, type Outcome } from './simulation';

const MONTHS = 12;
/** Long enough to type the next digit. */
const PAUSE = 600;

/** The simulation of what is in the form: asked a moment after the last change, the newest answer counts. */
export class Simulating {
  outcome = $state.raw<Outcome | null>(null);
  error = $state.raw<unknown>(null);
  isAsking = $state(false);
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
    if (!this.#asked) return;
    const { id, document } = this.#asked;
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.isAsking = true;
    try {
      this.outcome = await simulate(id, document, this.month, abort.signal);
      this.error = null;
    } catch (error) {
      if (!abort.signal.aborted) this.error = error;
    } finally {
      if (this.#abort === abort) this.isAsking = false;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }
}
