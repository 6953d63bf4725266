import { expect, test } from 'vitest';
import {
  calendarDay,
  clock,
  countdown,
  day,
  dayIn,
  daysBetween,
  moment,
  monthFirst,
  relativeDay,
  zoneName,
} from '.';

const ROME = { locale: 'en-IE', zone: 'Europe/Rome' };
const NOON = '2026-11-19T11:00:00Z';

test('tells the time in the zone of the person, not of the phone', () => {
  expect(clock('2026-11-19T09:42:00Z', ROME)).toBe('10:42');
  expect(clock('2026-11-19T09:42:00Z', { ...ROME, zone: 'Asia/Jakarta' })).toBe('16:42');
});

test.each([
  ['fr-FR', '10 h 42'],
  ['id-ID', '10.42'],
  ['it-IT', '10:42'],
])('writes the time of day as people in %s do', (locale, expected) => {
  expect(clock('2026-11-19T09:42:00Z', { ...ROME, locale })).toBe(expected);
});

test.each([
  ['en-IE', 'Europe/Rome', 'CET'],
  ['fr-FR', 'Europe/Rome', 'CET'],
  ['en-IE', 'Asia/Jakarta', 'WIB'],
  ['it-IT', 'America/New_York', 'EST'],
  ['en-IE', 'Europe/London', 'GMT'],
  ['en-IE', 'Asia/Kathmandu', 'GMT+5:45'],
])('in %s calls the zone %s %s, as people there do', (locale, zone, expected) => {
  expect(zoneName(NOON, { locale, zone })).toBe(expected);
});

test('writes midnight as 00, not as 24', () => {
  expect(clock('2026-11-18T23:05:00Z', ROME)).toBe('00:05');
});

test('counts midnights of the zone between two moments', () => {
  expect(daysBetween('2026-11-18T22:59:00Z', NOON, 'Europe/Rome')).toBe(-1);
  expect(daysBetween('2026-11-18T23:01:00Z', NOON, 'Europe/Rome')).toBe(0);
});

test('counts days over the change of the clocks', () => {
  expect(daysBetween('2026-10-24T10:00:00Z', '2026-10-26T10:00:00Z', 'Europe/Rome')).toBe(-2);
});

test('says today and yesterday, and names other days', () => {
  expect(relativeDay(NOON, NOON, ROME)).toBe('today');
  expect(relativeDay('2026-11-18T11:00:00Z', NOON, ROME)).toBe('yesterday');
  expect(relativeDay('2026-11-16T11:00:00Z', NOON, ROME)).toBe('Mon 16 Nov');
});

test('leaves out the day of a moment of today', () => {
  expect(moment('2026-11-19T09:42:00Z', NOON, ROME)).toBe('10:42');
  expect(moment('2026-11-18T15:20:00Z', NOON, ROME)).toBe('yesterday 16:20');
});

test('shows a calendar date as it is, wherever the phone is', () => {
  expect(calendarDay('2026-11-19', 'en-IE')).toBe('Thu 19 Nov');
  expect(day(NOON, ROME)).toBe('Thu 19 Nov');
});

test('counts down in days, hours, minutes and seconds and stops at zero', () => {
  expect(countdown('2026-11-23T00:17:05Z', NOON)).toEqual({
    days: 3,
    hours: 13,
    minutes: 17,
    seconds: 5,
  });
  expect(countdown('2026-11-01T00:00:00Z', NOON).days).toBe(0);
});

test.each([
  ['en-IE', 'November'],
  ['it-IT', 'Novembre'],
  ['fr-FR', 'Novembre'],
  ['id-ID', 'November'],
])('opens a sentence in %s with a large letter', (locale, expected) => {
  expect(monthFirst(NOON, { ...ROME, locale })).toBe(expected);
});

test('a day begins where the person is', () => {
  const late = new Date('2026-11-21T23:30:00Z');

  expect(dayIn('Europe/Rome', late)).toBe('2026-11-22');
  expect(dayIn('America/New_York', late)).toBe('2026-11-21');
});
