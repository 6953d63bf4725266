import { ApiProblem, Offline } from '../../lib/api';
import { Snapshot } from '../../state';
import {
  ANYTHING,
  isAnything,
  loadFront,
  loadStore,
  markFavourite,
  swapped,
  withMark,
  type Search,
  type StoreFront,
  type StoreItem,
  type StorePage,
} from './store';

const PAUSE = 250;

/** What the store shows: the shelf at home as last seen, or what is being looked for. */
export class Shop {
  search = $state.raw<Search>(ANYTHING);
  readonly home = new Snapshot<StoreFront, 'today.changed'>({
    key: 'store-front',
    load: loadFront,
    live: { event: 'today.changed', apply: () => 'refetch' },
  });
  found = $state.raw<StorePage | null>(null);
  /** Pages after the first. */
  more = $state.raw<readonly StoreItem[]>([]);
  cursor = $state.raw<string | null | undefined>();
  looking = $state(false);
  failed = $state(false);

  readonly page = $derived(isAnything(this.search) ? (this.home.value ?? null) : this.found);
  readonly items = $derived([...(this.page?.items ?? []), ...this.more]);
  readonly next = $derived(this.cursor === undefined ? this.page?.next_cursor : this.cursor);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort = new AbortController();

  /** Look for something else; words wait until the fingers rest. */
  change(part: Partial<Search>): void {
    this.search = { ...this.search, ...part };
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#startOver();
    if (isAnything(this.search)) return;
    this.looking = true;
    this.#timer = setTimeout(() => void this.#look(), part.text === undefined ? 0 : PAUSE);
  }

  /** Add the next page. */
  async turn(): Promise<void> {
    const { next, search } = this;
    if (!next || this.looking) return;
    await this.#ask(async (signal) => {
      const page = await loadStore(search, next, signal);
      this.more = [...this.more, ...page.items];
      this.cursor = page.next_cursor;
    });
  }

  /** Make a reward a favourite, or none any more; say so wherever it is shown. */
  async mark(item: StoreItem): Promise<void> {
    const now = { ...item, favourite: !item.favourite };
    await markFavourite(now.id, now.favourite);
    this.more = swapped(this.more, now);
    if (this.found) this.found = { ...this.found, items: swapped(this.found.items, now) };
    if (this.home.value) await this.home.set(withMark(this.home.value, now));
  }

  #startOver(): void {
    this.more = [];
    this.cursor = undefined;
    this.looking = false;
    this.failed = false;
  }

  async #look(): Promise<void> {
    await this.#ask(async (signal) => {
      this.found = await loadStore(this.search, null, signal);
    });
  }

  async #ask(ask: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const abort = (this.#abort = new AbortController());
    this.looking = true;
    this.failed = false;
    try {
      await ask(abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (!(error instanceof ApiProblem || error instanceof Offline)) throw error;
      this.failed = true;
    } finally {
      if (this.#abort === abort) this.looking = false;
    }
  }
}
