/** One step of a way: what happened, or what will. */
export interface Step {
  readonly title: string;
  readonly note?: string | undefined;
  /** `now` is the last one done. */
  readonly state: 'done' | 'now' | 'todo';
}
