/** Whether the phone believes it has signal; a failed request says so earlier than the browser. */
class Online {
  #hasSignal = $state(true);
  #reached = $state(true);

  get isOnline(): boolean {
    return this.#hasSignal && this.#reached;
  }

  /** Follow the browser's events; returns the way to stop. */
  start(): () => void {
    const update = (): void => {
      this.#hasSignal = navigator.onLine;
      if (navigator.onLine) this.#reached = true;
    };
    update();
    addEventListener('online', update);
    addEventListener('offline', update);
    return () => {
      removeEventListener('online', update);
      removeEventListener('offline', update);
    };
  }

  /** Say how the last request ended. */
  report(reached: boolean): void {
    this.#reached = reached;
  }
}

export const online = new Online();
