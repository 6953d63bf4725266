import { numbers, plurals } from '../formatters';

/** A text, or one text for each plural category of `count`; "=0" style keys win over categories. */
export type Message = string | Readonly<Record<string, string>>;

export type Value = string | number;

const PLACEHOLDER = /\{(\w+)(?::([\w-]+))?\}/g;

/** Return `message` in `locale` with its plural chosen by `count` and its placeholders filled. */
export function format(
  message: Message,
  values: Readonly<Record<string, Value>>,
  locale: string,
): string {
  return choose(message, values['count'], locale).replace(
    PLACEHOLDER,
    (_whole, name: string, kind: string | undefined) => fill(values[name], kind, locale),
  );
}

function choose(message: Message, count: Value | undefined, locale: string): string {
  if (typeof message === 'string') return message;
  const amount = Number(count);
  const category = plurals(locale).select(amount);
  return message[`=${amount}`] ?? message[category] ?? message['other'] ?? '';
}

function fill(value: Value | undefined, kind: string | undefined, locale: string): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (kind === 'ordinal' || kind === 'ordinal-f')
    return ordinal(value, locale, kind === 'ordinal-f');
  return numbers(locale).format(value);
}

const ENGLISH_SUFFIX: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };

/** Return a place in a row as it is written in `locale`: 7th, 7º, 7e, ke-7. */
export function ordinal(place: number, locale: string, feminine = false): string {
  switch (locale.slice(0, 2)) {
    case 'it':
      return `${place}${feminine ? 'ª' : 'º'}`;
    case 'fr':
      if (place === 1) return feminine ? '1re' : '1er';
      return `${place}e`;
    case 'id':
      return `ke-${place}`;
    default: {
      const category = plurals(locale, { type: 'ordinal' }).select(place);
      return `${place}${ENGLISH_SUFFIX[category] ?? 'th'}`;
    }
  }
}
