import { expect, test } from 'vitest';
import { heldStates, type Statement } from './earned';
import { given, looksLikeEmail, sameRoles, toggled, wantedIn, whenHeld } from './people';
import { atItsSeams } from './words';

const eur = (amount: string): { amount: string; currency: string } => ({ amount, currency: 'EUR' });
const NOTHING: Statement['states'] = {
  at_risk: eur('0.00'),
  available: eur('0.00'),
  currency: 'EUR',
  earned: eur('0.00'),
  owed: eur('0.00'),
  paid: eur('0.00'),
  pay_on: null,
  payable: eur('0.00'),
  projected: eur('0.00'),
  held: eur('0.00'),
  clawed_back: eur('0.00'),
  reserved: eur('0.00'),
};

test('without a word of the address everybody who is here is listed', () => {
  expect(wantedIn(new URLSearchParams())).toEqual({
    search: '',
    team: '',
    role: '',
    active: 'yes',
  });
  expect(wantedIn(new URLSearchParams('active=all&role=rep')).active).toBe('all');
  expect(wantedIn(new URLSearchParams('active=perhaps')).active).toBe('yes');
});

test('what was not typed is not sent', () => {
  expect(given({ name: 'Ada', email: '', roles: [] })).toEqual({ name: 'Ada', roles: [] });
});

test('a role is given or taken without touching the others', () => {
  expect(toggled(['rep'], 'manager', true)).toEqual(['rep', 'manager']);
  expect(toggled(['rep', 'manager'], 'rep', false)).toEqual(['manager']);
});

test('roles are the same in any order', () => {
  expect(sameRoles(['rep', 'manager'], ['manager', 'rep'])).toBe(true);
  expect(sameRoles(['rep'], ['manager'])).toBe(false);
  expect(sameRoles(['rep'], ['rep', 'manager'])).toBe(false);
});

test('a position holds on its first and its last day', () => {
  const position = { from_on: '2026-11-01', to_on: '2026-11-30' };

  expect(whenHeld(position, '2026-10-31')).toBe('to-come');
  expect(whenHeld(position, '2026-11-01')).toBe('now');
  expect(whenHeld(position, '2026-11-30')).toBe('now');
  expect(whenHeld(position, '2026-12-01')).toBe('before');
  expect(whenHeld({ ...position, to_on: null }, '2030-01-01')).toBe('now');
});

test('only money that is there is told', () => {
  expect(heldStates(NOTHING)).toEqual([]);
  expect(heldStates({ ...NOTHING, paid: eur('5.00') })).toEqual([
    { state: 'paid', money: eur('5.00') },
  ]);
});

test('an e-mail address has one @ and no blanks', () => {
  expect(looksLikeEmail(' ada@lumera.example ')).toBe(true);
  expect(looksLikeEmail('not an address')).toBe(false);
  expect(looksLikeEmail('ada@lumera@example')).toBe(false);
});

test('a line ends within an address of mail at its signs, and in a sentence at its spaces', () => {
  expect(atItsSeams('giulia.ferrante@lumera.example')).toEqual([
    'giulia.',
    'ferrante@',
    'lumera.',
    'example',
  ]);
  expect(atItsSeams('Sun 2 Nov. 2026')).toEqual(['Sun 2 Nov. 2026']);
});
