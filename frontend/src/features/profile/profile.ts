import { request } from '../../lib/api';
import { makePasskey } from '../../lib/passkeys';
import { withStepUp } from '../../lib/step-up';
import type { Theme } from '../../lib/theme';
import type { Me } from '../../state/session.svelte';

export interface Device {
  readonly id: string;
  readonly label: string;
  readonly last_seen_at: string;
  readonly current: boolean;
}

export interface Passkey {
  readonly id: string;
  readonly label: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly suspect_at: string | null;
}

interface Items<T> {
  readonly items: readonly T[];
}

/** What the person wants to be told, and when not. */
export interface Nudges {
  readonly muted: readonly string[];
  /** Times of day, "20:00"; equal ends mean no quiet hours. */
  readonly quiet_from: string;
  readonly quiet_to: string;
  /** What can be silenced. */
  readonly kinds: readonly string[];
}

export async function loadDevices(signal: AbortSignal): Promise<readonly Device[]> {
  return (await request<Items<Device>>('GET', '/api/v1/me/devices', { signal })).items;
}

export function endDevice(id: string): Promise<void> {
  return request('DELETE', `/api/v1/me/devices/${id}`);
}

export async function loadPasskeys(signal: AbortSignal): Promise<readonly Passkey[]> {
  return (await request<Items<Passkey>>('GET', '/api/v1/me/passkeys', { signal })).items;
}

interface Asked {
  readonly challenge_id: string;
  readonly options: Parameters<typeof makePasskey>[0];
}

/** Make a passkey on this device; whoever has one already confirms with it. */
export async function addPasskey(): Promise<void> {
  const asked = await request<Asked>('POST', '/api/v1/me/passkeys/options', { body: {} });
  const credential = await makePasskey(asked.options);
  const body = { challenge_id: asked.challenge_id, credential };
  await withStepUp((stepUp) => request('POST', '/api/v1/me/passkeys', { body, stepUp }));
}

export async function removePasskey(id: string): Promise<void> {
  await withStepUp((stepUp) => request('DELETE', `/api/v1/me/passkeys/${id}`, { stepUp }));
}

export interface Change {
  readonly language?: string;
  readonly zone?: string;
  readonly theme?: 'auto' | 'light' | 'dark';
}

export function changeMe(change: Change): Promise<Me> {
  return request<Me>('PATCH', '/api/v1/me', { body: change });
}

/** The server calls it `auto` when the device decides. */
export function serverTheme(theme: Theme): 'auto' | 'light' | 'dark' {
  return theme === 'system' ? 'auto' : theme;
}

export function loadNudges(signal: AbortSignal): Promise<Nudges> {
  return request<Nudges>('GET', '/api/v1/me/nudges', { signal });
}

export function keepNudges({ muted, quiet_from, quiet_to }: Nudges): Promise<Nudges> {
  return request<Nudges>('PUT', '/api/v1/me/nudges', { body: { muted, quiet_from, quiet_to } });
}

/** Return the settings with one kind of nudge silenced or let through. */
export function withKind(nudges: Nudges, kind: string, wanted: boolean): Nudges {
  const others = nudges.muted.filter((muted) => muted !== kind);
  return { ...nudges, muted: wanted ? others : [...others, kind] };
}
