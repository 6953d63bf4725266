import { formatMoney, subtract } from '../../lib/money';
import { isMoney } from '../../lib/said';
import { day, type Place } from '../../lib/time';
import { language, t } from '../../state/language.svelte';
import {
  left,
  nearest,
  tierOf,
  type Badge,
  type Badges,
  type Lost,
  type Measure,
  type UnderWay,
  type Won,
} from './badges';

export function nameOf({ code }: Badge): string {
  return language.coded('badges.name', code) ?? code;
}

/** Return what the badge is about: its component, else how it is won. */
export function aboutOf({ code, params }: Badge): string {
  const component = params?.['component'];
  if (typeof component === 'string') return component;
  return language.coded('badges.how', code) ?? '';
}

/** Return the sentence that opens Badges. */
export function sentence(badges: Badges, locale: string): string {
  const next = nearest(badges);
  const count = next && left(next);
  if (next && count) return t('badges.away', { count, badge: nameOf(next) });
  if (next && isMoney(next.goal) && isMoney(next.done)) {
    const missing = written(subtract(next.goal, next.done), locale);
    return t('badges.away-money', { missing, badge: nameOf(next) });
  }
  const open = next ?? badges.locked[0];
  if (open) return t('badges.next', { badge: nameOf(open) });
  return t('badges.all-won', { count: badges.earned.length });
}

/** Return "Bronze, Thu 12 Nov"; no line ends within the date. */
export function wonNote(badge: Won, place: Place): string {
  return `${t(`ui.medal-${tierOf(badge)}`)}, ${wholeDay(badge.awarded_at, place)}`;
}

function wholeDay(at: string, place: Place): string {
  return day(at, place).replace(/\s/g, '\u00a0');
}

/** Return "11 of 14". */
export function progressText({ done, goal }: UnderWay, locale: string): string {
  return t('badges.done-of', { done: written(done, locale), goal: written(goal, locale) });
}

function written(measure: Measure, locale: string): string {
  if (typeof measure === 'number') return new Intl.NumberFormat(locale).format(measure);
  return formatMoney(measure, { locale, cents: 'whole' });
}

/** Return when and why a badge was taken back. */
export function lostNote(badge: Lost, place: Place): string {
  const reason = language.coded('inbox.reason', badge.reason) ?? badge.reason;
  return `${wholeDay(badge.revoked_at, place)}: ${reason}`;
}
