import { ApiProblem } from '../../lib/api';
import { PasskeyCancelled } from '../../lib/passkeys';
import { explain, explainField } from '../../state';

type Faults = Readonly<Record<string, string>>;

/** What is typed into a form and everything that is wrong with it; nothing typed is ever lost. */
export class Form<T extends object> {
  typed: T;
  busy = $state(false);
  #missing = $state.raw<Faults>({});
  #refused = $state.raw<unknown>(null);

  constructor(typed: T) {
    this.typed = $state.raw(typed);
  }

  type(change: Partial<T>): void {
    this.typed = { ...this.typed, ...change };
  }

  /** What is wrong with one field, by its pointer. */
  at(pointer: string): string | undefined {
    return this.#missing[pointer] ?? explainField(this.#refused, pointer);
  }

  /** What is wrong with all of it, unless its fields say so. */
  get fault(): string | undefined {
    if (this.#refused === null) return undefined;
    const hasFields = this.#refused instanceof ApiProblem && this.#refused.errors.length > 0;
    return hasFields ? undefined : explain(this.#refused);
  }

  /** Send what is typed unless something is missing; undefined when it was not accepted. */
  async send<R>(missing: Faults, act: (typed: T) => Promise<R>): Promise<R | undefined> {
    this.#missing = missing;
    this.#refused = null;
    if (Object.keys(missing).length > 0) return undefined;
    this.busy = true;
    try {
      return await act(this.typed);
    } catch (error) {
      if (!(error instanceof PasskeyCancelled)) this.#refused = error;
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}
