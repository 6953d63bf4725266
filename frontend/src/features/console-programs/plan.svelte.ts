import { tick } from 'svelte';
import { explain, explainField, router, session, t, toasts } from '../../state';
import { faultAt, faultsOf, type Fault, type FaultAt, type StepName } from './faults';
import type { Component, Document } from './document';
import {
  blankDocument,
  fromDocument,
  toDocument,
  withComponent,
  withNewComponent,
  withoutComponent,
  type PlanForm,
} from './form';
import {
  amend,
  enrol,
  loadProgram,
  publish,
  read,
  saveDraft,
  type Amendment,
  type Enrolment,
  type PlanSentence,
  type Program,
  type Template,
} from './programs';
import { Simulating } from './simulating.svelte';
import { paragraphs, type Paragraph } from './words';

export type Act = 'save' | 'publish' | 'preview';

const EVERYBODY: Enrolment = { kind: 'everybody', person_id: null, first: null, last: null };
const READ_PAUSE = 500;

/** One plan while it is written: what was typed, what is kept, and what the server says of it. */
export class Plan {
  /** What the server keeps; null before the first draft. */
  saved = $state.raw<Program | null>(null);
  form = $state.raw<PlanForm>(fromDocument(blankDocument(houseOf())));
  rules = $state.raw<readonly Enrolment[]>([EVERYBODY]);
  text = $state.raw<readonly Paragraph[]>([]);
  sha256 = $state.raw<string | null>(null);
  step = $state<StepName>('people');
  /** Index of the component that is shown. */
  open = $state(0);
  isDirty = $state(false);
  /** The text is that of an earlier document. */
  isOld = $state(false);
  isAsking = $state(false);
  busy = $state.raw<Act | null>(null);
  problem = $state.raw<unknown>(null);
  /** What an amendment from a day on would change. */
  effects = $state.raw<{ readonly from: string; readonly found: Amendment } | null>(null);
  /** Why an amendment was refused. */
  refusal = $state.raw<unknown>(null);

  readonly simulating = new Simulating(new Date());
  readonly hasDraft = $derived(this.isDirty || (this.saved?.has_draft ?? true));
  readonly document = $derived(this.form.document);
  readonly component = $derived<Component | undefined>(this.document.components[this.open]);
  readonly faults = $derived<readonly Fault[]>(faultsOf(this.problem));
  readonly fault = $derived<FaultAt>((pointer) => faultAt(this.problem, pointer));
  readonly refused = $derived(this.refusal ? explain(this.refusal) : undefined);
  readonly #isNew: boolean;
  #areRulesNew = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(program: Program | null, template: Template | null = null) {
    this.#isNew = program === null;
    if (program) this.#show(program);
    if (template) {
      this.form = fromDocument(template.document);
      this.#tell(template.text, template.document);
      this.isDirty = true;
      this.step = 'counts';
    }
    if (program) this.step = 'pays';
    this.#look();
  }

  change(document: Document): void {
    this.#put({ ...this.form, document });
  }

  setComponent(component: Component): void {
    this.#put(withComponent(this.form, this.open, component));
  }

  addComponent(): void {
    this.#put(withNewComponent(this.form));
    this.open = this.document.components.length - 1;
  }

  dropComponent(): void {
    this.#put(withoutComponent(this.form, this.open));
    this.open = Math.max(0, this.open - 1);
  }

  setRules(rules: readonly Enrolment[]): void {
    this.rules = rules;
    this.isDirty = true;
    this.#areRulesNew = true;
  }

  /** Show where something is wrong. */
  async goTo({ step, component, pointer }: Fault): Promise<void> {
    this.step = step;
    if (component !== null) this.open = component;
    await tick();
    const marked = document.querySelectorAll<HTMLElement>('[aria-invalid="true"]');
    const nth = this.faults
      .filter((fault) => fault.step === step && fault.component === component)
      .findIndex((fault) => fault.pointer === pointer);
    (marked[nth] ?? marked[0])?.focus();
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
    return this.#attempt('save', async () => {
      if (this.isDirty || !this.saved) await this.#keep();
      this.effects = null;
      this.refusal = null;
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

  /** What is wrong with the day or the reason of an amendment. */
  amendFault(pointer: string): string | undefined {
    return explainField(this.refusal, pointer);
  }

  /** Show who gains and who loses when it pays from a day on. */
  preview(from: string, reason: string): Promise<void> {
    return this.#ask('preview', async (id) => {
      const found = await amend(id, toDocument(this.form), { from, reason, isSealed: false });
      this.effects = { from, found };
    });
  }

  /** Seal it; it pays from that day on. */
  amend(from: string, reason: string): Promise<void> {
    return this.#ask('publish', async (id) => {
      await amend(id, toDocument(this.form), { from, reason, isSealed: true });
      this.#show(await loadProgram(id));
      this.isAsking = false;
      toasts.show(t('console-programs.is-published'));
    });
  }

  /** What is refused here is told in the dialog. */
  async #ask(what: Act, act: (id: string) => Promise<void>): Promise<void> {
    if (!this.saved) return;
    this.busy = what;
    this.refusal = null;
    try {
      await act(this.saved.id);
    } catch (error) {
      this.refusal = error;
    } finally {
      this.busy = null;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.simulating.stop();
  }

  #put(form: PlanForm): void {
    this.form = form;
    this.isDirty = true;
    this.isOld = true;
    this.#look();
  }

  /** A moment after the last change: read anew what it says, and what it would cost. */
  #look(): void {
    const id = this.saved?.id ?? null;
    const stated = toDocument(this.form);
    this.simulating.ask(id, stated);
    clearTimeout(this.#timer);
    if (id && this.isDirty) this.#timer = setTimeout(() => void this.#read(id, stated), READ_PAUSE);
  }

  /** What does not make sense yet is not read; saving says why. */
  async #read(id: string, stated: Document): Promise<void> {
    try {
      const reading = await read(id, stated);
      if (JSON.stringify(stated) !== this.#stated()) return;
      this.#tell(reading.text, stated);
      this.sha256 = reading.sha256;
      this.problem = null;
    } catch (error) {
      if (this.problem) this.problem = error;
    }
  }

  #stated(): string {
    return JSON.stringify(toDocument(this.form));
  }

  async #keep(): Promise<Program> {
    const rules = this.#areRulesNew ? this.rules : null;
    const kept = await saveDraft(this.saved?.id ?? null, toDocument(this.form));
    return this.#show(rules ? await enrol(kept.id, rules) : kept);
  }

  #show(answer: Program): Program {
    this.saved = answer;
    this.form = fromDocument(answer.document);
    this.rules = answer.enrolments;
    this.#areRulesNew = false;
    this.#tell(answer.text, answer.document);
    this.isDirty = false;
    return answer;
  }

  #tell(text: readonly PlanSentence[], document: Document): void {
    this.text = paragraphs(text, document, session.place);
    this.isOld = false;
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
      const [first] = this.faults;
      if (first) await this.goTo(first);
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
