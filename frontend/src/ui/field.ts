/** What a control needs to belong to its label, hint and error. */
export interface ControlAttributes {
  readonly id: string;
  /** For `aria-describedby`. */
  readonly note: string | undefined;
  /** For `aria-invalid`. */
  readonly invalid: 'true' | undefined;
}
