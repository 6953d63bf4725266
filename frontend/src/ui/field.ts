import { tick } from 'svelte';

/** What a control needs to belong to its label, hint and error. */
export interface ControlAttributes {
  readonly id: string;
  /** For `aria-describedby`. */
  readonly note: string | undefined;
  /** For `aria-invalid`; for `data-invalid` on a button that opens choices, which may not have it. */
  readonly invalid: 'true' | undefined;
}

/** Bring the person to the first field that something is wrong with, once it is marked. */
export async function goToFault(): Promise<void> {
  await tick();
  document.querySelector<HTMLElement>(':is([aria-invalid], [data-invalid])')?.focus();
}
