import { match, type Params } from './router';
import { pageOf, ROUTES, type Route } from './routes';
import type { Role } from './state/session.svelte';

/** What the gate needs to know of a person. */
export interface Visitor {
  readonly state: 'unknown' | 'in' | 'out';
  readonly me: { readonly roles: readonly Role[] } | null;
}

/** What a path leads to for this person. */
export type Found =
  | { readonly kind: 'page'; readonly route: Route; readonly params: Params }
  /** Go there instead; `next` brings the person back after signing in. */
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden' };

const SIGN_IN = '/sign-in';

/** Decide what `path` shows: the page, the sign-in first, the own start page, or nothing. */
export function matchRoute(
  path: string,
  visitor: Visitor,
  routes: readonly Route[] = ROUTES,
): Found {
  const found = match(
    routes.filter((route) => pageOf(route)),
    path,
  );
  const roles = visitor.me?.roles ?? [];
  if (visitor.state === 'in' && (path === SIGN_IN || (path === '/' && !roles.includes('rep'))))
    return { kind: 'redirect', to: homeOf(roles) };
  if (!found) return { kind: 'missing' };
  if (found.route.roles === 'anyone') return { kind: 'page', ...found };
  if (visitor.state !== 'in')
    return { kind: 'redirect', to: `${SIGN_IN}?next=${encodeURIComponent(path)}` };
  return isOpenTo(found.route, roles) ? { kind: 'page', ...found } : { kind: 'forbidden' };
}

export function isOpenTo(route: Route, roles: readonly Role[]): boolean {
  if (typeof route.roles === 'string') return true;
  return route.roles.some((role) => roles.includes(role));
}

/** Where a person starts: reps on Today, everyone else in the console. */
export function homeOf(roles: readonly Role[]): string {
  return roles.length === 0 || roles.includes('rep') ? '/' : '/console';
}
