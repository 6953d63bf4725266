import { describe, expect, it } from 'vitest';
import { corrected, paperOf, proofOf, recordOf, won, type Statement } from './statements';

const euros = (amount: string) => ({ amount, currency: 'EUR' });

const month = (first: string, last: string, corrections = '0.00', prizes = '0.00'): Statement => ({
  id: first,
  first_on: first,
  last_on: last,
  frozen_at: '2026-11-01T06:00:00Z',
  sha256: 'ab',
  currencies: [
    {
      earned: euros('12.50'),
      corrections: euros(corrections),
      prizes: euros(prizes),
      closing: euros('9.00'),
    },
  ],
});

const october = month('2026-10-01', '2026-10-31');
const september = month('2026-09-01', '2026-09-30', '-3.00');

describe('a proof of earnings', () => {
  it('covers the newest months asked for', () => {
    expect(proofOf([october, september], 12)).toBe(
      '/api/v1/me/proof-of-earnings/pdf?first=2026-09-01&last=2026-10-31',
    );
    expect(proofOf([october, september], 1)).toContain('first=2026-10-01');
  });

  it('is not offered where nothing is frozen', () => {
    expect(proofOf([], 12)).toBeNull();
  });
});

describe('a frozen month', () => {
  it('has a paper and a record', () => {
    expect(paperOf(october)).toBe('/api/v1/me/statements/2026-10-01/pdf');
    expect(recordOf(october)).toBe('/api/v1/me/statements/2026-10-01');
  });

  it('speaks of corrections only where there are any', () => {
    expect(corrected(october)).toEqual([]);
    expect(corrected(september)).toEqual([euros('-3.00')]);
  });

  it('speaks of prizes only where there are any', () => {
    expect(won(october)).toEqual([]);
    expect(won(month('2026-08-01', '2026-08-31', '0.00', '40.00'))).toEqual([euros('40.00')]);
  });
});
