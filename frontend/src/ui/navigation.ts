import type { IconPath } from './icons';

/** One place of the tab bar or the rail. */
export interface NavItem {
  readonly path: string;
  readonly label: string;
  readonly icon: IconPath;
  /** What waits there; nothing is shown for zero. */
  readonly count?: number | undefined;
}
