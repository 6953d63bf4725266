import { newKey, request, type Shapes } from '../../lib/api';
import { isZero, type Money } from '../../lib/money';
import type { Receipt, States } from '../../ui/earnings/earnings';

export type Account = Shapes['AccountOut'];
export type Accounts = Shapes['AccountsOut'];
export type Bank = Shapes['BankOut'];
export type Kind = Account['kind'];
export type Options = Shapes['OptionsOut'];
export type Option = Shapes['OptionOut'];
export type Payout = Shapes['PayoutOut'];
export type Entry = Shapes['PersonEntryOut'];
export type Prize = Shapes['PrizeReceiptOut'];

/** Everything that the wallet opens with. */
export interface Wallet {
  readonly states: readonly States[];
  readonly payouts: readonly Payout[];
  readonly entries: readonly Entry[];
}

interface EarningsOut {
  readonly states: States;
  readonly other_currencies: readonly States[];
}

export async function loadWallet(signal?: AbortSignal): Promise<Wallet> {
  const [earnings, payouts, entries] = await Promise.all([
    request<EarningsOut>('GET', '/api/v1/me/earnings', { signal }),
    request<Shapes['PayoutsOut']>('GET', '/api/v1/me/payouts', { signal }),
    request<{ items: Entry[] }>('GET', '/api/v1/me/wallet/entries', {
      query: { limit: 30 },
      signal,
    }),
  ]);
  return {
    states: [earnings.states, ...earnings.other_currencies],
    payouts: payouts.items,
    entries: entries.items.filter(isToldOnce),
  };
}

/** Return how one earning came about, asked by the movement that it made in the wallet. */
export function loadReceipt(transaction: string): Promise<Receipt> {
  return request<Receipt>('GET', `/api/v1/me/receipts/${transaction}`);
}

/** Return the movement that an address names, once the wallet is there. */
export function movementOf(named: string | null, entries: readonly Entry[]): Entry | undefined {
  return entries.find(({ transaction_id, line }) => `${transaction_id}.${line}` === named);
}

/** Whether a movement is pay, which has a receipt down to rule and record. */
export function isPay({ cause_kind }: Entry): boolean {
  return cause_kind === 'earning';
}

/** Whether a movement is the side of a transaction that is told; the other side only mirrors it. */
function isToldOnce({ kind, account }: Entry): boolean {
  if (kind === 'release') return account !== 'person_earned';
  if (kind === 'captured') return account === 'person_reserved';
  if (kind === 'debt_from_wallet') return account === 'person_available';
  return account !== 'person_reserved';
}

export function loadAccounts(signal?: AbortSignal): Promise<Accounts> {
  return request<Accounts>('GET', '/api/v1/me/accounts', { signal });
}

export function loadAccount(id: string, signal?: AbortSignal): Promise<Account> {
  return request<Account>('GET', `/api/v1/me/accounts/${id}`, { signal });
}

export async function loadBanks(): Promise<readonly Bank[]> {
  return (await request<Shapes['BanksOut']>('GET', '/api/v1/banks')).items;
}

export interface NewAccount {
  readonly kind: Kind;
  readonly holder: string;
  readonly fields: Readonly<Record<string, string>>;
}

export function addAccount(account: NewAccount, stepUp?: string): Promise<Account> {
  return request<Account>('POST', '/api/v1/me/accounts', { body: account, stepUp });
}

export type Act = 'verify' | 'confirm' | 'primary';

export function act(id: string, what: Act, stepUp?: string): Promise<Account> {
  return request<Account>('POST', `/api/v1/me/accounts/${id}/${what}`, { body: {}, stepUp });
}

export function removeAccount(id: string, stepUp?: string): Promise<void> {
  return request<undefined>('DELETE', `/api/v1/me/accounts/${id}`, { stepUp });
}

export function loadOptions(
  currency: string,
  amount: string | null,
  signal?: AbortSignal,
): Promise<Options> {
  return request<Options>('GET', '/api/v1/me/payouts/options', {
    query: { currency, amount: amount ?? undefined },
    signal,
  });
}

export interface Wish {
  readonly method_id: string;
  readonly account_id: string;
  readonly amount: Money;
  readonly net: Money;
}

export function payOut(wish: Wish, key: string, stepUp?: string): Promise<Payout> {
  return request<Payout>('POST', '/api/v1/me/payouts', {
    body: wish,
    idempotencyKey: key,
    stepUp,
  });
}

export function loadPayout(id: string, signal?: AbortSignal): Promise<Payout> {
  return request<Payout>('GET', `/api/v1/me/payouts/${id}`, { signal });
}

export function loadPrize(contest: string, signal?: AbortSignal): Promise<Prize> {
  return request<Prize>('GET', `/api/v1/me/prizes/${contest}`, { signal });
}

/** The key of one wish: tried again it is the same order, another wish gets another. */
export class WishKey {
  #wish = '';
  #key = '';

  for(wish: Wish): string {
    const text = JSON.stringify(wish);
    if (text !== this.#wish) [this.#wish, this.#key] = [text, newKey()];
    return this.#key;
  }
}

export type Phase = 'on-its-way' | 'paid' | 'back';

/** Return whether money is still under way; what nobody knows is under way. */
export function phaseOf({ state }: Pick<Payout, 'state'>): Phase {
  if (state === 'captured') return 'paid';
  return ['refused', 'voided', 'returned'].includes(state) ? 'back' : 'on-its-way';
}

/** Return the currencies there is something of, the first one even when there is nothing. */
export function currenciesOf(states: readonly States[]): string[] {
  const some = states.filter(({ available }) => available && !isZero(available));
  return (some.length ? some : states.slice(0, 1)).map(({ currency }) => currency);
}

/** Whether an account waits until a time that lies ahead. */
export function isHeld({ state, usable_from }: Account, now: Date): boolean {
  return state === 'active' && usable_from !== null && new Date(usable_from) > now;
}

/** The parts of a number, as a person writes them for a kind of account. */
export const PARTS = {
  iban: ['iban'],
  ifsc: ['account', 'ifsc'],
  id_bank: ['bank_code', 'account'],
  us_ach: ['routing', 'account', 'type'],
} as const satisfies Readonly<Record<Kind, readonly string[]>>;

/** Return the kind of account that is usual where a currency is paid. */
export function kindFor(currency: string): Kind {
  const kinds: Readonly<Record<string, Kind>> = { INR: 'ifsc', IDR: 'id_bank', USD: 'us_ach' };
  return kinds[currency] ?? 'iban';
}

/** Return an IBAN in groups of four, as it is printed. */
export function grouped(iban: string): string {
  return iban
    .replace(/\s+/g, '')
    .toUpperCase()
    .replace(/(.{4})(?=.)/g, '$1 ');
}
