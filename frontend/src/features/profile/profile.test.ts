import { expect, test } from 'vitest';
import { serverTheme, withKind } from './profile';

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

test('the server calls the look of the device auto', () => {
  expect([serverTheme('system'), serverTheme('dark')]).toEqual(['auto', 'dark']);
});
