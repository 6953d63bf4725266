import {
  fileInput,
  gift,
  inbox,
  landmark,
  layoutDashboard,
  listFilter,
  menu,
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

/** Stands there instead when not all places fit, and leads to the others. */
export const MORE: Place = { path: '/console/more', label: 'nav.more', icon: menu };

/** What fits into that tab bar beside these. */
const MOST_TABS = 4;
const INBOX = '/inbox';

/** Return the places of the tab bar and those behind MORE; what waits for an answer is always in reach. */
export function tabsOf<P extends { readonly path: string }>(
  places: readonly P[],
): { tabs: readonly P[]; others: readonly P[] } {
  if (places.length <= MOST_TABS) return { tabs: places, others: [] };
  const inbox = places.filter(({ path }) => path === INBOX);
  const first = places.filter(({ path }) => path !== INBOX).slice(0, MOST_TABS - inbox.length);
  const tabs = [...first, ...inbox];
  return { tabs, others: places.filter((place) => !tabs.includes(place)) };
}
