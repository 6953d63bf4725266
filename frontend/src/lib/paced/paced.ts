/** The design lets a live figure change at most this often, so that it can be read. */
const PACE = 3_000;

export interface Paced {
  ask: () => void;
  cancel: () => void;
}

/** Return `act` made calm: the first ask acts at once, more within three seconds act once after them. */
export function paced(act: () => unknown, pace = PACE, now: () => number = Date.now): Paced {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    timer = undefined;
    last = now();
    act();
  };
  return {
    ask: () => {
      if (timer !== undefined) return;
      const wait = last + pace - now();
      if (wait <= 0) run();
      else timer = setTimeout(run, wait);
    },
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
