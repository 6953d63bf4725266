import { request, type Params } from '../../lib/api';
import { award, flag, sparkles, target, type IconPath } from '../../ui/icons';
import { MEDAL_TIERS, type Tier } from './tiers';

export interface Badge {
  readonly code: string;
  readonly tier: string | null;
  readonly awarded_at?: string | null;
  readonly cause?: { readonly code: string; readonly params: Params } | null;
  readonly revoked_at?: string | null;
  readonly reason?: string | null;
  /** How much of it is done, 0 to 1, with the count where there is one. */
  readonly done?: number | null;
  readonly goal?: number | null;
}

/** What `GET /api/v1/me/badges` answers. */
export interface Badges {
  readonly earned: readonly Badge[];
  readonly progress: readonly Badge[];
  readonly locked: readonly Badge[];
  readonly revoked?: readonly Badge[];
}

export function loadBadges(signal: AbortSignal): Promise<Badges> {
  return request<Badges>('GET', '/api/v1/me/badges', { signal });
}

const ICONS: Readonly<Record<string, IconPath>> = {
  first_sale: sparkles,
  target_reached: target,
  contest_won: flag,
};

export function iconOf({ code }: Badge): IconPath {
  return ICONS[code] ?? award;
}

export function tierOf({ tier }: Badge): Tier {
  return MEDAL_TIERS.find((known) => known === tier) ?? 'bronze';
}

/** Return how much is done, 0 to 1. */
export function share({ done, goal }: Badge): number {
  return done && goal ? Math.min(1, done / goal) : 0;
}

/** A badge that was won, then lost by a correction, is told apart from those that hold. */
export function holding(badges: Badges): readonly Badge[] {
  return badges.earned.filter((badge) => !badge.revoked_at);
}

export function lost(badges: Badges): readonly Badge[] {
  return [...badges.earned.filter((badge) => badge.revoked_at), ...(badges.revoked ?? [])];
}
