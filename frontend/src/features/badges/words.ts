import { spoken } from '../../lib/said';
import { day, type Place } from '../../lib/time';
import { language, t } from '../../state/language.svelte';
import { holding, tierOf, type Badge, type Badges } from './badges';

export function nameOf({ code }: Badge): string {
  return language.coded('badges.name', code) ?? code;
}

/** Return how the badge is won. */
export function howOf({ code }: Badge): string {
  return language.coded('badges.how', code) ?? '';
}

/** Return the sentence that opens Badges. */
export function sentence(badges: Badges): string {
  const next = badges.progress[0] ?? badges.locked[0];
  if (!next) return t('badges.all-won', { count: holding(badges).length });
  const left = next.goal && next.done !== undefined ? next.goal - (next.done ?? 0) : 0;
  if (left > 0) return t('badges.away', { count: left, badge: nameOf(next) });
  return t('badges.next', { badge: nameOf(next) });
}

/** Return "Bronze, Thu 12 Nov" and what it was won for. */
export function wonNote(badge: Badge, place: Place): string {
  const tier = t(`ui.medal-${tierOf(badge)}`);
  return badge.awarded_at ? `${tier}, ${day(badge.awarded_at, place)}` : tier;
}

export function causeOf({ cause }: Badge, place: Place): string | undefined {
  return cause
    ? language.coded('badges.cause', cause.code, spoken(cause.params, place))
    : undefined;
}

export function reasonOf({ reason }: Badge): string {
  return reason ? (language.coded('inbox.reason', reason) ?? reason) : '';
}
