import { expect, test } from 'vitest';
import { digits, wordsOf } from './phone';

test('a text of which nobody knows is neither called sent nor lost', () => {
  const states = [
    'queued',
    'sending',
    'sent',
    'delivered',
    'failed',
    'dropped',
    'unknown',
  ] as const;

  expect(states.map((text) => wordsOf({ text }))).toEqual([
    'on-its-way',
    'on-its-way',
    'on-its-way',
    'on-its-way',
    'failed',
    'failed',
    'unknown',
  ]);
});

test('a code may be typed in groups', () => {
  expect([digits('123 456'), digits('1234567'), digits('G-12')]).toEqual([
    '123456',
    '123456',
    '12',
  ]);
});
