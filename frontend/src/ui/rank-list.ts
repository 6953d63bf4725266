import type { Attachment } from 'svelte/attachments';
import { on } from 'svelte/events';
import type { Board } from './board.svelte';
import type { Move } from './ranks';

const MOVE = 340;
const CURVE = 'cubic-bezier(.45,.05,.15,1)';

/** Pixels of one rem, now: the reader may have chosen a larger text. */
export function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** Let rows glide from where they stood; the caller has already put them in their new places. */
export function glide(list: HTMLElement, moved: readonly Move[]): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  for (const { id, from } of moved) {
    const row = list.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
    row?.animate([{ translate: `0 ${from}rem` }, { translate: '0 0' }], {
      duration: MOVE,
      easing: CURVE,
    });
  }
}

/** Hold the board while a touch or the focus is on the list, and report how far it is scrolled. */
export function touchAndScroll(
  board: Board,
  onscroll: (scrolledRem: number) => void,
): Attachment<HTMLElement> {
  return (list) => {
    const scrolled = (): void => onscroll(-list.getBoundingClientRect().top / rem());
    const stops = [
      on(list, 'pointerdown', () => board.hold()),
      on(window, 'pointerup', () => board.release()),
      on(window, 'pointercancel', () => board.release()),
      on(list, 'focusin', () => board.hold()),
      on(list, 'focusout', () => board.release()),
      on(window, 'scroll', scrolled, { passive: true }),
    ];
    scrolled();
    return () => {
      for (const stop of stops) stop();
      board.close();
    };
  };
}
