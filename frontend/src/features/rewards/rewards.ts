import { newKey, request } from '../../lib/api';
import type { Money } from '../../lib/money';
import { dayIn } from '../../lib/time';
import type { ToldBy } from './notices';

export type Kind = 'gift_card' | 'experience';

export interface Denomination {
  readonly money: Money;
  readonly in_stock: boolean;
  readonly affordable: boolean;
  /** Why the company does not let one order it now. */
  readonly obstacle?: 'too_little' | 'too_much' | 'used_up' | null;
}

export interface Reward {
  readonly id: string;
  readonly brand: string;
  readonly kind: Kind;
  readonly country: string;
  readonly currency: string;
  readonly denominations: readonly Denomination[];
  readonly hue: number;
  readonly art: string;
  readonly description: string;
  /** instant or arranged. */
  readonly delivery_code: string;
  /** The company books it itself and answers; otherwise a provider does. */
  readonly by_company: boolean;
}

export type RedemptionState =
  | 'reserved'
  | 'sending'
  | 'accepted'
  | 'unknown'
  | 'manual'
  | 'settled'
  | 'captured'
  | 'refused'
  | 'voided'
  | 'returned';

export interface Redemption {
  readonly id: string;
  readonly state: RedemptionState;
  readonly reward: Pick<Reward, 'id' | 'brand' | 'description' | 'hue' | 'art' | 'by_company'> & {
    readonly kind: Kind | 'bank_transfer' | 'certificate';
  };
  readonly money: Money;
  readonly created_at: string;
  readonly wished_on: string | null;
  readonly confirmed_on: string | null;
  readonly expires_on: string | null;
  readonly reason: string | null;
  /** When its owner said that they had used it. */
  readonly used_at: string | null;
}

/** What a reveal answers; it lives in the memory of one page and nowhere else. */
export interface Revealed {
  readonly code: string;
  readonly pin: string | null;
  readonly expires_on: string | null;
  /** Where the voucher lies when it is a page and no code. */
  readonly url: string | null;
}

interface RedemptionPage {
  readonly items: readonly Redemption[];
}

export async function loadOrders(signal: AbortSignal): Promise<readonly Redemption[]> {
  const page = await request<RedemptionPage>('GET', '/api/v1/me/redemptions', { signal });
  return page.items;
}

export function loadOrder(id: string, signal: AbortSignal): Promise<Redemption> {
  return request<Redemption>('GET', `/api/v1/me/redemptions/${id}`, { signal });
}

export interface Wish {
  readonly reward_id: string;
  readonly amount: Money;
  readonly wished_on?: string | undefined;
  readonly note?: string | undefined;
  /** Where word of it goes beside the app. */
  readonly told_by?: ToldBy | undefined;
}

export function redeem(wish: Wish, key: string, stepUp?: string): Promise<Redemption> {
  const options = { body: wish, idempotencyKey: key, stepUp };
  return request<Redemption>('POST', '/api/v1/me/redemptions', options);
}

export function reveal(id: string, stepUp?: string): Promise<Revealed> {
  return request<Revealed>('POST', `/api/v1/me/redemptions/${id}/reveal`, { stepUp });
}

/** Say that what was delivered has been used, or has not; nobody is reminded of what was. */
export function markUsed(id: string, used: boolean): Promise<Redemption> {
  return request<Redemption>('PUT', `/api/v1/me/redemptions/${id}/used`, { body: { used } });
}

/** One idempotency key for one wish: every try of the same wish repeats it, another wish gets its own. */
export class OrderKey {
  #wish = '';
  #key = '';

  for(wish: Wish): string {
    const text = JSON.stringify(wish);
    if (text !== this.#wish) {
      this.#wish = text;
      this.#key = newKey();
    }
    return this.#key;
  }
}

/** Return the day after `now` where somebody is, as the API writes dates. */
export function tomorrow(zone: string, now: Date): string {
  return dayIn(zone, new Date(now.getTime() + 86_400_000));
}

/** Return the address of a voucher when a browser may open it. */
export function voucherPage({ url }: Revealed): string | null {
  return url?.startsWith('https://') ? url : null;
}

/** Whether the redemption is still on its way: nothing is lost, the screen waits for news. */
export function isOnItsWay({ state }: Redemption): boolean {
  return ['reserved', 'sending', 'accepted', 'unknown', 'manual'].includes(state);
}

export function isDelivered({ state }: Redemption): boolean {
  return state === 'settled' || state === 'captured';
}

/** Return where an order is told of: money that went to a bank is followed in the wallet. */
export function orderPath({ id, reward }: Redemption): string {
  return reward.kind === 'bank_transfer' ? `/wallet/payouts/${id}` : `/rewards/orders/${id}`;
}
