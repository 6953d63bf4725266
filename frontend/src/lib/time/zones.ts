import { dates } from '../formatters';

export interface ZoneChoice {
  readonly value: string;
  readonly label: string;
}

/** Every time zone this device knows, UTC and `current`, in the order of their labels. */
export function zoneChoices(current: string, locale: string): readonly ZoneChoice[] {
  return [...new Set(['UTC', current, ...Intl.supportedValuesOf('timeZone')])]
    .map((value) => ({ value, label: zoneLabel(value, locale) }))
    .sort((a, b) => a.label.localeCompare(b.label, locale));
}

/**
 * Return "Rome · Central European Time" for "Europe/Rome": the city, and the time that is kept there.
 *
 * Zones of no city are an offset; the names of "Etc" have it the wrong way round.
 */
export function zoneLabel(zone: string, locale: string): string {
  const [region = '', ...place] = zone.replaceAll('_', ' ').split('/');
  const city = place.at(-1);
  const time = longName(zone, locale);
  if (city === undefined) return region;
  if (region === 'Etc') return time ?? city;
  return time === undefined ? `${city}, ${region}` : `${city} · ${time}`;
}

/** The name of the time in a zone, its offset where it has none; nothing for a zone unknown here. */
function longName(zone: string, locale: string): string | undefined {
  try {
    const parts = dates(locale, { timeZone: zone, timeZoneName: 'longGeneric' }).formatToParts();
    return parts.find((part) => part.type === 'timeZoneName')?.value;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
