import { router } from '../../state';
import { loadRun, type RunDetail } from './imports';
import {
  dryRun,
  keepFor,
  look,
  missingFields,
  start,
  startingMapping,
  upload,
  type DryRun,
  type FileShape,
  type Mapping,
  type Preview,
} from './mapping';

const STEPS = ['file', 'columns', 'check'] as const;
export type Step = (typeof STEPS)[number];

/** One file on its way in: sent, understood, tried, started. Its id is in the address. */
export class Wizard {
  step = $state<Step>('file');
  run = $state.raw<RunDetail | null>(null);
  preview = $state.raw<Preview | null>(null);
  mapping = $state.raw<Mapping | null>(null);
  outcome = $state.raw<DryRun | null>(null);
  busy = $state(false);
  fault = $state.raw<unknown>(null);
  readonly index = $derived(STEPS.indexOf(this.step));
  readonly missing = $derived(this.mapping ? missingFields(this.mapping) : []);
  /** Nothing stands against trying it. */
  readonly isReady = $derived(
    this.preview !== null &&
      this.fault === null &&
      this.preview.problems.length === 0 &&
      this.missing.length === 0 &&
      (this.preview.is_sure || !!this.mapping?.file.encoding),
  );

  /** Send a file; what a source keeps is what it begins with. */
  async send(file: File, source: string): Promise<void> {
    await this.#try(async () => {
      const { id } = await upload(file, source);
      router.setQuery('file', id);
      await this.#open(id);
    });
  }

  /** Go on with a file that was sent before, as after a reload. */
  async resume(id: string): Promise<void> {
    await this.#try(() => this.#open(id));
  }

  /** Read the file so from now on, and show what that gives. */
  async read(mapping: Mapping): Promise<void> {
    this.mapping = mapping;
    await this.#try(() => this.#look(mapping));
  }

  /** Correct how the bytes become rows. */
  async shape(change: Partial<FileShape>): Promise<void> {
    if (this.mapping)
      await this.read({ ...this.mapping, file: { ...this.mapping.file, ...change } });
  }

  async check(): Promise<void> {
    await this.#try(async () => {
      if (!this.run) return;
      this.outcome = await dryRun(this.run.id);
      this.step = 'check';
    });
  }

  /** Take the file in; with `keeps` the next one of its source is read the same way. */
  async start(keeps: boolean): Promise<void> {
    await this.#try(async () => {
      if (!this.run || !this.mapping) return;
      if (keeps) await keepFor(this.run.source, this.mapping);
      await start(this.run.id);
      router.go(`/console/imports/${this.run.id}`, { replace: true });
    });
  }

  back(to: Step): void {
    this.step = to;
    this.fault = null;
  }

  /** Begin again with another file. */
  again(): void {
    router.setQuery('file', null);
    this.run = this.preview = this.mapping = this.outcome = null;
    this.back('file');
  }

  async #open(id: string): Promise<void> {
    const run = await loadRun(id);
    if (run.state !== 'uploaded') {
      router.go(`/console/imports/${id}`, { replace: true });
      return;
    }
    this.run = run;
    this.mapping = run.mapping;
    this.step = 'columns';
    const preview = await look(id);
    this.mapping = startingMapping(run.mapping, preview);
    await this.#look(this.mapping);
  }

  async #look(mapping: Mapping): Promise<void> {
    if (!this.run) return;
    const preview = await look(this.run.id, mapping);
    if (this.mapping === mapping) this.preview = preview;
  }

  async #try(act: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.fault = null;
    try {
      await act();
    } catch (error) {
      this.fault = error;
    } finally {
      this.busy = false;
    }
  }
}
