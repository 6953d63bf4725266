import type { Attachment } from 'svelte/attachments';

/**
 * Show a dialog above everything else while it is in the page, opened on its heading.
 *
 * The browser's own modal dialog traps focus and makes the rest inert; focus goes back to the
 * opener.
 */
export const modal: Attachment<HTMLDialogElement> = (dialog) => {
  const opener = document.activeElement;
  dialog.showModal();
  dialog.querySelector<HTMLElement>('h2')?.focus();
  return () => {
    dialog.close();
    if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  };
};

/** Rise from the lower edge and sink back; only the fade remains with reduced motion. */
export function rise(
  node: Element,
  { duration, easing }: { duration: number; easing: (t: number) => number },
): { duration: number; easing: (t: number) => number; css: (t: number) => string } {
  const moves = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const height = node.getBoundingClientRect().height;
  return {
    duration: moves ? duration : 1,
    easing,
    css: (at) => (moves ? `transform: translateY(${(1 - at) * height}px)` : `opacity: ${at}`),
  };
}
