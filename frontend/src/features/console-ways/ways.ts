import { request, type Shapes } from '../../lib/api';

export type Way = Shapes['MethodOut'];
export type Review = Shapes['ReviewOut'];
export type WayIn = Shapes['MethodIn'];

export interface Desk {
  readonly ways: readonly Way[];
  readonly providers: readonly string[];
  readonly reviews: readonly Review[];
  readonly holdHours: number;
}

export async function loadWays(signal?: AbortSignal): Promise<Desk> {
  const [methods, reviews] = await Promise.all([
    request<Shapes['MethodsOut']>('GET', '/api/v1/payout-methods', { signal }),
    request<Shapes['ReviewsOut']>('GET', '/api/v1/accounts/review', { signal }),
  ]);
  return {
    ways: methods.items,
    providers: methods.providers,
    reviews: reviews.items,
    holdHours: reviews.hold_hours,
  };
}

export function saveWay(id: string | null, way: WayIn): Promise<Way> {
  return id === null
    ? request<Way>('POST', '/api/v1/payout-methods', { body: way })
    : request<Way>('PUT', `/api/v1/payout-methods/${id}`, { body: way });
}

export function decide(id: string, approve: boolean, reason: string): Promise<unknown> {
  return request('POST', `/api/v1/accounts/${id}/decide`, { body: { approve, reason } });
}

export function setHold(hours: number): Promise<unknown> {
  return request('PUT', '/api/v1/accounts/hold', { body: { hold_hours: hours } });
}

export const CURRENCIES = ['EUR', 'INR', 'IDR', 'USD'] as const;
export const HOLDS = [24, 36, 48, 72] as const;

/** What a form holds: everything as it is typed. */
export interface Form {
  name: string;
  provider: string;
  currency: string;
  country: string;
  role: string;
  least: string | null;
  most: string | null;
  fee: string | null;
  fee_percent: string | null;
  is_instant: boolean;
  days: string | null;
  active: boolean;
}

/** Return the form of a way, or of a new one. */
export function formOf(way: Way | null, providers: readonly string[]): Form {
  return {
    name: way?.name ?? '',
    provider: way?.provider ?? providers[0] ?? 'manual',
    currency: way?.currency ?? 'EUR',
    country: way?.country ?? '',
    role: way?.role ?? '',
    least: way?.least.amount ?? '10.00',
    most: way?.most?.amount ?? null,
    fee: way?.fee.amount ?? '0.00',
    fee_percent: way?.fee_percent ?? '0',
    is_instant: way?.is_instant ?? false,
    days: String(Math.ceil((way?.arrives_hours ?? 48) / 24)),
    active: way?.active ?? true,
  };
}

/** Return what the server is told: amounts in the one currency, empty choices as none. */
export function wayOf(form: Form): WayIn {
  const money = (amount: string) => ({ amount, currency: form.currency });
  return {
    name: form.name,
    provider: form.provider as WayIn['provider'],
    currency: form.currency,
    country: form.country.trim().toUpperCase() || null,
    role: (form.role || null) as Exclude<WayIn['role'], undefined>,
    least: money(form.least ?? ''),
    most: form.most ? money(form.most) : null,
    fee: money(form.fee ?? '0'),
    fee_percent: form.fee_percent ?? '0',
    is_instant: form.is_instant,
    arrives_hours: form.is_instant ? 0 : Number(form.days ?? '2') * 24,
    active: form.active,
  };
}
