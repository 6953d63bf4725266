import { request } from '../../lib/api';
import { moved } from '../../lib/board';
import { judge, type BoardMoved } from '../../lib/live';
import type { Money } from '../../lib/money';
import type { Sentence } from '../../lib/said';

export type ContestState = 'draft' | 'scheduled' | 'running' | 'provisional' | 'final';

/** `count` of activities, `units` sold, or the currency of an amount. */
export type Unit = string;

export interface Prize {
  readonly place_from: number;
  readonly place_to: number;
  readonly money: Money | null;
  readonly text: string | null;
}

/** What a place wins: money, or a thing in words. */
export type Won = Pick<Prize, 'money' | 'text'>;

export interface Mine {
  readonly place: number;
  readonly tied: boolean;
  readonly score: string;
  readonly prize: Won | null;
}

export interface Contest {
  readonly id: string;
  readonly name: string;
  readonly state: ContestState;
  readonly zone: string;
  readonly starts_at: string;
  readonly ends_at: string;
  /** When nothing more can change the result. */
  readonly final_at: string;
  readonly unit: Unit;
  readonly rule: Sentence;
  readonly prizes: readonly Prize[];
  readonly participants: number;
  readonly sha256: string | null;
  readonly my: Mine | null;
}

export interface Row {
  readonly participant_id: string;
  readonly name: string;
  readonly team_name: string | null;
  readonly place: number;
  readonly tied: boolean;
  readonly score: string;
  readonly moved: number | null;
  readonly is_me: boolean;
  readonly prize: Won | null;
}

export interface Move {
  readonly place: number;
  /** How many places one gains. */
  readonly places: number;
  /** How much more it needs, as the board writes scores. */
  readonly need: string;
  readonly unit: Unit;
  /** Whether one would share the place or have it alone. */
  readonly shares_place: boolean;
}

/** What `GET /api/v1/contests/{id}/board` answers. */
export interface Board {
  readonly revision: number;
  readonly as_of: string;
  readonly state: ContestState;
  readonly participants: number;
  readonly top: readonly Row[];
  readonly around: readonly Row[];
  readonly me: Row | null;
  readonly moves_to_next: Move | null;
  readonly next_cursor: string | null;
}

interface ContestPage {
  readonly items: readonly Contest[];
}

export async function loadContests(signal: AbortSignal): Promise<readonly Contest[]> {
  const page = await request<ContestPage>('GET', '/api/v1/contests', { signal });
  return page.items.filter((contest) => contest.state !== 'draft');
}

export function loadContest(id: string, signal: AbortSignal): Promise<Contest> {
  return request<Contest>('GET', `/api/v1/contests/${id}`, { signal });
}

export function loadBoard(id: string, signal: AbortSignal): Promise<Board> {
  return request<Board>('GET', `/api/v1/contests/${id}/board`, { query: { around: 'me' }, signal });
}

/** Rows of the whole board that come at a time. */
export const PAGE = 100;

/** Return the next part of the whole board, best place first. */
export function loadTop(
  id: string,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Board> {
  const query = { around: 'top', limit: PAGE, cursor };
  return request<Board>('GET', `/api/v1/contests/${id}/board`, { query, signal });
}

const ORDER: readonly ContestState[] = ['running', 'provisional', 'scheduled', 'final'];

/** Return the contest to show: the one asked for, else the one that runs, else the latest. */
export function chosen(contests: readonly Contest[], wanted: string | null): Contest | undefined {
  const asked = contests.find((contest) => contest.id === wanted);
  const byState = [...contests].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return asked ?? byState[0];
}

/**
 * Return the board after a push, or `refetch` when the push alone cannot tell who stands around me:
 * I scored, somebody left, somebody new came between, or a push was missed.
 */
export function afterMove(board: Board, push: BoardMoved, me: string): Board | 'refetch' {
  if (judge(board.revision, push.revision) === 'known') return board;
  const shown = [...board.top, ...board.around];
  const known = new Set(shown.map((row) => row.participant_id));
  const isLost =
    push.reset ||
    judge(board.revision, push.revision) === 'gap' ||
    push.gone.some((id) => known.has(id)) ||
    push.rows.some((row) => row.participant_id === me) ||
    push.rows.some((row) => !known.has(row.participant_id) && isShown(board, row.place));
  if (isLost) return 'refetch';
  const next = {
    ...board,
    revision: push.revision,
    as_of: push.as_of,
    participants: push.participants,
    top: moved(board.top, push),
    around: moved(board.around, push),
    me: board.me && (moved([board.me], push)[0] ?? null),
  };
  // The distance to the next place is the server's to say, once it may have changed.
  return isWhole(next) && next.me?.place === board.me?.place ? next : 'refetch';
}

function isShown({ top, around }: Board, place: number): boolean {
  const [first, last] = [around[0]?.place, around.at(-1)?.place];
  if (place <= (top.at(-1)?.place ?? 0)) return true;
  return first !== undefined && last !== undefined && place >= first && place <= last;
}

/** Places without a gap: otherwise somebody we do not know stands between. */
function isWhole({ top, around }: Board): boolean {
  const isDense = (rows: readonly Row[]): boolean =>
    rows.every((row, index) => index === 0 || row.place - (rows[index - 1]?.place ?? 0) <= index);
  return (top[0]?.place ?? 1) === 1 && isDense(top) && isDense(around);
}

/** Return the last instant that counts: a contest that ends at midnight ends on the day before. */
export function lastMoment({ ends_at }: Contest): Date {
  return new Date(Date.parse(ends_at) - 1);
}

/** Return how equal scores are ordered. */
export function tieBreak({ rule }: Contest): 'earliest' | 'shared' {
  return rule.params['tie_break'] === 'shared' ? 'shared' : 'earliest';
}
