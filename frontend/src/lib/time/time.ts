import { dates } from '../formatters';

/** Where and how a moment is told: the person's locale and IANA zone. */
export interface Place {
  readonly locale: string;
  readonly zone: string;
}

/** An RFC 3339 text from the API, or a Date. */
export type Instant = string | Date;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function date(instant: Instant): Date {
  return typeof instant === 'string' ? new Date(instant) : instant;
}

function write(
  instant: Instant,
  { locale, zone }: Place,
  shape: Intl.DateTimeFormatOptions,
): string {
  return dates(locale, { timeZone: zone, ...shape }).format(date(instant));
}

/** The time of day as people write it: 10:42, in French 10 h 42, in Indonesian 10.42. */
export function clock(instant: Instant, place: Place): string {
  const text = write(instant, place, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return place.locale.startsWith('fr') ? text.replace(':', ' h ') : text;
}

/** The time of day with the name of its zone, for results that are read in several zones. */
export function clockWithZone(instant: Instant, place: Place): string {
  return `${clock(instant, place)} ${zoneName(instant, place)}`;
}

/** Locales that know names of zones; most know only their own and write the offset of others. */
const NAMERS = ['en-GB', 'en-US', 'id-ID'];

/** The short name of the zone as people say it, CET or WIB; its offset where there is none. */
export function zoneName(instant: Instant, { locale, zone }: Place): string {
  const names = [locale, ...NAMERS].map((namer) => shortZone(instant, { locale: namer, zone }));
  return names.find((name) => !/^(GMT|UTC)[^A-Z]/.test(name)) ?? names[0] ?? zone;
}

function shortZone(instant: Instant, { locale, zone }: Place): string {
  const shape = { timeZone: zone, timeZoneName: 'short' } as const;
  const parts = dates(locale, shape).formatToParts(date(instant));
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** A day in short: Thu 19 Nov. */
export function day(instant: Instant, place: Place): string {
  return write(instant, place, { weekday: 'short', day: 'numeric', month: 'short' }).replace(
    ',',
    '',
  );
}

/** A day with its year: 18 Nov 2028. */
export function fullDay(instant: Instant, place: Place): string {
  return write(instant, place, { day: 'numeric', month: 'short', year: 'numeric' });
}

export function dayAndClock(instant: Instant, place: Place): string {
  return `${day(instant, place)}, ${clock(instant, place)}`;
}

export function month(instant: Instant, place: Place): string {
  return write(instant, place, { month: 'long' });
}

/** A month that opens a sentence: "Novembre" where months are otherwise written small. */
export function monthFirst(instant: Instant, place: Place): string {
  const name = month(instant, place);
  return name.charAt(0).toLocaleUpperCase(place.locale) + name.slice(1);
}

/** Show a calendar date of the API (`2026-11-19`), which belongs to no zone. */
export function calendarDay(isoDate: string, locale: string): string {
  return day(`${isoDate}T00:00:00Z`, { locale, zone: 'UTC' });
}

/** Number of midnights in the place's zone between the two moments; yesterday is -1. */
export function daysBetween(instant: Instant, now: Instant, zone: string): number {
  return Math.round((midnight(instant, zone) - midnight(now, zone)) / DAY);
}

function midnight(instant: Instant, zone: string): number {
  const iso = dates('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(date(instant));
  return Date.parse(`${iso}T00:00:00Z`);
}

/** "today", "yesterday", "tomorrow", else the day in short. */
export function relativeDay(instant: Instant, now: Instant, place: Place): string {
  const days = daysBetween(instant, now, place.zone);
  if (Math.abs(days) > 1) return day(instant, place);
  return new Intl.RelativeTimeFormat(place.locale, { numeric: 'auto' }).format(days, 'day');
}

/** "10:42" when it was today, else "yesterday 10:42" or "Thu 19 Nov 10:42". */
export function moment(instant: Instant, now: Instant, place: Place): string {
  const time = clock(instant, place);
  if (daysBetween(instant, now, place.zone) === 0) return time;
  return `${relativeDay(instant, now, place)} ${time}`;
}

export interface Countdown {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** What is left until `end`; all zero once it has passed. */
export function countdown(end: Instant, now: Instant): Countdown {
  const left = Math.max(0, date(end).getTime() - date(now).getTime());
  return {
    days: Math.floor(left / DAY),
    hours: Math.floor((left % DAY) / HOUR),
    minutes: Math.floor((left % HOUR) / MINUTE),
    seconds: Math.floor((left % MINUTE) / 1000),
  };
}

/** The calendar day of a moment where somebody is, as the API writes it. */
export function dayIn(zone: string, now: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(now);
}
