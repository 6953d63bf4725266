import { explain, Snapshot, t, toasts } from '../../state';
import {
  afterMove,
  alike,
  checkAgain,
  dismissRow,
  isMoving,
  loadRows,
  loadRun,
  repairAll,
  repairRow,
  type Row,
  type Rows,
  type RunDetail,
  type Suggestion,
  type Wrong,
} from './imports';

const ASK_EVERY = 3_000;

/** One import and its rows that are set aside. Make it while a component is being set up. */
export class OneRun {
  readonly run: Snapshot<RunDetail, 'import.moved'>;
  readonly rows: Snapshot<Rows, never>;
  reason = $state<string | null>(null);
  busy = $state(false);
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
    this.run = new Snapshot<RunDetail, 'import.moved'>({
      load: (signal) => loadRun(id, signal),
      live: {
        event: 'import.moved',
        isFor: (push) => push.import_id === id,
        apply: (run, push) => {
          const next = afterMove(run, push);
          if (next === 'refetch') void this.rows.refresh();
          return next;
        },
      },
    });
    this.rows = new Snapshot<Rows, never>({
      load: (signal) => loadRows(id, { ...(this.reason && { reason: this.reason }), signal }),
    });
  }

  /** Pushes go to who started it; everybody else asks while it runs. Returns the way to stop. */
  watch(): (() => void) | undefined {
    if (!this.run.value || !isMoving(this.run.value)) return undefined;
    const asking = setInterval(() => void this.#refresh(), ASK_EVERY);
    return () => clearInterval(asking);
  }

  async show(reason: string | null): Promise<void> {
    this.reason = reason;
    await this.rows.refresh();
  }

  async more(): Promise<void> {
    const { items, next_cursor: cursor } = this.rows.value ?? { items: [], next_cursor: null };
    if (cursor === null) return;
    await this.#act(async () => {
      const next = await loadRows(this.#id, {
        ...(this.reason && { reason: this.reason }),
        cursor,
      });
      await this.rows.set({ ...next, items: [...items, ...next.items] });
    });
  }

  /** Put cells of a row right; throws with what is still wrong. */
  async repair(row: Row, values: Readonly<Record<string, string>>, wrong?: Wrong): Promise<void> {
    const others = wrong ? alike(wrong, this.rows.value?.items ?? []) - 1 : 0;
    await repairRow(this.#id, row.row, values);
    const text = t('console-imports.row-is-in', { row: row.row });
    const to = wrong && values[wrong.column];
    if (others > 0 && wrong && to !== undefined) {
      const repair = { reason: wrong.reason, column: wrong.column, from: wrong.value.trim(), to };
      const label = t('console-imports.same-for-all', { value: repair.from });
      toasts.show(text, { action: { label, run: () => void this.repairAll(repair) } });
    } else toasts.show(text);
    await this.#refresh();
  }

  async repairAll(repair: Omit<Suggestion, 'rows'>): Promise<void> {
    await this.#letIn((onpart) => repairAll(this.#id, repair, onpart));
  }

  async dismiss(row: Row): Promise<void> {
    await this.#act(async () => {
      await dismissRow(this.#id, row.row);
      toasts.show(t('console-imports.row-left-out', { row: row.row }));
      await this.#refresh();
    });
  }

  async checkAgain(): Promise<void> {
    await this.#letIn((onpart) => checkAgain(this.#id, onpart));
  }

  /** Let rows in and say how many; the figures follow each part, also when a later one fails. */
  async #letIn(rows: (onpart: () => void) => Promise<number>): Promise<void> {
    await this.#act(async () => {
      const count = await rows(() => void this.run.refresh()).finally(() => this.#refresh());
      toasts.show(t('console-imports.came-in', { count }));
    });
  }

  async #refresh(): Promise<void> {
    await Promise.all([this.run.refresh(), this.rows.refresh()]);
    const reasons = this.run.value?.by_reason ?? [];
    if (this.reason && !reasons.some(({ code }) => code === this.reason)) await this.show(null);
  }

  async #act(what: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await what();
    } catch (error) {
      toasts.fail(explain(error));
    } finally {
      this.busy = false;
    }
  }
}
