import { untrack } from 'svelte';
import { changed, type Standing } from './ranks';

/** Standings on a screen: shown at most once a pace, and never under a finger. */
export class Board {
  shown = $state.raw<readonly Standing[]>([]);
  /** How many rows would change if the finger left. */
  waiting = $state(0);
  #next: readonly Standing[] | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #shownAt = Number.NEGATIVE_INFINITY;
  #held = false;
  readonly #pace: number;
  readonly #now: () => number;

  constructor(pace: number, now: () => number = () => performance.now()) {
    this.#pace = pace;
    this.#now = now;
  }

  /** Take new standings; they show when the pace and the finger allow. */
  offer(rows: readonly Standing[]): void {
    untrack(() => {
      if (rows === this.shown) return;
      this.#next = rows;
      if (this.#held) this.waiting = changed(this.shown, rows);
      else this.#soon();
    });
  }

  /** A touch or the focus is on the list: keep it still. */
  hold(): void {
    this.#held = true;
    if (this.#next) this.waiting = changed(this.shown, this.#next);
  }

  /** The list may move again. */
  release(): void {
    this.#held = false;
    if (this.#next) this.#soon();
  }

  /** Forget what is planned; the list leaves the screen. */
  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #soon(): void {
    if (this.#timer) return;
    const wait = this.#shownAt + this.#pace - this.#now();
    if (wait <= 0) this.#show();
    else
      this.#timer = setTimeout(() => {
        this.#timer = null;
        if (!this.#held) this.#show();
      }, wait);
  }

  #show(): void {
    if (!this.#next) return;
    this.shown = this.#next;
    this.#next = null;
    this.waiting = 0;
    this.#shownAt = this.#now();
  }
}
