import { circlePath, polygonPath, scallopPath } from './drawing';

/** The tiers of a badge; told by shape as well as by metal and word. */
export const TIERS = ['bronze', 'silver', 'gold', 'laurel'] as const;

export type Tier = (typeof TIERS)[number];

export interface Shape {
  readonly outer: string;
  readonly inner: string;
  /** Radius of the ring that shows the progress, and of the engraving. */
  readonly ring: number;
  readonly engraving: number;
  readonly lines: number;
}

export const SHAPES: Readonly<Record<Tier, Shape>> = {
  bronze: { outer: circlePath(46), inner: circlePath(37), ring: 38, engraving: 35, lines: 24 },
  silver: {
    outer: polygonPath(6, 48),
    inner: polygonPath(6, 38),
    ring: 38,
    engraving: 35,
    lines: 24,
  },
  gold: {
    outer: scallopPath(12, 45.5, 2.6),
    inner: circlePath(36),
    ring: 38,
    engraving: 35,
    lines: 24,
  },
  laurel: { outer: circlePath(38), inner: circlePath(33), ring: 33, engraving: 31, lines: 20 },
};
