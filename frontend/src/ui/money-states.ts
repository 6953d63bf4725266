import type { Money } from '../lib/money';
import { toMinor } from '../lib/money';
import {
  banknote,
  calendarCheck,
  checkCheck,
  hourglass,
  lock,
  ticket,
  trendingUp,
  triangleAlert,
  undo2,
  type IconPath,
} from './icons';

/** The states of money, each with its own pattern, glyph and word; never summed up into one. */
export const MONEY_STATES = [
  'payable',
  'earned',
  'at_risk',
  'paid',
  'held',
  'projected',
  'reserved',
  'available',
  'clawed_back',
] as const;

export type MoneyState = (typeof MONEY_STATES)[number];

export interface MoneyLine {
  readonly state: MoneyState;
  readonly money: Money;
  /** When it moves on, or why it waits. */
  readonly note?: string | undefined;
}

export const STATE_ICONS: Readonly<Record<MoneyState, IconPath>> = {
  payable: calendarCheck,
  earned: hourglass,
  at_risk: triangleAlert,
  paid: checkCheck,
  held: lock,
  projected: trendingUp,
  reserved: ticket,
  available: banknote,
  clawed_back: undo2,
};

/** How wide each amount is drawn, relative to the others; nothing owed has no width. */
export function shares(lines: readonly MoneyLine[]): { state: MoneyState; share: number }[] {
  return lines
    .map(({ state, money }) => ({ state, share: Number(toMinor(money)) }))
    .filter(({ share }) => share > 0);
}
