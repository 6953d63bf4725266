import type { IconPath } from '../ui/icons';

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly icon?: IconPath | undefined;
  /** Something was not done. */
  readonly isBad?: boolean;
  readonly action?: ToastAction | undefined;
}

const STAY = 6_000;

/** Short notes above the dock. One with an action stays until it is used or closed. */
class Toasts {
  all = $state.raw<readonly Toast[]>([]);
  #last = 0;

  show(text: string, more: Omit<Toast, 'id' | 'text'> = {}): number {
    const id = ++this.#last;
    this.all = [...this.all, { id, text, ...more }];
    if (!more.action) setTimeout(() => this.close(id), STAY);
    return id;
  }

  /** Say that something was not done, and why. */
  fail(text: string): void {
    this.show(text, { isBad: true });
  }

  close(id: number): void {
    this.all = this.all.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
