import { PasskeyCancelled, PasskeyExists } from '../../lib/passkeys';
import { explain, router, session, t, type Me } from '../../state';
import { after } from './sign-in';

const HOME = '/';

/** One way into the app at a time: what is being tried, and what went wrong with it. */
export class Entrance {
  busy = $state('');
  fault = $state('');

  /** Try one way in; `way` names it, so that only its button waits. */
  async try(way: string, ask: () => Promise<Me>): Promise<void> {
    await this.wait(way, async () => {
      await session.enter(await ask());
      router.go(after(router.query.get('next'), HOME), { replace: true });
    });
  }

  /** Do something that takes a moment and may be refused; returns whether it was done. */
  async wait(way: string, act: () => Promise<void>): Promise<boolean> {
    this.busy = way;
    this.fault = '';
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof PasskeyCancelled)) this.fault = this.#words(error);
      return false;
    } finally {
      this.busy = '';
    }
  }

  #words(error: unknown): string {
    return error instanceof PasskeyExists ? t('sign-in.passkey-exists') : explain(error);
  }
}
