import type { Part } from './document';

export function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Return `part` with another value under `key`; what was emptied is left out. Nothing else changes. */
export function put<P extends Part>(part: P, key: string, value: unknown): P {
  if (value !== undefined && value !== '') return { ...part, [key]: value };
  return Object.fromEntries(Object.entries(part).filter(([name]) => name !== key)) as P;
}

/** Return what stands under `key` as text: a number as its figures, anything else as nothing. */
export function textOf(part: Part | undefined, key: string): string {
  const value = part?.[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function partOf(part: Part | undefined, key: string): Part {
  const value = part?.[key];
  return isPart(value) ? value : {};
}

export function listOf(part: Part | undefined, key: string): readonly unknown[] {
  const value = part?.[key];
  return Array.isArray(value) ? value : [];
}

/** Return what `part` holds under none of `keys`. */
export function besides(part: Part, keys: readonly string[]): Part {
  return Object.fromEntries(Object.entries(part).filter(([name]) => !keys.includes(name)));
}

/** Return only what `part` holds under `keys`. */
export function only(part: Part, keys: readonly string[]): Part {
  return Object.fromEntries(Object.entries(part).filter(([name]) => keys.includes(name)));
}

/** Return `list` with another item at `index`; without it when there is none. */
export function replaced<T>(list: readonly T[], index: number, item?: T): readonly T[] {
  return list.flatMap((each, at) => (at !== index ? [each] : item === undefined ? [] : [item]));
}

/** Return `value` when it is one of `known`. */
export function one<T extends string>(known: readonly T[], value: unknown, otherwise: T): T {
  return known.find((each) => each === value) ?? otherwise;
}
