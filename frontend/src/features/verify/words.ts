import { formatMoney } from '../../lib/money';
import { calendarDay, day, type Place } from '../../lib/time';
import { t } from '../../state/language.svelte';
import type { Choice } from '../../ui/choice';
import { NEW, type Candidate, type Twin, type WaitingClaim } from './verify';

/** Return how much a claim says was sold. */
export function figureOf(
  { amount, units }: Pick<WaitingClaim, 'amount' | 'units'>,
  locale: string,
): string {
  if (amount) return formatMoney(amount, { locale });
  return `${new Intl.NumberFormat(locale).format(Number(units))} ×`;
}

/** Return what was sold, when and to whom. */
export function describe(claim: WaitingClaim, locale: string): string {
  return `${claim.product}, ${calendarDay(claim.occurred_on, locale)}, ${claim.customer_reference}`;
}

/** Return what a claim may be: one of the sales that are already there, or a new one. */
export function choices(claim: WaitingClaim, place: Place): Choice[] {
  return [
    ...claim.matches.map((candidate) => ({
      value: candidate.activity_id,
      label: candidate.is_taken
        ? t('verify.taken')
        : t('verify.same-as', { id: candidate.external_id }),
      disabled: candidate.is_taken,
      note: candidateNote(candidate, place),
    })),
    { value: NEW, label: t('verify.new'), note: t('verify.new-why') },
  ];
}

/** Return what to say about claims that may be the same sale, logged again; nothing when there are none. */
export function aboutTwins(twins: readonly Twin[], locale: string): string {
  if (!twins.length) return '';
  const days = new Set(twins.map((twin) => calendarDay(twin.occurred_on, locale)));
  const dates = new Intl.ListFormat(locale, { type: 'conjunction' }).format(days);
  return t('verify.waiting-twins', { count: twins.length, dates });
}

function candidateNote(candidate: Candidate, place: Place): string {
  return [
    candidate.source,
    day(candidate.occurred_at, place),
    candidate.amount ? formatMoney(candidate.amount, { locale: place.locale }) : '',
    candidate.customer_reference ?? '',
  ]
    .filter(Boolean)
    .join(', ');
}
