import { request } from '../../lib/api';
import type { Money } from '../../lib/money';

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly group: string | null;
}

export type ClaimState = 'waiting' | 'verified' | 'refused' | 'matched';

/** A sale that the rep logged, as the server keeps it. */
export interface Claim {
  readonly id: string;
  readonly state: ClaimState;
  readonly product: string;
  readonly amount: Money | null;
  readonly units: string;
  readonly customer_reference: string;
  readonly occurred_on: string;
  readonly note: string;
  readonly created_at: string;
  readonly reason: string | null;
}

interface Items<T> {
  readonly items: readonly T[];
}

export const CLAIMS_PATH = '/api/v1/me/claims';

export async function loadProducts(signal: AbortSignal): Promise<readonly Product[]> {
  return (await request<Items<Product>>('GET', '/api/v1/products', { signal })).items;
}

export async function loadClaims(signal: AbortSignal): Promise<readonly Claim[]> {
  return (await request<Items<Claim>>('GET', CLAIMS_PATH, { signal })).items;
}

/** What is written in the form; amounts are decimal texts. */
export interface Draft {
  readonly product: string;
  readonly counts: 'amount' | 'units';
  readonly figure: string | null;
  readonly customer: string;
  readonly day: string;
  readonly note: string;
}

export interface ClaimBody {
  readonly product: string;
  readonly amount?: Money;
  readonly units?: string;
  readonly customer_reference: string;
  readonly occurred_on: string;
  readonly note?: string;
}

export type Field = 'product' | 'figure' | 'customer' | 'day';

/** Return which fields still need something. */
export function missing(draft: Draft, today: string): readonly Field[] {
  const faults: Field[] = [];
  if (!draft.product) faults.push('product');
  if (draft.figure === null || !(Number(draft.figure) > 0)) faults.push('figure');
  if (!draft.customer.trim()) faults.push('customer');
  if (!draft.day || draft.day > today) faults.push('day');
  return faults;
}

/** Return the draft as the server wants it. */
export function bodyOf(draft: Draft, currency: string): ClaimBody {
  const figure = draft.figure ?? '0';
  const note = draft.note.trim();
  return {
    product: draft.product,
    ...(draft.counts === 'amount' ? { amount: { amount: figure, currency } } : { units: figure }),
    customer_reference: draft.customer.trim(),
    occurred_on: draft.day,
    ...(note && { note }),
  };
}

/** Products that were found, in the groups they belong to. */
export function found(products: readonly Product[], typed: string): readonly Product[] {
  const wanted = typed.trim().toLocaleLowerCase();
  if (!wanted) return products;
  return products.filter(({ name, sku, group }) =>
    `${name} ${sku} ${group ?? ''}`.toLocaleLowerCase().includes(wanted),
  );
}
