import { dates } from '../../lib/formatters';
import { formatMoney, toMinor } from '../../lib/money';
import { spoken, told, type Told } from '../../lib/said';
import { calendarDay, dayAndClock, daysBetween, type Place } from '../../lib/time';
import { language, t } from '../../state/language.svelte';
import type { MoneyLine, MoneyState } from '../money-states';
import type { Step as Moment } from '../timeline';
import {
  statesOf,
  type Earnings,
  type Line,
  type Milestone,
  type Period,
  type Receipt,
  type SourceRow,
  type States,
  type Step,
} from './earnings';

/** Whether it is told to the person who earned it, or to somebody who may look. */
export type Voice = 'own' | 'other';

/** Return the sentence that opens Earnings. */
export function sentence(earnings: Earnings, place: Place, now = new Date()): string {
  const { payable, earned, available } = earnings.states;
  const amount = (money: NonNullable<typeof payable>): string =>
    formatMoney(money, { locale: place.locale });
  if (payable && toMinor(payable) > 0n) {
    if (!earnings.pay_on) return t('earnings.payable', { money: amount(payable) });
    const day = weekdayOrDate(earnings.pay_on, place, now);
    return t('earnings.payable-on', { money: amount(payable), day });
  }
  if (earned && toMinor(earned) > 0n) return t('earnings.earned', { money: amount(earned) });
  if (available && toMinor(available) > 0n)
    return t('earnings.available', { money: amount(available) });
  return t('earnings.nothing');
}

function weekdayOrDate(iso: string, place: Place, now: Date): string {
  const days = daysBetween(`${iso}T12:00:00Z`, now, place.zone);
  if (days < 0 || days > 6) return calendarDay(iso, place.locale);
  const weekday = dates(place.locale, { weekday: 'long', timeZone: 'UTC' });
  return weekday.format(new Date(`${iso}T00:00:00Z`));
}

export function moneyLines(states: States, place: Place): MoneyLine[] {
  return statesOf(states).map((line) => ({ ...line, note: noteOf(line.state, states, place) }));
}

/** Return why money stands where it does: its day where there is one, what is still open of it. */
function noteOf(state: MoneyState, { pay_on, owed }: States, place: Place): string | undefined {
  if (state === 'payable' && pay_on)
    return t('earnings.note.payable-on', { day: calendarDay(pay_on, place.locale) });
  if (state === 'clawed_back' && owed && toMinor(owed) > 0n)
    return t('earnings.note.clawed-back-owed', {
      money: formatMoney(owed, { locale: place.locale }),
    });
  return language.coded('earnings.note', state);
}

/** Return the name of a period: its month, else its first and last day. */
export function periodName({ start, end }: Period, locale: string): string {
  const [first, last] = [new Date(`${start}T00:00:00Z`), new Date(`${end}T00:00:00Z`)];
  const afterLast = new Date(last.getTime() + 86_400_000);
  const isMonth =
    first.getUTCDate() === 1 &&
    afterLast.getUTCDate() === 1 &&
    first.getUTCMonth() === last.getUTCMonth();
  if (isMonth) {
    const month = dates(locale, {
      month: 'long',
      year: 'numeric',
      timeZone: 'UTC',
    });
    return capital(month.format(first));
  }
  const days = dates(locale, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return days.formatRange(first, last);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Return the small print of a line: what it waits for, else the rule it follows. */
export function lineNote(line: Line): string {
  const waits =
    line.waiting === null ? undefined : language.coded('earnings.waiting', line.waiting);
  return waits ?? line.component_name;
}

/** Texts of these parameters are codes with words of their own. */
const CODES: Readonly<Record<string, string>> = { count: 'day-count', mode: 'mode' };

function values(params: Readonly<Record<string, Told>>, place: Place): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      (value.kind === 'text' ? wordOf(CODES[name], value.value) : undefined) ??
        told(value, place.locale),
    ]),
  );
}

function wordOf(kind: string | undefined, code: string): string | undefined {
  return kind && language.coded('explanation.word', `${kind}.${code}`);
}

/** Return what one step of an explanation says; the server's own code if we have no words for it. */
export function stepText(step: Step, place: Place): string {
  return language.coded('explanation.step', step.code, values(step.params, place)) ?? step.code;
}

export function headline({ headline: said }: Receipt, place: Place, voice: Voice = 'own'): string {
  const params = counted(said.params, place);
  const found =
    (voice === 'other' ? language.coded('receipt.headline-other', said.code, params) : undefined) ??
    language.coded('receipt.headline', said.code, params);
  return found ?? t('receipt.headline.line-plain');
}

export function nextStep({ next_step: said }: Receipt, place: Place): string | undefined {
  return said ? language.coded('receipt.next', said.code, counted(said.params, place)) : undefined;
}

/** A count that comes as an exact decimal chooses the plural too. */
function counted(
  params: Readonly<Record<string, unknown>>,
  place: Place,
): Record<string, string | number> {
  const missing = params['missing'] as Told | undefined;
  const count = missing?.kind === 'number' ? Number(missing.value) : 0;
  return { ...(spoken(params, place) as Record<string, string | number>), count };
}

/** Return where the amount comes from: the file and its row, the API, or the rep's own claim. */
export function sourceText(source: SourceRow, place: Place, voice: Voice = 'own'): string {
  const id = source.external_id;
  const at = dayAndClock(source.received_at, place);
  if (source.file && source.row !== null)
    return t('receipt.source.file', { id, file: source.file, row: source.row, at });
  if (source.source === 'claims')
    return t(voice === 'own' ? 'receipt.source.claim' : 'receipt.source.claim-other', { id, at });
  return t('receipt.source.api', { id, source: source.source, at });
}

/** The last stage that is done is where the amount stands now; what waits is still to come. */
export function timeline(milestones: readonly Milestone[], place: Place): Moment[] {
  const last = milestones.findLastIndex(({ state }) => state === 'done');
  return milestones.map(({ code, at, on, state }, index) => ({
    title: language.coded('money', code) ?? code,
    note: at ? dayAndClock(at, place) : on ? calendarDay(on, place.locale) : undefined,
    state: index === last ? 'now' : state === 'done' ? 'done' : 'todo',
  }));
}
