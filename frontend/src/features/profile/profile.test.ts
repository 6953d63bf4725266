import { expect, test } from 'vitest';
import { serverTheme, withKind, zoneName, zones } from './profile';

const NUDGES = {
  muted: ['next_tier'],
  quiet_from: '20:00',
  quiet_to: '08:00',
  kinds: ['next_tier', 'share_place'],
};

test('silencing a nudge keeps the others as they are', () => {
  expect(withKind(NUDGES, 'share_place', false).muted).toEqual(['next_tier', 'share_place']);
});

test('letting a nudge through again takes it off the list once', () => {
  expect(withKind(NUDGES, 'next_tier', true).muted).toEqual([]);
});

test('a zone is told by its place first', () => {
  expect([
    zoneName('Europe/Rome'),
    zoneName('America/Argentina/Buenos_Aires'),
    zoneName('UTC'),
  ]).toEqual(['Rome, Europe', 'Buenos Aires, Argentina, America', 'UTC']);
});

test('the zone a person has is offered even when this device does not know it', () => {
  expect(zones('Mars/Olympus')[0]).toBe('Mars/Olympus');
});

test('the server calls the look of the device auto', () => {
  expect([serverTheme('system'), serverTheme('dark')]).toEqual(['auto', 'dark']);
});
