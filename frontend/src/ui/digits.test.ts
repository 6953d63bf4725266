import { expect, test } from 'vitest';
import { digits } from './digits';

test.each([
  ['123456', '123456'],
  [' 123 456 ', '123456'],
  ['1234567', '123456'],
  ['G-12', '12'],
])('a code may be pasted as it was sent: %s', (typed, code) => {
  expect(digits(typed)).toBe(code);
});
