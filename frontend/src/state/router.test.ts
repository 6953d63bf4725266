import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { router } from './router.svelte';

let stop: () => void;

beforeEach(() => {
  vi.stubGlobal('scrollY', 0);
  stop = router.start();
  router.go('/earnings');
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

/** Go back as the browser does, which tells of it later. */
async function back(): Promise<void> {
  const told = new Promise((done) => addEventListener('popstate', done, { once: true }));
  history.back();
  await told;
}

test('another page is a visit, at its top', () => {
  const before = router.visit;
  router.go('/wallet');
  expect([router.visit - before, router.path, router.restore]).toEqual([1, '/wallet', 0]);
});

test('a filter is no visit', () => {
  const before = router.visit;
  router.setQuery('period', '2026-10');
  expect([router.visit, router.query.get('period')]).toEqual([before, '2026-10']);
});

test('another view of a page is a visit', () => {
  const before = router.visit;
  router.go('/earnings?all=1');
  expect(router.visit).toBe(before + 1);
});

test('the page one is at, asked for again, is a visit: it goes to its top', () => {
  const before = router.visit;
  router.go('/earnings');
  expect(router.visit).toBe(before + 1);
});

test('what opens over a page is no visit, and closing it leaves nothing to go back to', async () => {
  const before = router.visit;
  const entries = history.length;
  router.go('/earnings?line=1');
  expect(router.query.get('line')).toBe('1');

  const told = new Promise((done) => addEventListener('popstate', done, { once: true }));
  router.close('line');
  await told;

  expect([router.path, router.query.get('line'), router.visit]).toEqual([
    '/earnings',
    null,
    before,
  ]);
  router.go('/earnings?line=2');
  expect(history.length).toBe(entries + 1);
});

test('what was open on arrival closes where it stands', () => {
  router.go('/wallet?movement=1');
  const entries = history.length;
  router.close('movement');
  expect([router.path, router.query.get('movement'), history.length]).toEqual([
    '/wallet',
    null,
    entries,
  ]);
});

test('going back returns to where one was', async () => {
  vi.stubGlobal('scrollY', 640);
  router.go('/wallet');
  await back();
  expect([router.path, router.restore]).toEqual(['/earnings', 640]);
});

test('no place is remembered while the page is being brought to one', async () => {
  vi.stubGlobal('scrollY', 640);
  router.go('/wallet');
  await back();
  router.isLanding = true;
  vi.stubGlobal('scrollY', 120);
  dispatchEvent(new Event('scrollend'));
  router.isLanding = false;
  expect(history.state).toMatchObject({ 'laurel.scroll': 640 });
});
