import { request } from '../../lib/api';
import { moved } from '../../lib/board';
import { judge, type BoardMoved } from '../../lib/live';

export interface Row {
  readonly participant_id: string;
  readonly name: string;
  readonly team_name: string | null;
  readonly place: number;
  readonly tied: boolean;
  readonly score: string;
  readonly moved: number | null;
}

/** The first rows of a board, as `GET /api/v1/contests/{id}/board?around=top` answers them. */
export interface Board {
  readonly revision: number;
  readonly as_of: string;
  readonly participants: number;
  readonly around: readonly Row[];
  readonly next_cursor: string | null;
}

export function loadBoard(id: string, limit: number, signal: AbortSignal): Promise<Board> {
  const query = { around: 'top', limit };
  return request('GET', `/api/v1/contests/${id}/board`, { query, signal });
}

/**
 * Return the board after a push, or `refetch` when the push alone cannot tell who stands where:
 * a push was missed, somebody left, or somebody new came in.
 */
export function afterMove(board: Board, push: BoardMoved): Board | 'refetch' {
  const verdict = judge(board.revision, push.revision);
  if (verdict === 'known') return board;
  const known = new Set(board.around.map((row) => row.participant_id));
  const last = board.next_cursor === null ? Infinity : (board.around.at(-1)?.place ?? 0);
  const isLost =
    push.reset ||
    verdict === 'gap' ||
    push.gone.some((id) => known.has(id)) ||
    push.rows.some((row) => !known.has(row.participant_id) && row.place <= last);
  if (isLost) return 'refetch';
  const around = moved(board.around, push);
  const { revision, as_of, participants } = push;
  return isDense(around) ? { ...board, revision, as_of, participants, around } : 'refetch';
}

/** Places without a gap: otherwise somebody we do not know stands between. */
function isDense(rows: readonly Row[]): boolean {
  return rows.every((row, index) => row.place <= index + 1);
}
