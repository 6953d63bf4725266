import { match, type Params } from './router';
import { pageOf, type PageModule, type Route, type Table } from './routes';
import type { Role } from './state/session.svelte';

/** What the gate needs to know of a person. */
export interface Visitor {
  readonly state: 'unknown' | 'in' | 'out';
  readonly me: { readonly roles: readonly Role[] } | null;
}

/** What a path leads to for this person. */
export type Found =
  | {
      readonly kind: 'page';
      readonly route: Route;
      readonly params: Params;
      readonly load: () => Promise<PageModule>;
    }
  /** Go there instead; `next` brings the person back after signing in. */
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden' };

const SIGN_IN = '/sign-in';

/** Decide what `path` shows: the page, the sign-in first, the own start page, or nothing. */
export function matchRoute(path: string, visitor: Visitor, table: Table): Found {
  const roles = visitor.me?.roles ?? [];
  const isIn = visitor.state === 'in';
  if (isIn && (path === SIGN_IN || (path === '/' && homeOf(roles) !== '/')))
    return { kind: 'redirect', to: homeOf(roles) };
  const found = match(table.routes, path);
  const load = found && pageOf(found.route, table);
  if (!load) return { kind: 'missing' };
  if (found.route.roles !== 'anyone' && !isIn)
    return { kind: 'redirect', to: `${SIGN_IN}?next=${encodeURIComponent(path)}` };
  return isOpenTo(found.route, roles) ? { kind: 'page', ...found, load } : { kind: 'forbidden' };
}

export function isOpenTo(route: Route, roles: readonly Role[]): boolean {
  if (typeof route.roles === 'string') return true;
  return route.roles.some((role) => roles.includes(role));
}

/** Where a person starts: reps on Today, everyone else in the console. */
export function homeOf(roles: readonly Role[]): string {
  return roles.length === 0 || roles.includes('rep') ? '/' : '/console';
}
