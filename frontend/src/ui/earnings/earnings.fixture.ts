import type { Earnings, Receipt } from './earnings';

const euro = (amount: string) => ({ amount, currency: 'EUR' }) as const;
const NOVEMBER = { key: '2026-11', start: '2026-11-01', end: '2026-11-30' } as const;

export const EARNINGS: Earnings = {
  periods: [NOVEMBER],
  period: NOVEMBER,
  currency: 'EUR',
  states: {
    currency: 'EUR',
    pay_on: '2026-11-20',
    projected: euro('0.00'),
    payable: euro('214.00'),
    earned: euro('207.00'),
    available: euro('0.00'),
    reserved: euro('0.00'),
    paid: euro('342.00'),
    at_risk: euro('36.00'),
  },
  other_currencies: [],
  pay_on: '2026-11-20',
  lines: [
    {
      id: 'a.1',
      component_name: 'Dual-fuel bonus',
      title: 'Dual-fuel, Via Solari 18',
      occurred_at: '2026-11-19T09:18:00Z',
      money: euro('22.50'),
      state: 'payable',
      waiting: 'weekday',
    },
  ],
  next_cursor: null,
};

/** The eleventh contract, a quarter more from the tenth on, from a file. */
export const RECEIPT: Receipt = {
  money: euro('22.50'),
  title: 'Dual-fuel, Via Solari 18',
  headline: {
    code: 'line',
    params: {
      component: { kind: 'text', value: 'Dual-fuel bonus' },
      counted: { kind: 'number', value: '1' },
      before: { kind: 'number', value: '10' },
      after: { kind: 'number', value: '11' },
      nth: { kind: 'number', value: '11' },
    },
  },
  steps: {
    code: 'line',
    params: {},
    result: { kind: 'money', value: '22.5', currency: 'EUR' },
    children: [
      {
        code: 'unit_band',
        params: {
          part: { kind: 'number', value: '1' },
          price: { kind: 'money', value: '22.5', currency: 'EUR' },
          from: { kind: 'number', value: '10' },
        },
        result: { kind: 'money', value: '22.5', currency: 'EUR' },
        children: [
          {
            code: 'price_times',
            params: {
              base: { kind: 'money', value: '18', currency: 'EUR' },
              multiplier: { kind: 'number', value: '1.25' },
            },
            result: { kind: 'money', value: '22.5', currency: 'EUR' },
            children: [],
          },
        ],
      },
    ],
  },
  source: {
    source: 'crm',
    file: 'week-47.csv',
    row: 418,
    external_id: 'C-20418',
    received_at: '2026-11-19T09:31:00Z',
  },
  program: {
    name: 'Dual-fuel November',
    component_name: 'Dual-fuel bonus',
    version: 3,
    sha256: '9f1c2d3e4a5b6c7d8e9f',
    sealed: true,
  },
  timeline: [
    { code: 'earned', at: '2026-11-19T09:31:00Z', on: null, state: 'done' },
    { code: 'payable', at: null, on: '2026-11-20', state: 'now' },
  ],
  next_step: { code: 'next_bonus', params: { missing: { kind: 'number', value: '3' } } },
};
