import { keepAhead } from './ahead';
import { announce } from './features/arrivals/arrivals';
import { followSystem } from './lib/theme';
import { claims } from './state/claims.svelte';
import { live } from './state/live.svelte';
import { session } from './state/session.svelte';
import { registerServiceWorker } from './updates';

/** Start what nobody waits for at the first paint; returns the way to stop it. */
export function startLater(): () => void {
  void registerServiceWorker();
  const stops = [claims.start(), followSystem()];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Listen to what concerns a signed-in person wherever they are in the app. */
export function listen(): () => void {
  const { connection } = live;
  const stops = [
    connection.subscribe('session.ended', () => void session.leave()),
    announce(),
    ...(session.has('rep') ? [keepAhead()] : []),
    () => connection.close(),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
