import { isMoney, spoken, type Sentence } from '../../lib/said';
import type { Place } from '../../lib/time';
import { language, t } from '../../state/language.svelte';

/** Return the sentence that opens Today; one we have no words for is told as "your sales count". */
export function say({ code, params }: Sentence, place: Place): string {
  const { missing } = params;
  const values = { ...spoken(params, place), count: typeof missing === 'number' ? missing : 0 };
  const key = isMoney(missing) ? `${code}-money` : code;
  return language.coded('today', key, values) ?? t('today.no_target');
}
