import { Live, type Connection } from '../lib/live';
import { session } from './session.svelte';

/** The app's one live connection, with its state for the screen. */
class LiveState {
  readonly connection = new Live({
    csrf: () => session.me?.csrf ?? '',
    isWelcome: async () => {
      await session.refresh();
      return session.state === 'in';
    },
  });
  state = $state<Connection>('idle');

  constructor() {
    this.connection.watch((state) => {
      this.state = state;
    });
  }
}

export const live = new LiveState();
