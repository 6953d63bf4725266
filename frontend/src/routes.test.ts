import { expect, test } from 'vitest';
import { RAIL } from './console-navigation';
import { CONSOLE } from './console-routes';
import { TABS } from './navigation';
import { pageOf, PHONE, tableOf } from './routes';
import { VISITOR } from './visitor-routes';
import { WALLET } from './wallet-routes';

test('every route of the phone has its page', () => {
  const missing = PHONE.routes.filter((route) => !pageOf(route, PHONE));

  expect(missing.map((route) => route.page)).toEqual([]);
});

test('every route of the wallet has its page', () => {
  const missing = WALLET.routes.filter((route) => !pageOf(route, WALLET));

  expect(missing.map((route) => route.page)).toEqual([]);
});

test('every route of visitors has its page', () => {
  const missing = VISITOR.routes.filter((route) => !pageOf(route, VISITOR));

  expect(missing.map((route) => route.page)).toEqual([]);
});

test('every route of the console has its page', () => {
  const missing = CONSOLE.routes.filter((route) => !pageOf(route, CONSOLE));

  expect(missing.map((route) => route.page)).toEqual([]);
});

test('every tab and every place of the rail leads somewhere', () => {
  const paths = [...PHONE.routes, ...CONSOLE.routes].map((route) => route.path);
  const targets = [...TABS, ...RAIL].map((place) => place.path);

  expect(targets.filter((path) => !paths.includes(path))).toEqual([]);
});

test('a page belongs to a tab or a place of the rail that exists', () => {
  const targets: readonly string[] = [...TABS, ...RAIL].map((place) => place.path);
  const places = [...PHONE.routes, ...WALLET.routes, ...CONSOLE.routes].flatMap(
    (route) => route.place ?? [],
  );

  expect(places.filter((place) => !targets.includes(place))).toEqual([]);
});

test('an address loads the table it stands in', async () => {
  expect(await tableOf('/console/people')).toBe(CONSOLE);
  expect(await tableOf('/consolation')).toBe(PHONE);
  expect(await tableOf('/wallet/accounts')).toBe(WALLET);
  expect(await tableOf('/statements')).toBe(WALLET);
  expect(await tableOf('/join/abc')).toBe(VISITOR);
});
