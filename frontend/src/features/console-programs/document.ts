/** A piece of a document: what the form knows of it, and whatever else stands there. */
export type Part = Readonly<Record<string, unknown>>;

/** The program document as the API keeps it; docs/plan-language.md explains it. */
export interface Document extends Part {
  readonly schema: string;
  readonly name: string;
  readonly currency: string;
  readonly zone?: string;
  readonly components: readonly Component[];
}

export interface Component extends Part {
  readonly id: string;
  readonly name: string;
  readonly effective: Part;
  readonly counts?: Condition;
  readonly measure: Part;
  readonly period: Part;
  readonly payout: Part;
}

export interface Leaf {
  readonly field: string;
  readonly op: string;
  readonly value: unknown;
}

export type Condition =
  | Leaf
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

export function isLeaf(condition: Condition): condition is Leaf {
  return 'field' in condition;
}
