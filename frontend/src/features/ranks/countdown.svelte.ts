import type { Attachment } from 'svelte/attachments';
import type { Countdown } from '../../lib/time';

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

export interface Part {
  readonly unit: 'days' | 'hours' | 'minutes';
  readonly value: number;
}

/** Return the three parts of a countdown that the screen shows. */
export function left({ days, hours, minutes }: Countdown): readonly Part[] {
  return [
    { unit: 'days', value: days },
    { unit: 'hours', value: hours },
    { unit: 'minutes', value: minutes },
  ];
}
