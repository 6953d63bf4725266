import type { Tier } from '../../ui/medals';

export type { Tier };

export const MEDAL_TIERS: readonly Tier[] = ['bronze', 'silver', 'gold', 'laurel'];
