/** Return the decimal mark of a locale: "." or ",". */
export function decimalMark(locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(1.5);
  return parts.find((part) => part.type === 'decimal')?.value ?? '.';
}

/**
 * Read a number as people type it in their locale; null when it is none.
 *
 * Returns the decimal text the API wants: "1.284,50" typed in Italian gives "1284.50". Keypads follow the
 * phone, not the app: a foreign mark before the last one or two digits can only be a decimal mark.
 */
export function readNumber(text: string, locale: string): string | null {
  const typed = text
    .trim()
    .replace(/[\s\u00a0\u202f'’]/g, '')
    .replace(/^−/, '-');
  const own = decimalMark(locale);
  const other = own === ',' ? '.' : ',';
  const isForeign = !typed.includes(own) && /^-?\d+[.,]\d{1,2}$/.test(typed);
  const [mark, grouping] = isForeign ? [other, own] : [own, other];
  const [whole = '', fraction, ...more] = typed.split(mark);
  if (more.length || !isGrouped(whole, grouping)) return null;
  const digits = whole.replaceAll(grouping, '');
  if (!/^-?\d+$/.test(digits) || (fraction !== undefined && !/^\d*$/.test(fraction))) return null;
  return fraction ? `${digits}.${fraction}` : digits;
}

/** Groups must hold three digits, so that a foreign decimal mark is refused instead of misread. */
function isGrouped(whole: string, grouping: string): boolean {
  const [, ...groups] = whole.split(grouping);
  return groups.every((group) => group.length === 3);
}

/** Write a decimal text of the API for an input in the person's locale. */
export function writeNumber(text: string, locale: string): string {
  return text.replace('.', decimalMark(locale));
}
