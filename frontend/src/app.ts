import { whenSignedOut } from './lib/api';
import { followSystem } from './lib/theme';
import { claims } from './state/claims.svelte';
import { live } from './state/live.svelte';
import { online } from './state/online.svelte';
import { router } from './state/router.svelte';
import { session } from './state/session.svelte';
import { registerServiceWorker } from './updates';

/** Attach the app to the world outside; returns the way to let go. */
export function start(): () => void {
  whenSignedOut(() => {
    if (session.state === 'in') void session.leave();
  });
  void registerServiceWorker();
  const stops = [
    online.start(),
    router.start(),
    followSystem(),
    claims.start(),
    live.connection.subscribe('session.ended', () => void session.leave()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
