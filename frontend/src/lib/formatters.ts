/** Making a formatter costs a phone as much as using it hundreds of times, so each is made once. */
const made = new Map<string, unknown>();

function once<Options, Formatter>(
  Kind: new (locale: string, options?: Options) => Formatter,
  locale: string,
  options?: Options,
): Formatter {
  const key = [Kind.name, locale, JSON.stringify(options)].join();
  const known = made.get(key) as Formatter | undefined;
  if (known) return known;
  const formatter = new Kind(locale, options);
  made.set(key, formatter);
  return formatter;
}

export const numbers = (locale: string, shape?: Intl.NumberFormatOptions): Intl.NumberFormat =>
  once(Intl.NumberFormat, locale, shape);

export const dates = (locale: string, shape: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  once(Intl.DateTimeFormat, locale, shape);

export const plurals = (locale: string, shape?: Intl.PluralRulesOptions): Intl.PluralRules =>
  once(Intl.PluralRules, locale, shape);
