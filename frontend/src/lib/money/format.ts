import { numbers } from '../formatters';
import { exponentOf, type Money } from './currency';
import { POINTS, pointsWord } from './points';

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

/** Written without their minor unit in everyday use, although ISO 4217 gives one. */
const WRITTEN_WHOLE: ReadonlySet<string> = new Set(['IDR', 'HUF', 'COP']);

/** Return the pieces of an amount in the order the locale writes them. */
export function moneyParts(money: Money, wish: MoneyFormat): MoneyPart[] {
  const parts = formatter(money, wish).formatToParts(money.amount as Intl.StringNumericLiteral);
  const currencyLast = parts.at(-1)?.type === 'currency';
  const said = parts.map(({ type, value }): MoneyPart => {
    if (type === 'currency') return { kind: 'currency', text: value };
    const small = type === 'decimal' || type === 'fraction' || (type === 'literal' && currencyLast);
    return { kind: small ? 'fraction' : 'figure', text: type === 'minusSign' ? '−' : value };
  });
  if (money.currency === POINTS)
    said.push({ kind: 'currency', text: `\u00a0${pointsWord(money.amount, wish.locale)}` });
  return said;
}

/** Return the amount as one text, for sentences and labels. */
export function formatMoney(money: Money, wish: MoneyFormat): string {
  return moneyParts(money, wish)
    .map((part) => part.text)
    .join('');
}

function formatter(money: Money, wish: MoneyFormat): Intl.NumberFormat {
  const digits = shownDigits(money, wish.cents ?? 'exact');
  const isPoints = money.currency === POINTS;
  return numbers(wish.locale, {
    style: isPoints ? 'decimal' : 'currency',
    currency: money.currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: isPoints ? 12 : digits,
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
