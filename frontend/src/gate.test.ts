import { describe, expect, test } from 'vitest';
import { homeOf, matchRoute, type Visitor } from './gate';
import type { PageModule, Route, Table } from './routes';
import type { Role } from './state/session.svelte';

const page = (path: string, roles: Route['roles']): Route => ({
  path,
  page: path,
  title: 'nav.today',
  shell: 'phone',
  roles,
});

const ROUTES = [
  page('/', ['rep']),
  page('/sign-in', 'anyone'),
  page('/inbox', 'signed-in'),
  page('/console', ['finance']),
];

const TABLE: Table = {
  routes: ROUTES,
  files: Object.fromEntries(
    ROUTES.map(({ path }) => [
      `./features/${path}Page.svelte`,
      () => Promise.reject<PageModule>(new Error('not loaded here')),
    ]),
  ),
};

const OUT: Visitor = { state: 'out', me: null };
const as = (...roles: Role[]): Visitor => ({ state: 'in', me: { roles } });

describe('matchRoute', () => {
  test('sends a stranger to the sign-in and remembers where to', () => {
    expect(matchRoute('/inbox', OUT, TABLE)).toEqual({
      kind: 'redirect',
      to: '/sign-in?next=%2Finbox',
    });
  });

  test('shows everyone what is open to everyone', () => {
    expect(matchRoute('/sign-in', OUT, TABLE)).toMatchObject({ kind: 'page' });
  });

  test('sends a signed-in person on from the sign-in', () => {
    expect(matchRoute('/sign-in', as('rep'), TABLE)).toEqual({ kind: 'redirect', to: '/' });
  });

  test('sends people who sell nothing from the start page to the console', () => {
    expect(matchRoute('/', as('finance'), TABLE)).toEqual({ kind: 'redirect', to: '/console' });
  });

  test('refuses a page of another role', () => {
    expect(matchRoute('/console', as('rep'), TABLE)).toEqual({ kind: 'forbidden' });
  });

  test('opens a page to any of its roles', () => {
    expect(matchRoute('/console', as('rep', 'finance'), TABLE)).toMatchObject({ kind: 'page' });
  });

  test('says when there is no page', () => {
    expect(matchRoute('/nowhere', as('rep'), TABLE)).toEqual({ kind: 'missing' });
  });
});

test('a manager who also sells starts on Today', () => {
  expect(homeOf(['manager', 'rep'])).toBe('/');
});
