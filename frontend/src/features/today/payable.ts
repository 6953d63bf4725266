import { dates } from '../../lib/formatters';
import { calendarDay, daysBetween, type Place } from '../../lib/time';
import { t } from '../../state/language.svelte';

/** Return "Payable Friday" within a week, later with the date; without a date only "Payable". */
export function payableWhen(payOn: string | null, place: Place, now = new Date()): string {
  if (payOn === null) return t('money.payable');
  const days = daysBetween(`${payOn}T12:00:00Z`, now, place.zone);
  if (days <= 0) return t('today.payable-now');
  if (days > 6) return t('today.payable-on', { day: calendarDay(payOn, place.locale) });
  const weekday = dates(place.locale, { weekday: 'long', timeZone: 'UTC' });
  return t('today.payable-on', { day: weekday.format(new Date(`${payOn}T00:00:00Z`)) });
}
