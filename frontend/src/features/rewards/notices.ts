import { request, type Shapes } from '../../lib/api';

/** A way to reach the reader outside the app; most of `shown` is left out. */
export type Contact = Shapes['ContactOut'];

/** Word of a voucher that was asked for, and when it left. */
export type Notice = Shapes['NoticeOut'];

export type Channel = Contact['channel'];

/** Where word of an order goes beside the app. */
export type ToldBy = 'app' | Channel;

export interface Word {
  readonly contacts: readonly Contact[];
  readonly notices: readonly Notice[];
}

export async function loadContacts(signal?: AbortSignal): Promise<readonly Contact[]> {
  const { items } = await request<Shapes['ContactsOut']>('GET', '/api/v1/me/contacts', { signal });
  return items;
}

/** Return where word of an order can go, and what has been sent, latest first. */
export async function loadWord(order: string, signal?: AbortSignal): Promise<Word> {
  const [contacts, sent] = await Promise.all([
    loadContacts(signal),
    request<Shapes['NoticesOut']>('GET', path(order), { signal }),
  ]);
  return { contacts, notices: sent.items };
}

export function sendNotice(order: string, channel: Channel): Promise<Notice> {
  return request<Notice>('POST', path(order), { body: { channel } });
}

function path(order: string): string {
  return `/api/v1/me/redemptions/${order}/notices`;
}
