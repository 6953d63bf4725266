import { exponentOf, type Money } from './currency';

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

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
