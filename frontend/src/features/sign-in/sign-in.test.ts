import { expect, test } from 'vitest';
import { after } from './sign-in';

test('after signing in one comes back to where one wanted to go', () => {
  expect(after('/earnings?line=a', '/')).toBe('/earnings?line=a');
});

test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'evil', ''])(
  'an address outside of the app is not followed: %s',
  (next) => {
    expect(after(next, '/')).toBe('/');
  },
);
