import { whenSignedOut } from './lib/api';
import { online } from './state/online.svelte';
import { router } from './state/router.svelte';
import { session } from './state/session.svelte';

/** Attach the app to the world outside; returns the way to let go. */
export function start(): () => void {
  whenSignedOut(() => {
    if (session.state === 'in') void session.leave();
  });
  const stops = [online.start(), router.start()];
  return () => {
    for (const stop of stops) stop();
  };
}
