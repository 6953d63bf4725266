import type { Document, Part } from './document';
import { isPart } from './parts';

/** One place in which two documents differ; components are told by their id, not their place. */
export interface Difference {
  /** Id of the component it is about; null for the plan as a whole. */
  readonly component: string | null;
  /** The keys that lead there. */
  readonly path: readonly string[];
  /** Nothing where it was not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Return where `after` differs from `before`, in the order in which they are written. */
export function differences(before: Document, after: Document): readonly Difference[] {
  const { components: olds, ...oldPlan } = before;
  const { components: news, ...newPlan } = after;
  const ids = [...new Set([...olds, ...news].map(({ id }) => id))];
  return [
    ...changes(oldPlan, newPlan, []).map((change) => ({ ...change, component: null })),
    ...ids.flatMap((id) => {
      const [one, other] = [olds, news].map((list) => list.find((each) => each.id === id));
      return changes(one, other, []).map((change) => ({ ...change, component: id }));
    }),
  ];
}

type Change = Omit<Difference, 'component'>;

function changes(before: unknown, after: unknown, path: readonly string[]): readonly Change[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isPart(before) && isPart(after)) return ofParts(before, after, path);
  if (Array.isArray(before) && Array.isArray(after) && before.every(isPart) && after.every(isPart))
    return ofParts(numbered(before), numbered(after), path);
  return [{ path, before, after }];
}

function numbered(list: readonly unknown[]): Part {
  return Object.fromEntries(list.map((item, index) => [String(index), item]));
}

function ofParts(before: Part, after: Part, path: readonly string[]): readonly Change[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => changes(before[key], after[key], [...path, key]));
}
