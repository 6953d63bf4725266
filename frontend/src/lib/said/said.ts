import { numbers } from '../formatters';
import type { Params } from '../api';
import type { Value } from '../i18n';
import { exponentOf, formatMoney, POINTS, type Money } from '../money';
import { calendarDay, dayAndClock, type Place } from '../time';

/** A sentence of the server: a code to find the words by, and the values they are filled with. */
export interface Sentence {
  readonly code: string;
  readonly params: Params;
}

/** One value of an explanation, as the engine writes it; numbers are exact decimal texts. */
export interface Told {
  readonly kind: 'money' | 'number' | 'percent' | 'text' | 'day';
  readonly value: string;
  readonly currency?: string | null | undefined;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;

/** What is still to be won or reached is a round figure; what was earned keeps its cents. */
const AIMS: ReadonlySet<string> = new Set(['prize', 'missing']);

/** Return every value of `params` ready to stand in a message. */
export function spoken(params: Params, place: Place): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, sayValue(name, value, place)]),
  );
}

function sayValue(name: string, value: unknown, place: Place): Value {
  if (isTold(value)) return isCount(value) ? Number(value.value) : told(value, place.locale);
  if (isMoney(value))
    return formatMoney(value, { locale: place.locale, cents: AIMS.has(name) ? 'whole' : 'exact' });
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return '';
  if (DATE.test(value)) return calendarDay(value, place.locale);
  return INSTANT.test(value) ? dayAndClock(value, place) : value;
}

/** Return one value of an explanation as text; every digit that was computed is shown. */
export function told({ kind, value, currency }: Told, locale: string): string {
  switch (kind) {
    case 'money':
      return exactMoney(value, currency ?? 'EUR', locale);
    case 'number':
      return decimals(value, locale);
    case 'percent':
      return decimals(value, locale, { style: 'unit', unit: 'percent' });
    case 'day':
      return calendarDay(value, locale);
    default:
      return value;
  }
}

function exactMoney(amount: string, currency: string, locale: string): string {
  const digits = amount.split('.')[1]?.length ?? 0;
  if (digits <= exponentOf(currency) || currency === POINTS)
    return formatMoney({ amount, currency }, { locale });
  return decimals(amount, locale, { style: 'currency', currency });
}

function decimals(text: string, locale: string, shape: Intl.NumberFormatOptions = {}): string {
  const digits = Math.min(text.split('.')[1]?.length ?? 0, 12);
  return numbers(locale, {
    ...shape,
    minimumFractionDigits: shape.style === 'currency' ? digits : 0,
    maximumFractionDigits: digits,
  })
    .format(text as Intl.StringNumericLiteral)
    .replace('-', '−');
}

export function isMoney(value: unknown): value is Money {
  return isRecord(value) && typeof value['amount'] === 'string' && 'currency' in value;
}

/** Whole numbers stay numbers, for plurals and ordinals. */
function isCount({ kind, value }: Told): boolean {
  return kind === 'number' && /^-?\d{1,15}$/.test(value);
}

function isTold(value: unknown): value is Told {
  return isRecord(value) && typeof value['kind'] === 'string' && typeof value['value'] === 'string';
}

function isRecord(value: unknown): value is Params {
  return typeof value === 'object' && value !== null;
}
