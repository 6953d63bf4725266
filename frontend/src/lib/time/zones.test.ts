import { expect, test } from 'vitest';
import { zoneChoices, zoneLabel } from './zones';

test.each([
  ['Europe/Rome', 'en-GB', 'Rome · Central European Time'],
  ['Europe/Rome', 'it-IT', 'Rome · Ora dell’Europa centrale'],
  ['Asia/Jakarta', 'id-ID', 'Jakarta · Waktu Indonesia Barat'],
  ['America/Argentina/Buenos_Aires', 'fr-FR', 'Buenos Aires · heure normale d’Argentine'],
  ['UTC', 'it-IT', 'UTC'],
  ['Etc/GMT+3', 'en-GB', 'GMT-03:00'],
  ['Mars/Olympus', 'en-GB', 'Olympus, Mars'],
])('%s is told in %s by its city and its time', (zone, locale, expected) => {
  expect(zoneLabel(zone, locale)).toBe(expected);
});

test('the zone a person has is offered even when this device does not know it', () => {
  expect(zoneChoices('Mars/Olympus', 'en-GB')).toContainEqual({
    value: 'Mars/Olympus',
    label: 'Olympus, Mars',
  });
});

test('zones are offered in the order of what is read', () => {
  const labels = zoneChoices('Europe/Rome', 'it-IT').map((choice) => choice.label);

  expect(labels).toEqual([...labels].sort((a, b) => a.localeCompare(b, 'it-IT')));
});
