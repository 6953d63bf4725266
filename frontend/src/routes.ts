import type { Component } from 'svelte';
import type { PlainKey } from './state/language.svelte';
import type { Role } from './state/session.svelte';

export type { Role };

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
  /** `phone` has tabs, `console` the rail, `bare` neither, `wide` is not even a phone. */
  readonly shell: 'phone' | 'console' | 'bare' | 'wide';
  /** Who may open it; `anyone` also without being signed in. */
  readonly roles: 'anyone' | 'signed-in' | readonly Role[];
  /** The tab or place of the rail it belongs to, when it is not one itself. */
  readonly place?: string;
}

/** Some pages, and the files they are in. */
export interface Table {
  readonly routes: readonly Route[];
  readonly files: Readonly<Record<string, () => Promise<PageModule>>>;
}

const REPS: readonly Role[] = ['rep'];

/** A page of the tabs: reps only, except what everyone has. */
const phone = (
  path: string,
  page: string,
  title: PlainKey,
  more: Partial<Pick<Route, 'roles' | 'place'>> = {},
): Route => ({ path, page, title, shell: 'phone', roles: REPS, ...more });

/** A page of its own, for whoever comes. */
export const bare = (path: string, page: string, title: PlainKey): Route => ({
  path,
  page,
  title,
  shell: 'bare',
  roles: 'anyone',
});

const EVERYONE = { roles: 'signed-in' } as const;

/** The pages of the tabs. A page file is loaded when its path is opened. */
export const PHONE: Table = {
  routes: [
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
    phone('/verify', 'verify/Verify', 'nav.claims', { roles: ['manager'], place: '/' }),
    phone('/profile', 'profile/Profile', 'nav.profile', { ...EVERYONE, place: '/' }),

    bare('/sign-in', 'sign-in/SignIn', 'nav.sign-in'),
  ],
  files: import.meta.glob<PageModule>([
    './features/*/*Page.svelte',
    '!./features/{console-*,wallet,statements}/**',
    '!./features/{sign-in/{Join,Mailbox},badges/Certificate}Page.svelte',
  ]),
};

/** Return the loader of a route's page; undefined when there is no such file. */
export function pageOf(route: Route, { files }: Table): (() => Promise<PageModule>) | undefined {
  return files[`./features/${route.page}Page.svelte`];
}

/** Return the table that holds `path`; what few open comes only when it is asked for. */
export async function tableOf(path: string): Promise<Table> {
  if (__SHOWCASE__ && path === '/ui') return (await import('./showcase/table')).SHOWCASE;
  if (/^\/(wallet|statements)(\/|$)/.test(path)) return (await import('./wallet-routes')).WALLET;
  if (/^\/(join|mailbox|certificates)/.test(path))
    return (await import('./visitor-routes')).VISITOR;
  if (!/^\/console(\/|$)/.test(path)) return PHONE;
  return (await import('./console-routes')).CONSOLE;
}
