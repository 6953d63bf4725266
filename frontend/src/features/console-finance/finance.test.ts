import { describe, expect, it } from 'vitest';
import { journalFile, monthBefore, toRule } from './finance';

describe('the days of an export', () => {
  it('begin with the month that is over', () => {
    expect(monthBefore('2026-11-22')).toEqual({ first: '2026-10-01', last: '2026-10-31' });
    expect(monthBefore('2027-01-01')).toEqual({ first: '2026-12-01', last: '2026-12-31' });
    expect(monthBefore('2028-03-31')).toEqual({ first: '2028-02-01', last: '2028-02-29' });
  });

  it('stand in the address of the file', () => {
    const days = { first: '2026-10-01', last: '2026-10-31' };
    expect(journalFile(days, 'xlsx')).toBe(
      '/api/v1/finance/journal.xlsx?first=2026-10-01&last=2026-10-31',
    );
  });
});

describe('a tax rule', () => {
  const typed = {
    country: ' it ',
    income: 'draw_prize',
    from: '2027-01-01',
    threshold: '',
    currency: 'eur',
    percent: ' 25 ',
    basis: 'whole',
    yearStarts: '4',
    note: ' art. 1 ',
  } as const;

  it('is sent as the API takes it; no limit is a limit of nothing', () => {
    expect(toRule(typed)).toEqual({
      country: 'IT',
      income: 'draw_prize',
      from_on: '2027-01-01',
      threshold: { amount: '0', currency: 'EUR' },
      percent: '25',
      basis: 'whole',
      year_starts: 4,
      note: 'art. 1',
    });
  });
});
