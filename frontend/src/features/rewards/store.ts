import { request } from '../../lib/api';
import { compare, type Money } from '../../lib/money';
import type { Kind, Reward } from './rewards';

/** A reward on a shelf of the store. */
export interface StoreItem {
  readonly id: string;
  readonly name: string;
  readonly brand: string;
  readonly kind: Kind;
  readonly country: string;
  readonly categories: readonly string[];
  readonly is_open: boolean;
  readonly least: Money;
  readonly most: Money;
  readonly hue: number;
  readonly art: string;
  readonly in_stock: boolean;
  readonly affordable: boolean;
  readonly favourite: boolean;
}

/** What `GET /api/v1/me/store` answers. */
export interface StorePage {
  readonly items: readonly StoreItem[];
  readonly next_cursor: string | null;
  /** Nothing is written quite so; these are similar. */
  readonly alike: boolean;
  readonly country: string | null;
  readonly available: readonly Money[];
}

/** What `GET /api/v1/me/store/front` answers: the first page, and what one used and marked. */
export interface StoreFront extends StorePage {
  readonly recent: readonly StoreItem[];
  readonly favourites: readonly StoreItem[];
}

/** What the company lets one order of a reward: in one order, and until a day. */
export interface Room {
  readonly least: Money | null;
  readonly most: Money | null;
  readonly left: Money | null;
  readonly period: 'month' | 'quarter' | 'year' | null;
  readonly anew_on: string | null;
}

/** What `GET /api/v1/me/store/{id}` answers. */
export interface StoreReward extends StoreItem {
  readonly room: Room;
  readonly description: string;
  readonly terms: string;
  readonly expiry_text: string;
  readonly delivery_code: string;
  readonly by_company: boolean;
  readonly denominations: Reward['denominations'];
  readonly available: readonly Money[];
}

export interface Choice {
  readonly value: string;
  readonly count: number;
}

/** What `GET /api/v1/me/store/choices` answers. */
export interface Choices {
  readonly home: string | null;
  readonly countries: readonly Choice[];
  readonly categories: readonly Choice[];
  readonly currencies: readonly Choice[];
}

export type Shelf = 'all' | Kind | 'favourites' | 'recent';

export const SHELVES: readonly Shelf[] = ['all', 'gift_card', 'experience', 'favourites', 'recent'];

/** What somebody looks for; empty values narrow nothing. */
export interface Search {
  readonly text: string;
  readonly shelf: Shelf;
  /** An ISO code, `home`, or nothing for the whole world. */
  readonly country: string;
  readonly category: string;
  readonly currency: string;
  readonly amount: '' | 'open' | 'fixed';
  readonly inStock: boolean;
}

export const ANYTHING: Search = {
  text: '',
  shelf: 'all',
  country: 'home',
  category: '',
  currency: '',
  amount: '',
  inStock: false,
};

/** How many filters beside words and shelf are set. */
export function filtersSet(search: Search): number {
  const { country, category, currency, amount, inStock } = search;
  return [country !== 'home', category, currency, amount, inStock].filter(Boolean).length;
}

export function isAnything(search: Search): boolean {
  return !search.text.trim() && search.shelf === 'all' && !filtersSet(search);
}

/** Return the query string of a search; what people marked or ordered is looked for everywhere. */
export function queryOf(search: Search): Record<string, string | boolean | undefined> {
  const { shelf } = search;
  const isOwn = shelf === 'favourites' || shelf === 'recent';
  const text = search.text.trim().slice(0, 80);
  return {
    q: text || undefined,
    shelf: isOwn ? shelf : undefined,
    kind: isOwn || shelf === 'all' ? undefined : shelf,
    country: (isOwn && search.country === 'home' ? '' : search.country) || undefined,
    category: search.category || undefined,
    currency: search.currency || undefined,
    amount: search.amount || undefined,
    in_stock: search.inStock || undefined,
  };
}

export function loadStore(
  search: Search,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<StorePage> {
  const query = { ...queryOf(search), cursor: cursor ?? undefined };
  return request<StorePage>('GET', '/api/v1/me/store', { query, signal });
}

export function loadFront(signal?: AbortSignal): Promise<StoreFront> {
  return request<StoreFront>('GET', '/api/v1/me/store/front', { signal });
}

/** Return the front as it is when a reward was marked, or is not marked any more. */
export function withMark(front: StoreFront, item: StoreItem): StoreFront {
  const swap = (items: readonly StoreItem[]) => swapped(items, item);
  const others = front.favourites.filter(({ id }) => id !== item.id);
  return {
    ...front,
    items: swap(front.items),
    recent: swap(front.recent),
    favourites: item.favourite ? [item, ...others] : others,
  };
}

/** Return rewards with one of them as it is now. */
export function swapped(items: readonly StoreItem[], now: StoreItem): readonly StoreItem[] {
  return items.map((item) => (item.id === now.id ? now : item));
}

export function loadChoices(country: string, signal?: AbortSignal): Promise<Choices> {
  const query = { country: country.length === 2 ? country : undefined };
  return request<Choices>('GET', '/api/v1/me/store/choices', { query, signal });
}

export function loadStoreReward(id: string, signal: AbortSignal): Promise<StoreReward> {
  return request<StoreReward>('GET', `/api/v1/me/store/${id}`, { signal });
}

export function markFavourite(id: string, marked: boolean): Promise<undefined> {
  return request<undefined>(marked ? 'PUT' : 'DELETE', `/api/v1/me/store/${id}/favourite`);
}

/** Return between what an amount must lie: within the vendor's limits and the company's. */
export function boundsOf({ least, most, room }: StoreReward): readonly [from: Money, to: Money] {
  const from = room.least && compare(room.least, least) > 0 ? room.least : least;
  const to = [room.most, room.left].reduce<Money>(
    (lowest, one) => (one && compare(one, lowest) < 0 ? one : lowest),
    most,
  );
  return [from, to];
}

/** Whether an amount can be ordered when it is free: within the limits and what one has. */
export function fitsOpen(reward: StoreReward, amount: Money | null, balance: Money): boolean {
  if (!reward.is_open || !amount) return false;
  const [from, to] = boundsOf(reward);
  const isWithin = compare(amount, from) >= 0 && compare(amount, to) <= 0;
  return isWithin && compare(amount, balance) <= 0;
}

/** Return a reward of the store as the order sheet takes it. */
export function asReward(found: StoreReward): Reward {
  const { id, brand, kind, country, hue, art, description, denominations } = found;
  const { delivery_code, by_company } = found;
  const currency = found.least.currency;
  return {
    id,
    brand,
    kind,
    country,
    currency,
    hue,
    art,
    description,
    delivery_code,
    by_company,
    denominations,
  };
}
