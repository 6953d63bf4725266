import { gift, inbox, sun, trophy, wallet, type IconPath } from './ui/icons';
import type { PlainKey } from './state/language.svelte';

export interface Place {
  readonly path: string;
  readonly label: PlainKey;
  readonly icon: IconPath;
}

/** The five tabs of the rep, in the reach of a thumb. */
export const TABS: readonly Place[] = [
  { path: '/', label: 'nav.today', icon: sun },
  { path: '/ranks', label: 'nav.ranks', icon: trophy },
  { path: '/earnings', label: 'nav.earnings', icon: wallet },
  { path: '/rewards', label: 'nav.rewards', icon: gift },
  { path: '/inbox', label: 'nav.inbox', icon: inbox },
];
