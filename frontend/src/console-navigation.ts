import {
  fileInput,
  gift,
  inbox,
  landmark,
  layoutDashboard,
  listFilter,
  pencilRuler,
  scale,
  trophy,
  userRound,
  users,
} from './ui/icons';
import type { Place } from './navigation';

/** The rail of the console; each person sees the places the own roles open. */
export const RAIL: readonly Place[] = [
  { path: '/console', label: 'nav.overview', icon: layoutDashboard },
  { path: '/console/programs', label: 'nav.programs', icon: pencilRuler },
  { path: '/console/contests', label: 'nav.contests', icon: trophy },
  { path: '/console/claims', label: 'nav.claims', icon: listFilter },
  { path: '/console/imports', label: 'nav.imports', icon: fileInput },
  { path: '/console/people', label: 'nav.people', icon: users },
  { path: '/console/rewards', label: 'nav.stock', icon: gift },
  { path: '/console/payouts', label: 'nav.payouts', icon: landmark },
  { path: '/console/finance', label: 'nav.finance', icon: scale },
  { path: '/inbox', label: 'nav.inbox', icon: inbox },
];

/** Stands last in the tab bar when the console is opened on a phone, where the rail is away. */
export const PROFILE: Place = { path: '/profile', label: 'nav.profile', icon: userRound };

/** What fits into that tab bar beside the profile. */
export const MOST_TABS = 4;
