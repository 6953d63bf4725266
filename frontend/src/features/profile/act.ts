import { PasskeyCancelled, PasskeyExists } from '../../lib/passkeys';
import { explain, t, toasts } from '../../state';

/** Do one thing a person asked for and say what came of it; a passkey window that was closed says nothing. */
export async function act(what: () => Promise<unknown>, done?: string): Promise<void> {
  try {
    await what();
    if (done) toasts.show(done);
  } catch (error) {
    if (error instanceof PasskeyCancelled) return;
    toasts.fail(error instanceof PasskeyExists ? t('sign-in.passkey-exists') : explain(error));
  }
}
