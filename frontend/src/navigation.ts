import {
  fileInput,
  gift,
  inbox,
  layoutDashboard,
  listFilter,
  pencilRuler,
  sun,
  trophy,
  users,
  wallet,
  type IconPath,
} from './ui/icons';
import type { PlainKey } from './state/language.svelte';

interface Place {
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

/** The rail of the console; each person sees the places the own roles open. */
export const RAIL: readonly Place[] = [
  { path: '/console', label: 'nav.overview', icon: layoutDashboard },
  { path: '/console/programs', label: 'nav.programs', icon: pencilRuler },
  { path: '/console/contests', label: 'nav.contests', icon: trophy },
  { path: '/console/claims', label: 'nav.claims', icon: listFilter },
  { path: '/console/imports', label: 'nav.imports', icon: fileInput },
  { path: '/console/people', label: 'nav.people', icon: users },
  { path: '/console/rewards', label: 'nav.stock', icon: gift },
];

/** What fits into the tab bar when the console is opened on a phone. */
export const MOST_TABS = 5;
