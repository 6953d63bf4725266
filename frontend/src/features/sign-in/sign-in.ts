import { request } from '../../lib/api';
import { makePasskey, usePasskey } from '../../lib/passkeys';
import type { Me } from '../../state/session.svelte';

interface Asked<Options> {
  readonly challenge_id: string;
  readonly options: Options;
}

export interface Persona {
  readonly key: string;
  readonly name: string;
  readonly role_title: string;
  readonly description: string;
}

export interface Mail {
  readonly to: string;
  readonly sender: string;
  readonly subject: string;
  readonly text: string;
  readonly sent_at: string;
}

export interface Invitation {
  readonly tenant_name: string;
  readonly name: string;
  readonly language: string;
}

/** Sign in with any passkey this device has for us. */
export async function byPasskey(): Promise<Me> {
  const asked = await request<Asked<Parameters<typeof usePasskey>[0]>>(
    'POST',
    '/api/v1/sign-in/passkey/options',
    { body: {} },
  );
  const credential = await usePasskey(asked.options);
  const body = { challenge_id: asked.challenge_id, credential };
  return request<Me>('POST', '/api/v1/sign-in/passkey/verify', { body });
}

/** Ask for a mail with a code; the answer does not tell whether the address is known. */
export function askForCode(email: string): Promise<void> {
  return request('POST', '/api/v1/sign-in/code/request', { body: { email } });
}

export function byCode(email: string, code: string): Promise<Me> {
  return request<Me>('POST', '/api/v1/sign-in/code/verify', { body: { email, code } });
}

export function readInvitation(token: string): Promise<Invitation> {
  return request<Invitation>('GET', `/api/v1/invitations/${encodeURIComponent(token)}`);
}

/** Make a passkey on this device for the invited person and sign in with it. */
export async function accept(token: string): Promise<Me> {
  const path = `/api/v1/invitations/${encodeURIComponent(token)}`;
  const asked = await request<Asked<Parameters<typeof makePasskey>[0]>>('POST', `${path}/options`, {
    body: {},
  });
  const credential = await makePasskey(asked.options);
  const body = { challenge_id: asked.challenge_id, credential };
  return request<Me>('POST', `${path}/accept`, { body });
}

interface Items<T> {
  readonly items: readonly T[];
}

/** Return whom a visitor of the demo may be; nobody outside of the demo. */
export async function personas(): Promise<readonly Persona[]> {
  try {
    return (await request<Items<Persona>>('GET', '/api/v1/demo/personas')).items;
  } catch {
    return [];
  }
}

export function asPersona(key: string): Promise<Me> {
  return request<Me>('POST', `/api/v1/demo/personas/${encodeURIComponent(key)}/sign-in`);
}

export async function readMailbox(): Promise<readonly Mail[]> {
  return (await request<Items<Mail>>('GET', '/api/v1/demo/mailbox')).items;
}

/** Return where to go after signing in: only a path of this app, else where the person starts. */
export function after(next: string | null, home: string): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : home;
}
