/** One of the things a person can pick. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly disabled?: boolean | undefined;
  /** Small print: why it cannot be picked, or what it is best for. */
  readonly note?: string | undefined;
}
