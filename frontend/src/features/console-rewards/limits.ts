import { request, type Shapes } from '../../lib/api';
import type { Audience } from './store';

export type Limit = Shapes['LimitOut'];
export type LimitIn = Shapes['LimitIn'];

export const PERIODS = ['month', 'quarter', 'year'] as const;

/** What a form holds: everything as it is typed. */
export interface LimitForm {
  audience: Audience;
  about: Limit['about'];
  value: string;
  currency: string;
  least: string | null;
  most: string | null;
  period: Limit['period'];
  in_period: string | null;
}

export async function loadLimits(signal?: AbortSignal): Promise<readonly Limit[]> {
  const found = await request<Shapes['LimitsOut']>('GET', '/api/v1/catalog/limits', { signal });
  return found.items;
}

export function saveLimit(id: string | null, body: LimitIn): Promise<Limit> {
  return id === null
    ? request<Limit>('POST', '/api/v1/catalog/limits', { body })
    : request<Limit>('PUT', `/api/v1/catalog/limits/${id}`, { body });
}

export function removeLimit(id: string): Promise<undefined> {
  return request<undefined>('DELETE', `/api/v1/catalog/limits/${id}`);
}

/** Return the form of a limit, or of a new one. */
export function formOf(limit: Limit | null, currency: string): LimitForm {
  const { team_id = null, role = null, country = null } = limit ?? {};
  return {
    audience: { team_id, role, country },
    about: limit?.about ?? 'everything',
    value: limit?.value ?? '',
    currency: limit?.currency ?? currency,
    least: limit?.least?.amount ?? null,
    most: limit?.most?.amount ?? null,
    period: limit?.period ?? null,
    in_period: limit?.in_period?.amount ?? null,
  };
}

/** Return what the server is told: amounts in the one currency, what is empty as none. */
export function limitOf(form: LimitForm): LimitIn {
  const money = (amount: string | null) =>
    amount === null ? null : { amount, currency: form.currency };
  return {
    ...form.audience,
    about: form.about,
    value: form.about === 'everything' ? '' : form.value.trim(),
    currency: form.currency,
    least: money(form.least),
    most: money(form.most),
    period: form.period,
    in_period: form.period === null ? null : money(form.in_period),
  };
}
