import { request } from '../../lib/api';
import type { Money } from '../../lib/money';

export interface Denomination {
  readonly money: Money;
  /** Codes in the vault; null where none are kept. */
  readonly left: number | null;
  readonly low: boolean;
}

/** A reward as `GET /api/v1/rewards` answers it. */
export interface Reward {
  readonly id: string;
  readonly brand: string;
  readonly kind: 'gift_card' | 'experience';
  readonly country: string;
  readonly currency: string;
  readonly active: boolean;
  readonly denominations: readonly Denomination[];
}

/** An order that waits for the company. */
export interface Order {
  readonly id: string;
  readonly reward: { readonly brand: string; readonly kind: Reward['kind'] };
  readonly money: Money;
  readonly person_name: string;
  readonly created_at: string;
  readonly wished_on: string | null;
  readonly note: string;
}

export interface Stock {
  readonly rewards: readonly Reward[];
  readonly orders: readonly Order[];
}

export interface StockAdded {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly { readonly row: number; readonly code: string }[];
}

interface Items<T> {
  readonly items: readonly T[];
}

export async function loadStock(signal: AbortSignal): Promise<Stock> {
  const query = { state: 'accepted', limit: 100 };
  const [rewards, orders] = await Promise.all([
    request<Items<Reward>>('GET', '/api/v1/rewards', { signal }),
    request<Items<Order>>('GET', '/api/v1/redemptions', { query, signal }),
  ]);
  const arranged = orders.items.filter(({ reward }) => reward.kind === 'experience');
  return { rewards: rewards.items, orders: arranged };
}

/** A new reward, as typed. */
export interface RewardForm {
  readonly brand: string;
  readonly kind: Reward['kind'];
  readonly country: string;
  readonly currency: string;
  /** "10, 25.50, 50": a point before cents, commas between amounts. */
  readonly amounts: string;
  readonly description: string;
  readonly lowAt: string;
}

/** Return what the API takes; what cannot be read is sent as typed. */
export function toReward(form: RewardForm): Record<string, unknown> {
  const low = form.lowAt.trim();
  return {
    brand: form.brand.trim(),
    kind: form.kind,
    country: form.country.trim().toUpperCase(),
    currency: form.currency.trim().toUpperCase(),
    denominations: amountsOf(form),
    description: form.description.trim(),
    low_stock_at: /^\d{1,6}$/.test(low) ? Number(low) : low,
  };
}

function amountsOf({ amounts, currency }: RewardForm): readonly Money[] {
  return amounts
    .split(/[;,\s]+/)
    .map((amount) => amount.trim())
    .filter(Boolean)
    .map((amount) => ({ amount, currency: currency.trim().toUpperCase() }));
}

export function addReward(form: RewardForm): Promise<Reward> {
  return request('POST', '/api/v1/rewards', { body: toReward(form) });
}

/** Put the codes of a file, each worth `amount`, in the vault. */
export function addStock(id: string, amount: string, file: File): Promise<StockAdded> {
  const body = new FormData();
  body.append('amount', amount);
  body.append('file', file);
  return request('POST', `/api/v1/rewards/${id}/stock`, { body });
}

export function confirmOrder(id: string, on: string, voucher: string): Promise<Order> {
  const body = { confirmed_on: on, ...(voucher.trim() ? { voucher: voucher.trim() } : {}) };
  return request('POST', `/api/v1/redemptions/${id}/confirm`, { body });
}

export function refuseOrder(id: string, reason: string): Promise<Order> {
  return request('POST', `/api/v1/redemptions/${id}/refuse`, { body: { reason: reason.trim() } });
}

/** How many amounts run low. */
export function lowIn(rewards: readonly Reward[]): number {
  return rewards
    .filter(({ active }) => active)
    .flatMap(({ denominations }) => denominations)
    .filter(({ low }) => low).length;
}
