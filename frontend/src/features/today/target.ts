import { isMoney } from '../../lib/said';
import { language, t } from '../../state/language.svelte';
import { written, type Measure, type Pace, type Target } from './today';

/** Return "of 14 this week"; a target in money adds what is reached: "€18,420 of €25,000 this month". */
export function ofGoal(target: Target, locale: string): string {
  const values = { done: written(target.done, locale), goal: written(target.goal, locale) };
  const period = periodOf(target);
  if (target.unit === 'count') return coded('of', period, values);
  return coded('money-of', period, values);
}

/** Return what the picture of the wreath says to those who do not see it. */
export function labelOf(target: Target, locale: string): string {
  return `${target.component_name}: ${t('today.wreath', {
    done: written(target.done, locale),
    goal: written(target.goal, locale),
    today: written(target.today, locale),
  })}`;
}

/** Return what is left for today: "1 more keeps you on pace". */
export function paceText(pace: Pace, locale: string): string {
  if (pace.missing === null) return t('today.on-pace');
  const missing: Measure = pace.missing;
  if (isMoney(missing)) return t('today.pace-money', { missing: written(missing, locale) });
  return t('today.pace', { count: missing });
}

const PERIODS: ReadonlySet<string> = new Set(['week', 'month', 'quarter', 'year']);

function periodOf(target: Target): string {
  return PERIODS.has(target.period_label) ? target.period_label : 'custom';
}

function coded(prefix: string, code: string, values: Readonly<Record<string, string>>): string {
  return language.coded(`today.${prefix}`, code, values) ?? values['goal'] ?? '';
}
