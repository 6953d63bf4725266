import { expect, test } from 'vitest';
import { wordsOf } from './phone';

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
