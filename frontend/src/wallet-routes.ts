import type { PageModule, Role, Route, Table } from './routes';
import type { PlainKey } from './state/language.svelte';

const EARNERS: readonly Role[] = ['rep', 'manager'];

const money = (path: string, page: string, title: PlainKey): Route => ({
  path,
  page,
  title,
  shell: 'phone',
  roles: EARNERS,
  place: '/earnings',
});

const wallet = (path: string, page: string, title: PlainKey): Route =>
  money(`/wallet${path}`, `wallet/${page}`, title);

/** Where money is and where it goes; loaded with the first of these pages. */
export const WALLET: Table = {
  routes: [
    money('/statements', 'statements/Statements', 'statements.title'),
    wallet('', 'Wallet', 'wallet.title'),
    wallet('/pay-out', 'PayOut', 'wallet.pay-out'),
    wallet('/payouts/:payout', 'Payment', 'wallet.payout'),
    wallet('/prizes/:contest', 'Prize', 'wallet.prize'),
    wallet('/accounts', 'Accounts', 'wallet.accounts'),
    wallet('/accounts/new', 'AddAccount', 'wallet.add-account'),
    wallet('/accounts/:account', 'Account', 'wallet.account'),
    wallet('/help', 'Help', 'wallet.help'),
  ],
  files: import.meta.glob<PageModule>('./features/{wallet,statements}/*Page.svelte'),
};
