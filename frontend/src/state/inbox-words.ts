import type { Params } from '../lib/api';
import { isMoney, spoken } from '../lib/said';
import type { Place } from '../lib/time';
import { language, t } from './language.svelte';

/** Return what a message of the inbox says; shared by the inbox and the toasts. */
export function inboxTitle(code: string, params: Params, place: Place): string {
  const missing = params['missing'];
  const values = {
    ...(typeof missing === 'number' && { count: missing }),
    ...spoken(named(params), place),
  };
  const key = isMoney(missing) ? `${code}-money` : code;
  return (
    language.coded('inbox', key, values) ?? language.coded('inbox', code, values) ?? t('inbox.news')
  );
}

/** Return the second line of a message, if there is more to say. */
export function inboxText(code: string, params: Params, place: Place): string | undefined {
  return language.coded('inbox.more', code, spoken(named(params), place));
}

/** Names of badges and reasons come as codes. */
function named(params: Params): Params {
  const badge = typeof params['badge'] === 'string' ? params['badge'] : '';
  const reason = typeof params['reason'] === 'string' ? params['reason'] : '';
  return {
    ...params,
    ...(badge && { badge: language.coded('badges.name', badge) ?? badge }),
    ...(reason && { reason: language.coded('inbox.reason', reason) ?? reason }),
  };
}
