import { newKey, request } from '../../lib/api';
import { compare, type Money } from '../../lib/money';

export type Kind = 'gift_card' | 'experience';

export interface Denomination {
  readonly money: Money;
  readonly in_stock: boolean;
  readonly affordable: boolean;
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
}

/** What `GET /api/v1/me/rewards` answers. */
export interface Catalogue {
  readonly available: readonly Money[];
  readonly items: readonly Reward[];
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
  readonly reward: Pick<Reward, 'id' | 'brand' | 'description' | 'hue' | 'art'> & {
    readonly kind: Kind | 'bank_transfer' | 'certificate';
  };
  readonly money: Money;
  readonly created_at: string;
  readonly wished_on: string | null;
  readonly confirmed_on: string | null;
  readonly expires_on: string | null;
  readonly reason: string | null;
}

/** What a reveal answers; it lives in the memory of one page and nowhere else. */
export interface Revealed {
  readonly code: string;
  readonly pin: string | null;
  readonly expires_on: string | null;
}

interface RedemptionPage {
  readonly items: readonly Redemption[];
}

export function loadCatalogue(signal: AbortSignal): Promise<Catalogue> {
  return request<Catalogue>('GET', '/api/v1/me/rewards', { signal });
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
}

export function redeem(wish: Wish, key: string): Promise<Redemption> {
  const options = { body: wish, idempotencyKey: key };
  return request<Redemption>('POST', '/api/v1/me/redemptions', options);
}

export function reveal(id: string, stepUp?: string): Promise<Revealed> {
  return request<Revealed>('POST', `/api/v1/me/redemptions/${id}/reveal`, { stepUp });
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

/** Return the day after `now` as the API writes dates. */
export function tomorrow(now: Date): string {
  return new Date(now.getTime() + 86_400_000).toISOString().slice(0, 10);
}

export type Filter = 'all' | Kind;

export function filtered(
  items: readonly Reward[],
  filter: Filter,
  search: string,
): readonly Reward[] {
  const wanted = search.trim().toLocaleLowerCase();
  return items.filter(
    (reward) =>
      (filter === 'all' || reward.kind === filter) &&
      `${reward.brand} ${reward.description}`.toLocaleLowerCase().includes(wanted),
  );
}

export function isInStock(reward: Reward): boolean {
  return reward.denominations.some((choice) => choice.in_stock);
}

/** Return the smallest and the largest value one can have now. */
export function span(reward: Reward): readonly [Money, Money] | null {
  const amounts = reward.denominations.map((choice) => choice.money).sort(compare);
  const [first, last] = [amounts[0], amounts.at(-1)];
  return first && last ? [first, last] : null;
}

/** Return what one has to spend in the currency of a reward. */
export function balanceIn(available: readonly Money[], currency: string): Money {
  return available.find((money) => money.currency === currency) ?? { amount: '0', currency };
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
