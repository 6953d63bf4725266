import { router } from './state/router.svelte';

/** How long a page may take to grow to where one was. */
const PATIENCE = 3_000;
const OWN_WAY = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const;

/**
 * Bring the page to `top`, or to what its address names, as it grows: what it shows is still
 * being loaded. Whoever scrolls, presses or goes on meanwhile has decided otherwise.
 */
export function land(top: number, visit: number): void {
  const grown = new ResizeObserver(() => {
    if (router.visit !== visit || arrive(top)) stop();
  });
  const timer = setTimeout(stop, PATIENCE);

  function stop(): void {
    grown.disconnect();
    clearTimeout(timer);
    for (const sign of OWN_WAY) removeEventListener(sign, stop);
    router.isLanding = false;
  }

  for (const sign of OWN_WAY) addEventListener(sign, stop, { passive: true });
  router.isLanding = true;
  grown.observe(document.body);
}

function arrive(top: number): boolean {
  if (!location.hash || top) {
    scrollTo({ top, behavior: 'instant' });
    return scrollY >= top - 1;
  }
  // Sections above it may still grow, so it is brought into view until the time is over.
  document.getElementById(location.hash.slice(1))?.scrollIntoView({ behavior: 'instant' });
  return false;
}
