import { moved } from '../../lib/board';
import { judge, type BoardMoved } from '../../lib/live';
import { loadTop, type Board, type Row } from './ranks';

const ATTEMPTS = 3;

/**
 * Load the first `wanted` rows of a board.
 *
 * Parts of different moments do not fit: they are asked for again, a few times.
 */
export async function loadWhole(id: string, wanted: number, signal: AbortSignal): Promise<Board> {
  let board = await loadTop(id, undefined, signal);
  for (let attempt = 1; board.next_cursor && board.around.length < wanted;) {
    const longer = joined(board, await loadTop(id, board.next_cursor, signal));
    if (longer !== 'refetch') board = longer;
    else if (attempt++ < ATTEMPTS) board = await loadTop(id, undefined, signal);
    else break;
  }
  return board;
}

/** Return the board with its next part; `refetch` when the two are not from one moment. */
export function joined(board: Board, part: Board): Board | 'refetch' {
  if (part.revision !== board.revision) return 'refetch';
  const fresh = new Set(part.around.map((row) => row.participant_id));
  const held = board.around.filter((row) => !fresh.has(row.participant_id));
  const around = ranked([...held, ...part.around]);
  return isDense(around) ? { ...board, around, next_cursor: part.next_cursor } : 'refetch';
}

export interface Followed {
  readonly board: Board;
  /** Whether only the server can say the rest: a team, the way to the next place, rows at the end. */
  readonly isLacking: boolean;
}

/**
 * Return the loaded rows after a push, or `refetch` when one was missed or the rows do not fit it.
 *
 * What is not loaded lies behind the cursor, and who comes from there is told. So the rows stay
 * right as long as their places run on from the first; who was told a place beyond that has left.
 */
export function afterPush(board: Board, push: BoardMoved): Followed | 'refetch' {
  const verdict = judge(board.revision, push.revision);
  if (verdict === 'known') return { board, isLacking: false };
  if (verdict === 'gap' || push.reset) return 'refetch';
  const gone = new Set(push.gone);
  const known = new Set(board.around.map((row) => row.participant_id));
  const fresh = push.rows.filter((row) => !known.has(row.participant_id));
  const stayed = moved(
    board.around.filter((row) => !gone.has(row.participant_id)),
    push,
  );
  const around = inLine(ranked([...stayed, ...fresh.map(entering)]));
  const shown = new Set(around.map((row) => row.participant_id));
  const told = new Set(push.rows.map((row) => row.participant_id));
  if (stayed.some(({ participant_id: id }) => !shown.has(id) && !told.has(id))) return 'refetch';
  const me = board.me && (moved([board.me], push)[0] ?? null);
  const isMineNew = !isSame(board.me, me);
  return {
    board: {
      ...board,
      around,
      me,
      moves_to_next: isMineNew ? null : board.moves_to_next,
      revision: push.revision,
      as_of: push.as_of,
      participants: push.participants,
    },
    isLacking:
      isMineNew ||
      above(board) !== above({ around, me }) ||
      fresh.some((row) => shown.has(row.participant_id)) ||
      around.length < Math.min(board.around.length, push.participants) ||
      (board.next_cursor === null && around.length !== push.participants),
  };
}

/** Somebody from behind the cursor: the push tells no team and no place of this morning. */
function entering(row: BoardMoved['rows'][number]): Row {
  const { participant_id, name, place, tied, score } = row;
  return {
    participant_id,
    name,
    place,
    tied,
    score,
    team_name: null,
    moved: null,
    is_me: false,
    prize: null,
  };
}

/** As the server orders them: equals by their id. */
function ranked(rows: readonly Row[]): Row[] {
  return [...rows].sort(
    (a, b) => a.place - b.place || (a.participant_id < b.participant_id ? -1 : 1),
  );
}

/** Return the rows from the first on as long as nobody can stand between them: 1, 1, 3. */
function inLine(rows: readonly Row[]): readonly Row[] {
  const end = rows.findIndex(({ place, tied }, index) => {
    const isShared = tied && place === rows[index - 1]?.place;
    return place !== index + 1 && !isShared;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

function isDense(rows: readonly Row[]): boolean {
  return inLine(rows).length === rows.length;
}

function isSame(one: Row | null, other: Row | null): boolean {
  return one?.place === other?.place && one?.score === other?.score && one?.tied === other?.tied;
}

/** The score that is next above mine: the way there is the server's to say. */
function above({ around, me }: Pick<Board, 'around' | 'me'>): string | undefined {
  return me ? around.findLast((row) => row.place < me.place)?.score : undefined;
}
