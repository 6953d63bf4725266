import { numbers } from '../../lib/formatters';
import { formatMoney } from '../../lib/money';
import { spoken } from '../../lib/said';
import { clockWithZone, day, type Place } from '../../lib/time';
import { language, t } from '../../state/language.svelte';
import type { Standing } from '../../ui/ranks';
import type { PodiumPlace } from '../../ui/Podium.svelte';
import type { Board, Contest, Mine, Move, Row, Won } from './ranks';

/** Return a score as people read it: "13", "€1,284.50". */
export function scoreText(score: string, unit: string, locale: string): string {
  if (isCurrency(unit)) return formatMoney(toCents(score, unit), { locale, cents: 'whole' });
  return numbers(locale, { maximumFractionDigits: 2 }).format(Number(score));
}

/** Return a score with what it counts: "11 sales", "€1,284.50". */
export function scoredText(score: string, unit: string, locale: string): string {
  if (unit === 'count') return t('ranks.sales', { count: Number(score) });
  if (unit === 'units') return t('ranks.units', { count: Number(score) });
  return scoreText(score, unit, locale);
}

export function isCurrency(unit: string): boolean {
  return /^[A-Z]{3}$/.test(unit);
}

/** Scores are exact to the millionth; a screen shows no more than the coin. */
function toCents(score: string, currency: string): { amount: string; currency: string } {
  const [whole = '0', fraction = ''] = score.split('.');
  const cents = fraction.slice(0, 2).padEnd(2, '0');
  return { amount: Number(cents) ? `${whole}.${cents}` : whole, currency };
}

/** Return the sentence that opens Ranks: where I stand and the next step. */
export function sentence(contest: Contest, board: Board | undefined, locale: string): string {
  const mine = board?.me ?? contest.my;
  const state = board?.state ?? contest.state;
  if (state === 'scheduled') return t('ranks.not-started', { contest: contest.name });
  if (!mine) return t('ranks.no-place');
  if (state === 'final') return finalSentence(mine);
  const standing = t(mine.tied ? 'ranks.you-share' : 'ranks.you-are', { place: mine.place });
  return `${standing} ${board?.moves_to_next ? nextStep(board.moves_to_next, locale) : lead(mine)}`.trim();
}

function lead(mine: Mine | Row): string {
  return mine.place === 1 && !mine.tied ? t('ranks.nobody-ahead') : '';
}

function finalSentence(mine: Mine | Row): string {
  const ended = t('ranks.you-ended', { place: mine.place });
  if (!mine.prize) return ended;
  return `${ended} ${t('ranks.you-won', { prize: prizeText(mine.prize, language.locale) })}`;
}

/** Return "2 more share 5th." or "2 more and 5th is yours." */
function nextStep(move: Move, locale: string): string {
  const kind = move.shares_place ? 'share' : 'take';
  const values = {
    count: Number(move.need),
    need: scoreText(move.need, move.unit, locale),
    place: move.place,
  };
  return language.coded('ranks', isCurrency(move.unit) ? `${kind}-money` : kind, values) ?? '';
}

export function prizeText(prize: Won, locale: string): string {
  return prize.money ? formatMoney(prize.money, { locale, cents: 'whole' }) : (prize.text ?? '');
}

export function stampOf(
  contest: Contest,
  asOf: string,
  place: Place,
): { word: string; time: string } {
  const there = { locale: place.locale, zone: contest.zone };
  if (contest.state !== 'final')
    return {
      word: t('common.provisional'),
      time: t('common.as-of', { time: clockWithZone(asOf, there) }),
    };
  const at = contest.final_at;
  return { word: t('common.final'), time: `${day(at, there)}, ${clockWithZone(at, there)}` };
}

export function podium(board: Board, unit: string, locale: string): PodiumPlace[] {
  return board.top.slice(0, 3).map((row) => ({
    id: row.participant_id,
    name: row.name,
    place: row.place,
    score: scoreText(row.score, unit, locale),
  }));
}

/** Return the rows of a board as the list draws them. */
export function standings(
  rows: readonly Row[],
  { contest, me, locale }: { contest: Contest; me: string; locale: string },
): Standing[] {
  return rows.map((row) => {
    const isMe = row.participant_id === me;
    return {
      id: row.participant_id,
      place: row.place,
      tied: row.tied,
      name: row.name,
      detail: (isMe ? myPrize(contest, row, locale) : undefined) ?? row.team_name ?? undefined,
      score: scoreText(row.score, contest.unit, locale),
      moved: row.moved ?? 0,
      isMe,
    };
  });
}

function myPrize(contest: Contest, row: Row, locale: string): string | undefined {
  if (!row.prize) return undefined;
  const key = contest.state === 'final' ? 'ranks.prize-final' : 'ranks.prize-now';
  return t(key, { prize: prizeText(row.prize, locale) });
}

/** Return what the contest counts, in words. */
export function ruleText(contest: Contest, place: Place): string {
  const values = spoken(contest.rule.params, place);
  const code = contest.rule.code.split('.').at(-1) ?? '';
  return language.coded('ranks.rule', code, values) ?? t('ranks.rule.sum_amount');
}
