import { paced } from '../../lib/paced';

/**
 * What is shown of something live: it changes in steps that can be read, all of it together.
 *
 * Make one while a component is being set up.
 */
export class Shown<T> {
  value = $state.raw<T | undefined>();

  constructor(latest: () => T | undefined) {
    const show = paced(() => (this.value = latest()));
    $effect(() => {
      if (latest()) show.ask();
      return show.cancel;
    });
  }
}
