import type { BoardMoved } from '../live';

/** A row of a board, as far as a push can change it. */
export interface Line {
  readonly participant_id: string;
  readonly place: number;
  readonly tied: boolean;
  readonly score: string;
  readonly moved: number | null;
}

/** Return `rows` after a push, best place first: told anew, shifted, or as they were. */
export function moved<T extends Line>(rows: readonly T[], push: BoardMoved): T[] {
  const changed = new Map(push.rows.map((row) => [row.participant_id, row]));
  return rows
    .map((row) => {
      const now = changed.get(row.participant_id);
      const place = now?.place ?? row.place + shiftOf(row.place, push);
      if (!now && place === row.place) return row;
      const { tied, score } = now ?? row;
      return { ...row, place, tied, score, moved: (row.moved ?? 0) + row.place - place };
    })
    .sort((a, b) => a.place - b.place);
}

/** A row that did not change itself moves by the shifts that its old place lies in. */
function shiftOf(place: number, { shifts }: BoardMoved): number {
  return shifts
    .filter(({ from_place, to_place }) => place >= from_place && place <= (to_place ?? Infinity))
    .reduce((sum, { by }) => sum + by, 0);
}
