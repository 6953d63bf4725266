/** The program document as the API keeps it; docs/plan-language.md explains it. */
export interface Document {
  readonly schema: string;
  readonly name: string;
  readonly currency: string;
  readonly zone: string;
  readonly rounding?: unknown;
  readonly components: readonly Component[];
}

export interface Component {
  readonly id: string;
  readonly name: string;
  readonly effective: { readonly from?: string; readonly to?: string };
  readonly counts?: Condition;
  readonly credit?: Credit;
  readonly measure: { readonly kind: string; readonly of?: string };
  readonly period: { readonly kind: string };
  readonly payout: Payout;
  readonly release?: Release;
  readonly clawback_days?: number | string;
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

export interface Credit {
  readonly to: string;
  readonly levels?: readonly { readonly level?: number | string; readonly share?: string }[];
}

export interface Step {
  readonly from?: string;
  readonly rate?: string;
  readonly amount?: string;
  readonly multiplier?: string;
}

export interface Payout {
  readonly kind: string;
  readonly rate?: string;
  readonly amount?: string;
  readonly on?: string;
  readonly tiers?: {
    readonly mode: string;
    readonly on?: string;
    readonly boundary: string;
    readonly steps: readonly Step[];
  };
  readonly milestones?: readonly { readonly at?: string; readonly amount?: string }[];
}

export interface Release {
  readonly on: string;
  readonly weekday?: number;
  readonly plus_days?: number | string;
}

export function isLeaf(condition: Condition): condition is Leaf {
  return 'field' in condition;
}
