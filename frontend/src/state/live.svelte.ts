import { Live, type Connection } from '../lib/live';

/** The app's one live connection, with its state for the screen. */
class LiveState {
  #csrf = '';
  readonly connection = new Live(() => this.#csrf);
  state = $state<Connection>('idle');

  constructor() {
    this.connection.watch((state) => {
      this.state = state;
    });
  }

  signIn(csrf: string): void {
    this.#csrf = csrf;
  }

  signOut(): void {
    this.#csrf = '';
    this.connection.close();
  }
}

export const live = new LiveState();
