import { describe, expect, test } from 'vitest';
import { chooseLanguage, format, ordinal } from '.';

describe('format', () => {
  test('fills placeholders and writes numbers in the locale', () => {
    expect(format('{name} has {score}.', { name: 'Elena', score: 1486.5 }, 'it-IT')).toBe(
      'Elena has 1486,5.',
    );
  });

  test('shows what was given as it is, markup and braces included', () => {
    expect(format('Team {name}', { name: '<script>{name}</script>' }, 'en-IE')).toBe(
      'Team <script>{name}</script>',
    );
  });

  test.each([
    [0, 'none'],
    [1, '1 sale'],
    [2, '2 sales'],
  ])('chooses the variant for %i', (count, expected) => {
    const message = { '=0': 'none', one: '{count} sale', other: '{count} sales' };

    expect(format(message, { count }, 'en-IE')).toBe(expected);
  });

  test('counts zero as singular in French, as French does', () => {
    expect(format({ one: '{count} vente', other: '{count} ventes' }, { count: 0 }, 'fr-FR')).toBe(
      '0 vente',
    );
  });
});

describe('ordinals', () => {
  test.each([
    ['en-IE', 1, '1st'],
    ['en-IE', 2, '2nd'],
    ['en-IE', 3, '3rd'],
    ['en-IE', 11, '11th'],
    ['en-IE', 22, '22nd'],
    ['it-IT', 7, '7º'],
    ['fr-FR', 1, '1er'],
    ['fr-FR', 7, '7e'],
    ['id-ID', 7, 'ke-7'],
  ])('%s writes place %i as %s', (locale, place, expected) => {
    expect(ordinal(place, locale)).toBe(expected);
  });

  test('follow the gender of what is counted', () => {
    expect(format('{place:ordinal-f}', { place: 7 }, 'it-IT')).toBe('7ª');
    expect(format('{place:ordinal-f}', { place: 1 }, 'fr-FR')).toBe('1re');
  });
});

test('picks the first wished language we speak, English if none', () => {
  expect(chooseLanguage(['de-AT', 'it-CH', 'en'])).toBe('it');
  expect(chooseLanguage(['de-AT'])).toBe('en');
});
