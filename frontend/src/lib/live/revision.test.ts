import { expect, test } from 'vitest';
import { judge } from '.';

test('uses the push that follows what we hold', () => {
  expect(judge(4, 5)).toBe('apply');
});

test('drops what we already know', () => {
  expect(judge(5, 5)).toBe('known');
  expect(judge(5, 3)).toBe('known');
});

test('asks for a snapshot when a push is missing between', () => {
  expect(judge(4, 6)).toBe('gap');
});

test('uses every push while nothing is counted', () => {
  expect(judge(undefined, 9)).toBe('apply');
});
