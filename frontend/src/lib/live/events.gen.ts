// Written by `flask contracts` from app/live/events.py.

export interface AccountMoved {
  account_id: string;
  revision: number;
  state: string;
}

export interface BoardMoved {
  as_of: string;
  contest_id: string;
  gone: readonly (string)[];
  participants: number;
  reset: boolean;
  revision: number;
  rows: readonly (BoardRow)[];
  shifts: readonly (BoardShift)[];
}

export interface BoardRow {
  name: string;
  participant_id: string;
  place: number;
  reached_at: string | null;
  score: string;
  tied: boolean;
}

export interface BoardShift {
  by: number;
  from_place: number;
  to_place: number | null;
}

export interface ContestChanged {
  contest_id: string;
  revision: number;
  state: string;
}

export interface ImportMoved {
  import_id: string;
  revision: number;
  rows_done: number;
  rows_total: number | null;
  state: string;
}

export interface InboxArrived {
  code: string;
  kind: string;
  message_id: string;
  params: Record<string, string | number | boolean | MoneyShape | null>;
  revision: number;
  unread: number;
}

export interface MoneyShape {
  amount: string;
  currency: string;
}

export interface OrderWaits {
  redemption_id: string;
  revision: number;
  state: string;
}

export interface RedemptionMoved {
  redemption_id: string;
  revision: number;
  state: string;
}

export interface SessionEnded {
  reason: string;
  revision: number;
}

export interface TodayChanged {
  amount: MoneyShape | null;
  cause: "earning" | "claim" | "quota" | "contest" | "release" | "badge" | "redemption";
  revision: number;
}

export interface Pushes {
  "today.changed": TodayChanged;
  "board.moved": BoardMoved;
  "contest.changed": ContestChanged;
  "inbox.arrived": InboxArrived;
  "import.moved": ImportMoved;
  "redemption.moved": RedemptionMoved;
  "order.waits": OrderWaits;
  "account.moved": AccountMoved;
  "session.ended": SessionEnded;
}
