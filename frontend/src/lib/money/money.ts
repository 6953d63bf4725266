/** An amount as the API writes it: a decimal text, so that no float ever touches it. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

export interface MoneyFormat {
  readonly locale: string;
  /** `exact` keeps the cents, `whole` drops them where they are zero, as on prizes and budgets. */
  readonly cents?: 'exact' | 'whole' | undefined;
  /** Show + as well as −; zero has no sign. */
  readonly signed?: boolean | undefined;
}

export interface MoneyPart {
  readonly kind: 'currency' | 'fraction' | 'figure';
  readonly text: string;
}

/** Minor-unit digits that differ from 2, from ISO 4217; PTS are a tenant's points. */
const EXPONENTS: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PTS PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

/** Written without their minor unit in everyday use, although ISO 4217 gives one. */
const WRITTEN_WHOLE: ReadonlySet<string> = new Set(['IDR', 'HUF', 'COP']);

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

export function exponentOf(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}

/** Return the amount in minor units; throws on a text that is no amount of its currency. */
export function toMinor({ amount, currency }: Money): bigint {
  const match = DECIMAL.exec(amount);
  const exponent = exponentOf(currency);
  const [, sign, whole = '', fraction = ''] = match ?? [];
  if (!match || fraction.length > exponent)
    throw new RangeError(`"${amount}" is not an amount in ${currency}.`);
  const minor = BigInt(whole + fraction.padEnd(exponent, '0'));
  return sign ? -minor : minor;
}

export function fromMinor(minor: bigint, currency: string): Money {
  const exponent = exponentOf(currency);
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return { amount: sign + digits, currency };
  return {
    amount: `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`,
    currency,
  };
}

/** Return the sum; throws when the currencies differ, because no rate is known here. */
export function add(a: Money, b: Money): Money {
  return fromMinor(toMinor(a) + toMinor(same(a, b)), a.currency);
}

export function subtract(a: Money, b: Money): Money {
  return fromMinor(toMinor(a) - toMinor(same(a, b)), a.currency);
}

export function negate(money: Money): Money {
  return fromMinor(-toMinor(money), money.currency);
}

/** Return a negative, zero or positive number, for sorting. */
export function compare(a: Money, b: Money): -1 | 0 | 1 {
  const difference = toMinor(a) - toMinor(same(a, b));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isZero(money: Money): boolean {
  return toMinor(money) === 0n;
}

function same(a: Money, b: Money): Money {
  if (a.currency !== b.currency)
    throw new RangeError(`${a.currency} and ${b.currency} cannot be put together.`);
  return b;
}

/** Return the pieces of an amount in the order the locale writes them. */
export function moneyParts(money: Money, wish: MoneyFormat): MoneyPart[] {
  const parts = formatter(money, wish).formatToParts(money.amount as Intl.StringNumericLiteral);
  const currencyLast = parts.at(-1)?.type === 'currency';
  return parts.map(({ type, value }) => {
    if (type === 'currency') return { kind: 'currency', text: value };
    const small = type === 'decimal' || type === 'fraction' || (type === 'literal' && currencyLast);
    return { kind: small ? 'fraction' : 'figure', text: type === 'minusSign' ? '−' : value };
  });
}

/** Return the amount as one text, for sentences and labels. */
export function formatMoney(money: Money, wish: MoneyFormat): string {
  return moneyParts(money, wish)
    .map((part) => part.text)
    .join('');
}

function formatter(money: Money, wish: MoneyFormat): Intl.NumberFormat {
  const digits = shownDigits(money, wish.cents ?? 'exact');
  return new Intl.NumberFormat(wish.locale, {
    style: 'currency',
    currency: money.currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: wish.signed === true ? 'exceptZero' : 'negative',
  });
}

function shownDigits(money: Money, cents: 'exact' | 'whole'): number {
  const exponent = exponentOf(money.currency);
  const fraction = money.amount.split('.')[1] ?? '';
  const isWhole = !/[1-9]/.test(fraction);
  const dropsZero = cents === 'whole' || WRITTEN_WHOLE.has(money.currency);
  return dropsZero && isWhole ? 0 : exponent;
}
