import { t } from '../../state/language.svelte';
import { written, type Standing } from './today';

/** Return "Provisional, 2 behind 5th"; the first one has nobody ahead. */
export function behindText({ provisional, behind }: Standing, locale: string): string {
  const stamp = t(provisional ? 'common.provisional' : 'common.final');
  if (!behind) return stamp;
  return t('today.behind', {
    stamp,
    need: written(behind.need, locale),
    place: behind.place,
  });
}
