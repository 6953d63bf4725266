import { tick } from 'svelte';
import { ApiProblem } from '../../lib/api';
import { router, session, t, toasts } from '../../state';
import { faultAt, type FaultAt } from './faults';
import {
  blankComponent,
  blankProgram,
  fromDocument,
  toDocument,
  type ComponentForm,
  type ProgramForm,
} from './form';
import { publish, read, saveDraft, type PlanSentence, type Program } from './programs';
import type { Document } from './document';
import { paragraphs, type Paragraph } from './words';

export type Act = 'check' | 'save' | 'review' | 'publish';

/** One plan while it is written: what was typed, what is kept, and what the server says of it. */
export class Plan {
  /** What the server keeps; null before the first draft. */
  saved = $state.raw<Program | null>(null);
  form = $state.raw<ProgramForm>(blankProgram(houseOf()));
  text = $state.raw<readonly Paragraph[]>([]);
  isDirty = $state(false);
  isAsking = $state(false);
  busy = $state.raw<Act | null>(null);
  problem = $state.raw<unknown>(null);

  readonly count = $derived(this.problem instanceof ApiProblem ? this.problem.errors.length : 0);
  readonly fault = $derived<FaultAt>((pointer) => faultAt(this.problem, pointer));
  readonly #isNew: boolean;

  constructor(program: Program | null) {
    this.#isNew = program === null;
    if (program) this.#show(program);
  }

  change(part: Partial<ProgramForm>): void {
    this.form = { ...this.form, ...part };
    this.isDirty = true;
  }

  setComponent(component: ComponentForm): void {
    const components = this.form.components.map((each) =>
      each.key === component.key ? component : each,
    );
    this.change({ components });
  }

  addComponent(): void {
    const { components } = this.form;
    const key = Math.max(-1, ...components.map((each) => each.key)) + 1;
    this.change({ components: [...components, blankComponent(key)] });
  }

  dropComponent(key: number): void {
    this.change({ components: this.form.components.filter((each) => each.key !== key) });
  }

  /** Read what the form says now; nothing is kept. */
  check(): Promise<void> {
    return this.#attempt('check', async () => {
      const stated = toDocument(this.form);
      if (this.saved) this.#tell(await read(this.saved.id, stated), stated);
    });
  }

  save(): Promise<void> {
    return this.#attempt('save', async () => {
      const { id } = await this.#keep();
      toasts.show(t('console-programs.draft-saved'));
      this.#settle(id);
    });
  }

  /** Keep what was typed and ask whether it shall be published. */
  review(): Promise<void> {
    return this.#attempt('review', async () => {
      if (this.isDirty || !this.saved) await this.#keep();
      this.isAsking = true;
    });
  }

  publish(): Promise<void> {
    return this.#attempt('publish', async () => {
      if (!this.saved) return;
      const { id } = this.#show(await publish(this.saved.id));
      this.isAsking = false;
      toasts.show(t('console-programs.is-published'));
      this.#settle(id);
    });
  }

  async #keep(): Promise<Program> {
    return this.#show(await saveDraft(this.saved?.id ?? null, toDocument(this.form)));
  }

  #show(answer: Program): Program {
    this.saved = answer;
    this.form = fromDocument(answer.document);
    this.#tell(answer.text, answer.document);
    this.isDirty = false;
    return answer;
  }

  #tell(text: readonly PlanSentence[], document: Document): void {
    this.text = paragraphs(text, document, session.place);
  }

  /** A plan that was new has an address of its own from now on. */
  #settle(id: string): void {
    if (this.#isNew) router.go(`/console/programs/${id}`);
  }

  async #attempt(what: Act, act: () => Promise<void>): Promise<void> {
    this.busy = what;
    this.problem = null;
    try {
      await act();
    } catch (error) {
      this.problem = error;
      this.isAsking = false;
      await tick();
      document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    } finally {
      this.busy = null;
    }
  }
}

function houseOf(): { currency: string; zone: string } {
  return {
    currency: session.tenant?.currency ?? 'EUR',
    zone: session.tenant?.zone ?? session.place.zone,
  };
}
