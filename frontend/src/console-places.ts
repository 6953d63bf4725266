import { RAIL } from './console-navigation';
import { CONSOLE } from './console-routes';
import { isOpenTo } from './gate';
import { pageOf, PHONE } from './routes';
import { t } from './state/language.svelte';
import { session } from './state/session.svelte';
import { unread } from './state/unread.svelte';
import type { NavItem } from './ui/navigation';

/** Return the places of the console that the own roles open. */
export function openPlaces(): readonly NavItem[] {
  return RAIL.filter(({ path }) => isOpen(path)).map((place) => ({
    ...place,
    label: t(place.label),
    count: place.path === '/inbox' ? unread.count : undefined,
  }));
}

function isOpen(path: string): boolean {
  return [CONSOLE, PHONE].some((table) => {
    const target = table.routes.find((known) => known.path === path);
    return target && pageOf(target, table) && isOpenTo(target, session.me?.roles ?? []);
  });
}
