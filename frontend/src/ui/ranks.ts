/** One place of a board as it is shown. */
export interface Standing {
  readonly id: string;
  readonly place: number;
  /** Shares the place with at least one other. */
  readonly tied: boolean;
  readonly name: string;
  /** Under the name: the team, or "Prize if it ended now: €40". */
  readonly detail?: string | undefined;
  /** The score as the screen writes it. */
  readonly score: string;
  /** Places won (positive) or lost since the last look. */
  readonly moved: number;
  readonly isMe: boolean;
}

/** Heights in rem, so that a larger text size makes larger rows. */
export const ROW = 3.75;
export const MY_ROW = 4.75;
/** Rows that stand in the page at a time. */
export const WINDOW = 25;
const LEAD = 8;

/** Return where row `index` begins when my row, which is taller, is at `mine` (-1: not here). */
export function rowTop(index: number, mine: number): number {
  return index * ROW + (mine >= 0 && index > mine ? MY_ROW - ROW : 0);
}

export function listHeight(count: number, mine: number): number {
  return rowTop(count, mine);
}

/** Return the first row to draw when the list has been scrolled by `scrolled` rem. */
export function firstRow(scrolled: number, count: number): number {
  const wanted = Math.floor(scrolled / ROW) - LEAD;
  return Math.max(0, Math.min(wanted, count - WINDOW));
}

export interface Move {
  readonly id: string;
  /** How far above (negative) or below its new place the row stood, in rem. */
  readonly from: number;
}

/** Return which rows changed their place, and from where: arithmetic, nothing is measured. */
export function moves(before: readonly Standing[], after: readonly Standing[]): Move[] {
  const [hadMine, hasMine] = [mineIn(before), mineIn(after)];
  const old = new Map(before.map((row, index) => [row.id, rowTop(index, hadMine)]));
  return after.flatMap((row, index) => {
    const top = old.get(row.id);
    const from = top === undefined ? 0 : top - rowTop(index, hasMine);
    return from === 0 ? [] : [{ id: row.id, from }];
  });
}

export function mineIn(rows: readonly Standing[]): number {
  return rows.findIndex((row) => row.isMe);
}

/** Return how many rows differ: what the "2 changes" chip counts. */
export function changed(before: readonly Standing[], after: readonly Standing[]): number {
  const old = new Map(before.map((row, index) => [row.id, `${index}|${row.place}|${row.score}`]));
  return after.filter((row, index) => old.get(row.id) !== `${index}|${row.place}|${row.score}`)
    .length;
}
