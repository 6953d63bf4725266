import { expect, test } from 'vitest';
import { blank, filled, linesOf, type Account, type Standing } from './providers';

test('only accounts that are reached over the network are shown, each with how it stands', () => {
  const plum = { id: 'a' } as Account;
  const file = { id: 'b' } as Account;
  const standing = { id: 'a', missing: ['api_key'] } as Standing;

  expect(linesOf([plum, file], [standing])).toEqual([{ account: plum, standing }]);
});

test('what was left empty is not sent', () => {
  expect(filled({ api_key: ' k ', way: '', purpose: '  ' })).toEqual({ api_key: 'k' });
});

test('a new account begins at the address that counts', () => {
  const form = {
    provider: 'plum',
    addresses: ['https://a', 'https://b'],
    settings: [],
    secrets: [],
  };

  expect(blank(form)).toMatchObject({ provider: 'plum', base_url: 'https://a' });
});
