import { request } from '../../lib/api';
import {
  award,
  bell,
  coins,
  gift,
  messageSquareReply,
  trophy,
  undo2,
  type IconPath,
} from '../../ui/icons';

export interface Message {
  readonly id: string;
  /** earning, badge, nudge, result, reply or redemption. */
  readonly kind: string;
  readonly code: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly reason_code: string | null;
  readonly created_at: string;
  readonly read_at: string | null;
  readonly link: string | null;
}

/** What `GET /api/v1/me/inbox` answers. */
export interface Inbox {
  readonly items: readonly Message[];
  readonly next_cursor: string | null;
  readonly unread: number;
}

export function loadInbox(signal?: AbortSignal, cursor?: string): Promise<Inbox> {
  return request<Inbox>('GET', '/api/v1/me/inbox', { query: { cursor }, signal });
}

export function markAllRead(): Promise<void> {
  return request('POST', '/api/v1/me/inbox/read', { body: { all: true } });
}

type Tone = 'brand' | 'gold' | 'risk';

const LOOKS: Readonly<Record<string, { icon: IconPath; tone: Tone }>> = {
  earning: { icon: coins, tone: 'brand' },
  badge: { icon: award, tone: 'gold' },
  nudge: { icon: bell, tone: 'brand' },
  result: { icon: trophy, tone: 'gold' },
  reply: { icon: messageSquareReply, tone: 'brand' },
  redemption: { icon: gift, tone: 'brand' },
};

/** What takes something back looks like it, whatever kind it is. */
const BACK: ReadonlySet<string> = new Set([
  'earning_taken_back',
  'badge_revoked',
  'claim_refused',
  'redemption_refused',
]);

/** What somebody has to see to. */
const DUTIES: ReadonlySet<string> = new Set([
  'provider_paused',
  'orders_need_person',
  'invited_again',
  'stock_low',
  'claim_waits',
]);

export function look({ kind, code }: Message): { icon: IconPath; tone: Tone } {
  if (DUTIES.has(code)) return { icon: bell, tone: 'risk' };
  if (BACK.has(code)) return { icon: undo2, tone: 'risk' };
  return LOOKS[kind] ?? { icon: bell, tone: 'brand' };
}

/** Only paths of this app are followed. */
export function linkOf({ link }: Message): string | undefined {
  return link !== null && /^\/(?![/\\])/.test(link) ? link : undefined;
}

export function asRead(inbox: Inbox, at: string): Inbox {
  const items = inbox.items.map((message) => ({ ...message, read_at: message.read_at ?? at }));
  return { ...inbox, items, unread: 0 };
}
