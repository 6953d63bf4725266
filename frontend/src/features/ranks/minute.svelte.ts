import type { Attachment } from 'svelte/attachments';

const MINUTE = 60_000;

/** The current minute, ticking only while something on the screen follows it. */
class Minute {
  now = $state.raw(new Date());

  readonly follow: Attachment = () => {
    this.now = new Date();
    const timer = setInterval(() => {
      this.now = new Date();
    }, MINUTE);
    return () => clearInterval(timer);
  };
}

export const minute = new Minute();
