import { formatMoney } from '../../lib/money';
import { calendarDay, day, type Place } from '../../lib/time';
import { t } from '../../state';
import type { Choice } from '../../ui/choice';
import { matchesOf, NEW, type Candidate, type Claim, type Twin } from './claims';

/** Return how much a claim or a sale says was sold. */
export function figureOf(
  { amount, units }: Pick<Claim | Candidate, 'amount' | 'units'>,
  locale: string,
): string {
  if (amount) return formatMoney(amount, { locale });
  return `${new Intl.NumberFormat(locale).format(Number(units))} ×`;
}

/** Return what a claim may be: one of the sales that are already there, or a new one. */
export function choices(claim: Claim, place: Place): Choice[] {
  return [
    ...matchesOf(claim).map((candidate) => ({
      value: candidate.activity_id,
      label: candidate.is_taken
        ? t('console-claims.taken')
        : t('console-claims.same-as', { id: candidate.external_id }),
      disabled: candidate.is_taken,
      note: noteOf(candidate, place),
    })),
    { value: NEW, label: t('console-claims.new'), note: t('console-claims.new-why') },
  ];
}

/** Return what to say about claims that may be the same sale, logged again; nothing when there are none. */
export function aboutTwins(twins: readonly Twin[], locale: string): string {
  if (!twins.length) return '';
  const days = new Set(twins.map((twin) => calendarDay(twin.occurred_on, locale)));
  const dates = new Intl.ListFormat(locale, { type: 'conjunction' }).format(days);
  return t('console-claims.waiting-twins', { count: twins.length, dates });
}

function noteOf(candidate: Candidate, place: Place): string {
  return [
    candidate.source,
    day(candidate.occurred_at, place),
    figureOf(candidate, place.locale),
    candidate.product ?? '',
    candidate.same_person ? '' : t('console-claims.somebody-else'),
    candidate.same_amount ? '' : t('console-claims.other-amount'),
  ]
    .filter(Boolean)
    .join(', ');
}
