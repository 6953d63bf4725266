import { request, type Params } from '../../lib/api';
import { toMinor, type Money } from '../../lib/money';
import { award, flag, sparkles, target, type IconPath } from '../../ui/icons';
import { MEDAL_TIERS, type Tier } from './tiers';

/** A number of things, or an amount. */
export type Measure = number | Money;

/** What every badge says of itself, won or not. */
export interface Badge {
  readonly code: string;
  readonly tier?: string | null;
  /** What it is about: the component of a target. */
  readonly params?: Params;
}

export interface Won extends Badge {
  readonly id: string;
  readonly awarded_at: string;
}

export interface Lost extends Won {
  readonly revoked_at: string;
  readonly reason: string;
}

export interface UnderWay extends Badge {
  readonly done: Measure;
  readonly goal: Measure;
}

/** What `GET /api/v1/me/badges` answers. */
export interface Badges {
  readonly earned: readonly Won[];
  readonly progress: readonly UnderWay[];
  readonly locked: readonly Badge[];
  readonly revoked: readonly Lost[];
}

export function loadBadges(signal: AbortSignal): Promise<Badges> {
  return request<Badges>('GET', '/api/v1/me/badges', { signal });
}

/** What `GET /api/v1/certificates/{code}` answers. */
export interface Certificate {
  readonly company: string;
  readonly person: string;
  readonly badge: string;
  readonly about: string | null;
  readonly won_on: string;
  readonly revoked_at: string | null;
}

export function loadCertificate(code: string): Promise<Certificate> {
  return request<Certificate>('GET', `/api/v1/certificates/${encodeURIComponent(code)}`);
}

/** Return the code in what was typed or pasted: the code itself, or the address that ends with it. */
export function codeIn(typed: string): string {
  return (
    typed
      .replace(/\s/g, '')
      .replace(/[?#].*$/, '')
      .split('/')
      .filter(Boolean)
      .at(-1) ?? ''
  );
}

/** Return where the paper of a badge that was won is downloaded. */
export function certificatePath({ id }: Won): string {
  return `/api/v1/me/badges/${id}/certificate`;
}

const ICONS: Readonly<Record<string, IconPath>> = {
  first_sale: sparkles,
  target_reached: target,
  contest_won: flag,
};

export function iconOf({ code }: Badge): IconPath {
  return ICONS[code] ?? award;
}

const TIERS: Readonly<Record<string, Tier>> = { first_sale: 'bronze', target_reached: 'silver' };

/** Return the metal of a badge: its own, else the one of its kind. */
export function tierOf({ code, tier }: Badge): Tier {
  return MEDAL_TIERS.find((known) => known === tier) ?? TIERS[code] ?? 'bronze';
}

/** Return how much is done, 0 to 1. */
export function share({ done, goal }: UnderWay): number {
  return size(goal) > 0 ? Math.min(1, size(done) / size(goal)) : 0;
}

/** Return what is missing, when it is a number of things. */
export function left({ done, goal }: UnderWay): number | null {
  return typeof done === 'number' && typeof goal === 'number' ? Math.ceil(goal - done) : null;
}

/** Return the one that is nearest to being won. */
export function nearest(badges: Badges): UnderWay | undefined {
  return [...badges.progress].sort((a, b) => share(b) - share(a))[0];
}

/** Return a name for a list: there is one badge of a code for each component and period. */
export function keyOf({ code, params }: Badge): string {
  return JSON.stringify([code, params]);
}

function size(measure: Measure): number {
  return typeof measure === 'number' ? measure : Number(toMinor(measure));
}
