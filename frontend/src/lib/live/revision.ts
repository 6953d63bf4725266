/** What to do with a push: use it, drop it as already known, or fetch a snapshot because one is missing. */
export type Verdict = 'apply' | 'known' | 'gap';

/** Judge a push by its revision against the one we hold; a push without one is always used. */
export function judge(held: number | undefined, pushed: number | undefined): Verdict {
  if (held === undefined || pushed === undefined) return 'apply';
  if (pushed <= held) return 'known';
  return pushed === held + 1 ? 'apply' : 'gap';
}
