import { expect, test } from 'vitest';
import {
  blank,
  filled,
  isElsewhere,
  linesOf,
  typedOf,
  type Account,
  type Standing,
} from './providers';

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

test('an account is opened with its settings and none of its secrets', () => {
  const account = { provider: 'plum', label: 'Plum', base_url: 'https://a' } as Account;
  const standing = { settings: { way: 'sync' }, secrets: ['api_key'] } as unknown as Standing;

  expect(typedOf({ account, standing })).toEqual({
    provider: 'plum',
    label: 'Plum',
    base_url: 'https://a',
    settings: { way: 'sync' },
    secrets: {},
  });
});

test('another path is the same server, another host or port is not', () => {
  expect(isElsewhere('https://a/v1', ' https://a/v2 ')).toBe(false);
  expect(isElsewhere('https://a/v1', 'https://b/v1')).toBe(true);
  expect(isElsewhere('https://a:1/v1', 'https://a:2/v1')).toBe(true);
});
