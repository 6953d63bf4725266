import { tick } from '../../lib/haptic';
import { formatMoney, toMinor } from '../../lib/money';
import type { InboxArrived, TodayChanged } from '../../lib/live';
import { router, session, t, toasts } from '../../state';
import { inboxTitle } from '../../state/inbox-words';
import { live } from '../../state/live.svelte';
import { unread } from '../../state/unread.svelte';
import { award, check, gift, trophy, type IconPath } from '../../ui/icons';

const ICONS: Readonly<Record<string, IconPath>> = {
  badge: award,
  result: trophy,
  redemption: gift,
};

/** Say what arrives while the app is open; returns the way to stop. */
export function announce(): () => void {
  const stops = [
    live.connection.subscribe('today.changed', announceSale),
    live.connection.subscribe('inbox.arrived', announceMessage),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** The screens of one order, of the store or to a bank. */
const ORDER = /^\/(rewards\/orders|wallet\/payouts)\//;

/** Long enough to read it and to tap; the inbox keeps everything anyway. */
const STAY = 8_000;
let last: number | undefined;

/** Show one note at a time: sales may come faster than they can be read. */
function say(text: string, icon: IconPath, action: { label: string; run: () => void }): void {
  if (last !== undefined) toasts.close(last);
  const id = toasts.show(text, { icon, action });
  last = id;
  setTimeout(() => toasts.close(id), STAY);
}

/** A counted sale: one tap opens its receipt. */
function announceSale({ cause, amount }: TodayChanged): void {
  if (cause !== 'earning' || !amount || toMinor(amount) <= 0n) return;
  tick(15);
  const { locale } = session.place;
  say(t('arrivals.sale', { money: formatMoney(amount, { locale, signed: true }) }), check, {
    label: t('arrivals.why'),
    run: () => router.go('/earnings?line=latest'),
  });
}

/** Earnings are announced above as they are counted; of the rest, one line each. */
function announceMessage({ kind, code, params, unread: count }: InboxArrived): void {
  unread.count = count;
  // What the open screen says already is not said twice.
  const isSeen = kind === 'redemption' && ORDER.test(router.path);
  if (kind === 'earning' || isSeen || router.path === '/inbox') return;
  say(inboxTitle(code, params, session.place), ICONS[kind] ?? check, {
    label: t('arrivals.look'),
    run: () => router.go('/inbox'),
  });
}
