import type { Component } from 'svelte';
import type { PlainKey } from './state/language.svelte';
import type { Role } from './state/session.svelte';

export interface PageProps {
  readonly params: Readonly<Record<string, string>>;
}

export interface PageModule {
  readonly default: Component<PageProps>;
}

export interface Route {
  readonly path: string;
  /** File of the page under features/, without `Page.svelte`. */
  readonly page: string;
  /** What stands in the title of the window. */
  readonly title: PlainKey;
  /** `phone` has tabs, `console` the rail, `bare` neither. */
  readonly shell: 'phone' | 'console' | 'bare';
  /** Who may open it; `anyone` also without being signed in. */
  readonly roles: 'anyone' | 'signed-in' | readonly Role[];
  /** The tab or place of the rail it belongs to, when it is not one itself. */
  readonly place?: string;
}

const REPS: readonly Role[] = ['rep'];
const OFFICE: readonly Role[] = ['manager', 'program_admin', 'finance', 'auditor', 'tenant_admin'];
const LEADS: readonly Role[] = ['manager', 'program_admin', 'tenant_admin', 'auditor'];
const PROGRAMS: readonly Role[] = ['program_admin', 'tenant_admin', 'auditor'];
const MONEY: readonly Role[] = ['finance', 'program_admin', 'tenant_admin', 'auditor'];
const PEOPLE: readonly Role[] = ['manager', 'tenant_admin', 'auditor'];

/** A page of the tabs: reps only, except what everyone has. */
const phone = (
  path: string,
  page: string,
  title: PlainKey,
  more: Partial<Pick<Route, 'roles' | 'place'>> = {},
): Route => ({ path, page, title, shell: 'phone', roles: REPS, ...more });

const desk = (
  path: string,
  page: string,
  title: PlainKey,
  roles: readonly Role[],
  place = path,
): Route => ({ path, page, title, shell: 'console', roles, place });

const bare = (path: string, page: string, title: PlainKey): Route => ({
  path,
  page,
  title,
  shell: 'bare',
  roles: 'anyone',
});

const EVERYONE = { roles: 'signed-in' } as const;

/** Every page of Laurel. A page file is loaded when its path is opened. */
export const ROUTES: readonly Route[] = [
  phone('/', 'today/Today', 'nav.today'),
  phone('/ranks', 'ranks/Ranks', 'nav.ranks'),
  phone('/ranks/:contest', 'ranks/Contest', 'nav.ranks', { place: '/ranks' }),
  phone('/earnings', 'earnings/Earnings', 'nav.earnings'),
  phone('/earnings/:earning', 'earnings/Receipt', 'nav.earnings', { place: '/earnings' }),
  phone('/rewards', 'rewards/Rewards', 'nav.rewards'),
  phone('/rewards/orders', 'rewards/Orders', 'nav.rewards', { place: '/rewards' }),
  phone('/rewards/orders/:order', 'rewards/Voucher', 'nav.voucher', { place: '/rewards' }),
  phone('/rewards/:reward', 'rewards/Redeem', 'nav.rewards', { place: '/rewards' }),
  phone('/inbox', 'inbox/Inbox', 'nav.inbox', EVERYONE),
  phone('/badges', 'badges/Badges', 'nav.badges', { place: '/ranks' }),
  phone('/log', 'log/LogSale', 'nav.log-sale', { place: '/' }),
  phone('/profile', 'profile/Profile', 'nav.profile', { ...EVERYONE, place: '/' }),

  bare('/sign-in', 'sign-in/SignIn', 'nav.sign-in'),
  bare('/join/:token', 'sign-in/Join', 'nav.join'),

  desk('/console', 'console-overview/Overview', 'nav.overview', OFFICE),
  desk('/console/programs', 'console-programs/Programs', 'nav.programs', PROGRAMS),
  desk(
    '/console/programs/:program',
    'console-programs/Program',
    'nav.programs',
    PROGRAMS,
    '/console/programs',
  ),
  desk('/console/contests', 'console-contests/Contests', 'nav.contests', LEADS),
  desk(
    '/console/contests/new',
    'console-contests/Launch',
    'nav.contests',
    LEADS,
    '/console/contests',
  ),
  desk(
    '/console/contests/:contest',
    'console-contests/Contest',
    'nav.contests',
    LEADS,
    '/console/contests',
  ),
  desk('/console/imports', 'console-imports/Imports', 'nav.imports', PROGRAMS),
  desk(
    '/console/imports/new',
    'console-imports/NewImport',
    'nav.imports',
    PROGRAMS,
    '/console/imports',
  ),
  desk(
    '/console/imports/:run',
    'console-imports/ImportRun',
    'nav.imports',
    PROGRAMS,
    '/console/imports',
  ),
  desk('/console/claims', 'console-claims/Claims', 'nav.claims', LEADS),
  desk('/console/people', 'console-people/People', 'nav.people', PEOPLE),
  desk('/console/people/:person', 'console-people/Person', 'nav.people', PEOPLE, '/console/people'),
  desk('/console/rewards', 'console-rewards/Rewards', 'nav.stock', MONEY),
];

const FILES = import.meta.glob<PageModule>('./features/*/*Page.svelte');

/** Return the loader of a route's page; undefined when there is no such file. */
export function pageOf(route: Route): (() => Promise<PageModule>) | undefined {
  return FILES[`./features/${route.page}Page.svelte`];
}
