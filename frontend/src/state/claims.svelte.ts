import { newKey } from '../lib/api';
import { dropClaim, keepClaim, waitingClaims, type Claim, type Replay } from '../lib/store';
import { session } from './session.svelte';

/** Writes that wait on this phone for signal: logged sales and kudos. */
class Claims {
  all = $state.raw<readonly Claim[]>([]);
  readonly waiting = $derived(this.all.filter((claim) => claim.refusal === undefined).length);

  /** Keep a write and try to send it at once; it is safe from here on. */
  async add(claim: Pick<Claim, 'path' | 'body' | 'label'> & { key?: string }): Promise<Replay> {
    await keepClaim({ key: newKey(), ...claim, keptAt: new Date().toISOString() });
    return this.send();
  }

  /** Send what waits, oldest first. */
  async send(): Promise<Replay> {
    if (session.state === 'in') {
      const { replay } = await import('../lib/store/replay');
      const result = await replay();
      await this.read();
      return result;
    }
    await this.read();
    return { sent: [], refused: [], waiting: this.waiting };
  }

  /** Give up one that the server refused. */
  async drop(key: string): Promise<void> {
    await dropClaim(key);
    await this.read();
  }

  async read(): Promise<void> {
    this.all = await waitingClaims();
  }

  /** Send on every return of the signal; returns the way to stop. */
  start(): () => void {
    const send = (): void => void this.send();
    send();
    addEventListener('online', send);
    return () => removeEventListener('online', send);
  }
}

export const claims = new Claims();
