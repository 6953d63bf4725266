import type { Standing, Target, Today } from './today';

const euro = (amount: string) => ({ amount, currency: 'EUR' }) as const;

/** A week with a countable target, three of it done today. */
export const WEEK: Target = {
  component_name: 'Dual-fuel November',
  unit: 'count',
  done: 11,
  goal: 14,
  today: 3,
  period_label: 'week',
  period_end: '2026-11-22',
  prize: euro('60.00'),
  pace: { today_done: 3, today_goal: 4 },
};

/** A quarter with a target in money. */
export const QUARTER: Target = {
  component_name: 'Power and gas',
  unit: 'money',
  done: euro('18420.00'),
  goal: euro('25000.00'),
  today: euro('1200.00'),
  period_label: 'quarter',
  period_end: '2026-12-31',
  prize: null,
  pace: { today_done: euro('1200.00'), today_goal: euro('1500.00') },
};

export const STANDING: Standing = {
  id: 'c',
  name: 'Week 47 sprint',
  place: 7,
  tied: false,
  participants: 38,
  moved: 2,
  provisional: true,
  behind: { need: 2, unit: 'count', place: 5 },
};

export const TODAY: Today = {
  as_of: '2026-11-19T09:42:00Z',
  sentence: { code: 'next_bonus', params: { missing: 3, prize: euro('60.00') } },
  target: WEEK,
  money: {
    currency: 'EUR',
    pay_on: '2026-11-20',
    payable: euro('214.00'),
    available: euro('0.00'),
    paid: euro('342.00'),
    earned: euro('207.00'),
    at_risk: euro('36.00'),
    reserved: euro('0.00'),
    projected: euro('0.00'),
    held: euro('0.00'),
  },
  waiting_claims: 0,
  contest: STANDING,
  unread: 2,
  latest: [
    {
      line_id: 'a.1',
      title: 'Dual-fuel, Via Solari 18',
      money: euro('22.50'),
      at: '2026-11-19T09:18:00Z',
    },
  ],
};
