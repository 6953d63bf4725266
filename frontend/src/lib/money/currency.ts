/** An amount as the API writes it: a decimal text, so that no float ever touches it. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** Minor-unit digits that differ from 2, from ISO 4217; PTS are a tenant's points. */
const EXPONENTS: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PTS PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

export function exponentOf(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}
