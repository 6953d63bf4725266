import { plurals } from '../formatters';

/** A tenant's points: a currency to the ledger, a word to whoever reads. */
export const POINTS = 'PTS';

const WORDS: Readonly<Record<string, string>> = { it: 'punto|punti', id: 'poin|poin' };

/** Return the word after a number of points. */
export function pointsWord(amount: string, locale: string): string | undefined {
  const [one, other] = (WORDS[locale.slice(0, 2)] ?? 'point|points').split('|');
  return plurals(locale).select(Number(amount)) === 'one' ? one : other;
}
