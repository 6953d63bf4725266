import { request } from '../../lib/api';
import type { BoardMoved } from '../../lib/live';
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

const PAGE = 100;

/** Return the next part of the whole board, best place first. */
export function loadTop(id: string, cursor: string | undefined, signal: AbortSignal): Promise<Board> {
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
 * I moved, somebody left, or somebody new came between.
 */
export function afterMove(board: Board, push: BoardMoved, me: string): Board | 'refetch' {
  const known = new Map([...board.top, ...board.around].map((row) => [row.participant_id, row]));
  const gone = push.gone.some((id) => known.has(id));
  const mine = push.rows.some((row) => row.participant_id === me);
  const newcomer = push.rows.some(
    (row) => !known.has(row.participant_id) && isShown(board, row.place),
  );
  if (gone || mine || newcomer) return 'refetch';
  const now = new Map(push.rows.map((row) => [row.participant_id, row]));
  const update = (rows: readonly Row[]): Row[] =>
    rows.map((row) => merged(row, now.get(row.participant_id))).sort((a, b) => a.place - b.place);
  const next = {
    ...board,
    revision: push.revision,
    as_of: push.as_of,
    participants: push.participants,
    top: update(board.top),
    around: update(board.around),
  };
  return isWhole(next) ? next : 'refetch';
}

function isShown({ top, around }: Board, place: number): boolean {
  const [first, last] = [around[0]?.place, around.at(-1)?.place];
  if (place <= (top.at(-1)?.place ?? 0)) return true;
  return first !== undefined && last !== undefined && place >= first && place <= last;
}

/** A place of the podium that nobody on the screen holds has gone to somebody we do not know. */
function isWhole({ top }: Board): boolean {
  return top.every((row, index) => row.place <= index + 1);
}

function merged(row: Row, push: BoardMoved['rows'][number] | undefined): Row {
  if (!push) return row;
  const gained = row.place - push.place;
  return {
    ...row,
    place: push.place,
    tied: push.tied,
    score: push.score,
    moved: (row.moved ?? 0) + gained,
  };
}

/** Return how equal scores are ordered. */
export function tieBreak({ rule }: Contest): 'earliest' | 'shared' {
  return rule.params['tie_break'] === 'shared' ? 'shared' : 'earliest';
}
