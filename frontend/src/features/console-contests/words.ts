import { formatMoney, isZero } from '../../lib/money';
import { calendarDay } from '../../lib/time';
import { language, t } from '../../state';
import { costOf, potOf, type Draft, type PrizeLine } from './form';
import type { Contest, ContestState, Team } from './contests';
import { isZone, toInstant, toWall } from './zoned';

export const TONES = {
  draft: 'plain',
  scheduled: 'info',
  running: 'brand',
  provisional: 'risk',
  final: 'gold',
} as const satisfies Record<ContestState, string>;

/** Return a score as people read it: "13", "€1,284". */
export function scoreText(score: string, unit: string, locale: string): string {
  const money = /^[A-Z]{3}$/.test(unit);
  const shape = money
    ? ({ style: 'currency', currency: unit, maximumFractionDigits: 0 } as const)
    : { maximumFractionDigits: 2 };
  return new Intl.NumberFormat(locale, shape).format(score as Intl.StringNumericLiteral);
}

/** Return "Sun 16 Nov, 09:00" for "2026-11-16T09:00", in the zone the form is in. */
export function wallText(wall: string, locale: string): string {
  const [on = '', at = ''] = wall.split('T');
  return `${calendarDay(on, locale)}, ${at}`;
}

export function list(words: readonly string[], locale: string): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(words);
}

/** Return the rules as sentences, in the order a person asks: what, when, who, and the ties. */
export function sentences(
  draft: Draft,
  { teams, locale }: { teams: readonly Team[]; locale: string },
): readonly string[] {
  return [
    t(`console-contests.says.${draft.counts}`),
    productsSentence(draft, locale),
    ...windowSentences(draft, locale),
    t(`console-contests.says.tie-${draft.tieBreak}`),
    peopleSentence(draft, teams),
    t(`console-contests.says.names-${draft.names}`),
    potSentence(draft, locale),
  ];
}

function productsSentence({ products }: Draft, locale: string): string {
  if (products === null) return t('console-contests.says.own-condition');
  if (products.length === 0) return t('console-contests.says.every-product');
  return t('console-contests.says.products', { products: list(products, locale) });
}

function windowSentences(draft: Draft, locale: string): readonly string[] {
  const { startsAt, endsAt, zone } = draft;
  if (!startsAt || !endsAt || !isZone(zone)) return [];
  const final = finalAt(draft);
  return [
    t('console-contests.says.window', {
      from: wallText(startsAt, locale),
      to: wallText(endsAt, locale),
      zone: zone.replaceAll('_', ' '),
    }),
    ...(final ? [t('console-contests.says.final', { at: wallText(final, locale) })] : []),
  ];
}

/** When nothing more can change the result, as a clock in the zone of the contest shows it. */
function finalAt({ endsAt, zone, graceHours }: Draft): string | undefined {
  if (!/^\d{1,5}$/.test(graceHours.trim())) return undefined;
  const end = Date.parse(toInstant(endsAt, zone));
  return toWall(new Date(end + Number(graceHours) * 3_600_000).toISOString(), zone);
}

function peopleSentence({ people, teamId }: Draft, teams: readonly Team[]): string {
  const team = teams.find(({ id }) => id === teamId)?.name ?? '';
  if (people === 'team') return t('console-contests.says.people-team', { team });
  return t(`console-contests.says.people-${people}`);
}

function potSentence(draft: Draft, locale: string): string {
  const pot = potOf(draft);
  if (isZero(pot)) return t('console-contests.says.no-pot');
  return t('console-contests.says.pot', { pot: formatMoney(pot, { locale, cents: 'whole' }) });
}

/** Return "4–10", or "1" for a prize of one place. */
export function placesText({ from, to }: PrizeLine): string {
  return from === to ? from : `${from}–${to}`;
}

/** Return what one place wins: "€40", or the thing in words. */
export function prizeText(line: PrizeLine, { currency }: Draft, locale: string): string {
  if (line.kind === 'text') return line.text;
  const readable = costOf({ ...line, to: line.from }, currency);
  return readable ? formatMoney(readable, { locale, cents: 'whole' }) : '';
}

/** Return the sentence that opens the list. */
export function listSentence(contests: readonly Contest[]): string {
  const running = contests.filter(({ state }) => state === 'running').length;
  return t('console-contests.say', { count: running });
}

/** Return the sentence that opens the page of a contest. */
export function contestSentence(contest: Contest): string {
  const { name, scored, participants } = contest;
  const values = { name, count: scored, participants };
  return language.coded('console-contests', `say-${contest.state}`, values) ?? name;
}
