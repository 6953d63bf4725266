import type { PageModule, Route, Table } from './routes';
import type { PlainKey } from './state/language.svelte';
import type { Role } from './state/session.svelte';

const OFFICE: readonly Role[] = ['manager', 'program_admin', 'finance', 'auditor', 'tenant_admin'];
const LEADS: readonly Role[] = ['manager', 'program_admin', 'tenant_admin', 'auditor'];
const PROGRAMS: readonly Role[] = ['program_admin', 'tenant_admin', 'auditor'];
const BOOKS: readonly Role[] = ['finance', 'tenant_admin', 'auditor'];
const MONEY: readonly Role[] = ['finance', 'program_admin', 'tenant_admin', 'auditor'];

const ADMIN: readonly Role[] = ['tenant_admin'];

const PAYERS: readonly Role[] = ['finance', 'tenant_admin', 'auditor'];

const desk = (
  path: string,
  page: string,
  title: PlainKey,
  roles: readonly Role[],
  place = path,
): Route => ({ path, page, title, shell: 'console', roles, place });

/** Every page of the console. */
export const CONSOLE: Table = {
  routes: [
    desk('/console', 'console-overview/Overview', 'nav.overview', OFFICE),
    desk('/console/more', 'console-more/More', 'nav.more', OFFICE, '/console'),
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
    desk('/console/people', 'console-people/People', 'nav.people', OFFICE),
    desk(
      '/console/people/:person',
      'console-people/Person',
      'nav.people',
      OFFICE,
      '/console/people',
    ),
    desk(
      '/console/people/:person/earnings',
      'console-people/PersonEarnings',
      'nav.earnings',
      OFFICE,
      '/console/people',
    ),
    desk('/console/rewards', 'console-rewards/Rewards', 'nav.stock', MONEY),
    desk('/console/store', 'console-rewards/Store', 'nav.stock', MONEY, '/console/rewards'),
    desk('/console/brand', 'console-brand/Brand', 'console-brand.title', ADMIN, '/console/rewards'),
    desk('/console/ways', 'console-ways/Ways', 'console-ways.title', MONEY, '/console/payouts'),
    desk('/console/finance', 'console-finance/Finance', 'nav.finance', BOOKS),
    desk('/console/payouts', 'console-payouts/Payouts', 'nav.payouts', PAYERS),
    desk(
      '/console/payouts/settings',
      'console-payouts/PayoutSettings',
      'nav.payouts',
      PAYERS,
      '/console/payouts',
    ),
    desk(
      '/console/payouts/reconciliation',
      'console-payouts/Reconciliation',
      'console-reconciliation.title',
      PAYERS,
      '/console/payouts',
    ),
    desk(
      '/console/payouts/providers',
      'console-providers/Providers',
      'console-providers.title',
      PAYERS,
      '/console/payouts',
    ),
    desk(
      '/console/payouts/:batch',
      'console-payouts/Batch',
      'nav.payouts',
      PAYERS,
      '/console/payouts',
    ),
  ],
  files: import.meta.glob<PageModule>('./features/console-*/*Page.svelte'),
};
