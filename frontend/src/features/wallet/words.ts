import { formatMoney, isZero, subtract, toMinor, type Money } from '../../lib/money';
import { dayAndClock, type Place } from '../../lib/time';
import { language, t } from '../../state/language.svelte';
import type { States } from '../../ui/earnings/earnings';
import type { Choice } from '../../ui/choice';
import type { Step } from '../../ui/timeline';
import {
  isHeld,
  phaseOf,
  type Account,
  type Entry,
  type Option,
  type Payout,
  type Prize,
} from './wallet';

type Tone = 'good' | 'info' | 'risk' | 'plain' | 'bad';

export function exact(money: Money, locale: string): string {
  return formatMoney(money, { locale });
}

/** Return what one can do with the money now, in a sentence; currencies are never added up. */
export function sentence(states: readonly States[], locale: string): string {
  const some = states.flatMap(({ available }) =>
    available && toMinor(available) > 0n ? [exact(available, locale)] : [],
  );
  if (!some.length) return t('wallet.nothing');
  const money = new Intl.ListFormat(locale, { type: 'conjunction' }).format(some);
  return t('wallet.to-spend', { money });
}

/** Return "Commerzbank, DE •••• 3000". */
export function nameOf({ bank, label }: Pick<Account, 'bank' | 'label'>): string {
  return bank && !label.startsWith(bank) ? `${bank}, ${label}` : label;
}

export function accountTag(account: Account, now: Date): { word: string; tone: Tone } {
  const state = isHeld(account, now) ? 'held' : account.state;
  const tones: Readonly<Record<string, Tone>> = {
    active: 'good',
    refused: 'bad',
    held: 'info',
    checking: 'info',
    review: 'info',
    matched: 'risk',
    new: 'risk',
  };
  return {
    word: language.coded('wallet.account-tag', state) ?? state,
    tone: tones[state] ?? 'plain',
  };
}

/** Return what is to be done about an account, or what is waited for. */
export function accountSentence(account: Account, place: Place, now: Date): string {
  const held = isHeld(account, now);
  const when = account.usable_from ? dayAndClock(account.usable_from, place) : '';
  return (
    language.coded('wallet.account-says', held ? 'held' : account.state, { when }) ??
    nameOf(account)
  );
}

/** Return why an account was refused or waits for a person. */
export function accountReason({ reason }: Account): string | undefined {
  if (!reason) return undefined;
  return language.coded('wallet.reason', reason) ?? t('wallet.reason.other');
}

/** Return "1 to 2 days" as a way says it: at once, in hours, in days. */
export function arrives({ arrives_hours, is_instant }: Option): string {
  if (is_instant || arrives_hours === 0) return t('wallet.arrives-at-once');
  if (arrives_hours < 24) return t('wallet.arrives-hours', { count: arrives_hours });
  return t('wallet.arrives-days', { count: Math.ceil(arrives_hours / 24) });
}

/** Return why a way cannot be taken now. */
export function obstacle(option: Option, locale: string): string | undefined {
  if (!option.obstacle) return undefined;
  const values = {
    least: exact(option.least, locale),
    most: option.most ? exact(option.most, locale) : '',
  };
  return language.coded('wallet.obstacle', option.obstacle, values);
}

export function accountChoices({ accounts, ready }: Option, now: Date): Choice[] {
  return accounts.map((account) => ({
    value: account.id,
    label: nameOf(account),
    disabled: !ready.includes(account.id),
    note: ready.includes(account.id) ? undefined : accountTag(account, now).word,
  }));
}

/** Return where a pay-out stands, first of all whether the money is safe. */
export function payoutSentence(payout: Payout, locale: string): string {
  const values = {
    money: exact(payout.net, locale),
    gross: exact(payout.gross, locale),
    stopped: stoppedHere(payout) ?? t('wallet.payout-stopped.bank'),
  };
  return language.coded('wallet.payout-says', payout.state, values) ?? values.money;
}

export function payoutTag({ state }: Payout): { word: string; tone: Tone } {
  const phase = phaseOf({ state });
  if (phase === 'paid') return { word: t('wallet.tag.paid'), tone: 'good' };
  if (phase === 'back') return { word: t('wallet.tag.back'), tone: 'plain' };
  const looked = state === 'unknown' || state === 'manual';
  return looked
    ? { word: t('wallet.tag.checking'), tone: 'risk' }
    : { word: t('wallet.tag.on-its-way'), tone: 'info' };
}

/** Return how a payment was stopped on our side; undefined when that was a bank. */
export function stoppedHere({ meaning }: Payout): string | undefined {
  return meaning === null ? undefined : language.coded('wallet.payout-stopped', meaning);
}

/** Whether other bank details could help: not where the payment never met a bank. */
export function asksForDetails(payout: Payout): boolean {
  return payout.meaning === 'account_removed' || stoppedHere(payout) === undefined;
}

/** Return what happened to a pay-out and what comes next. */
export function payoutSteps(payout: Payout, place: Place): Step[] {
  const phase = phaseOf(payout);
  // What was stopped here had been in a file of ours, not at a bank.
  const sent = stoppedHere(payout)
    ? undefined
    : payout.moves.find(({ state }) => state === 'accepted' || state === 'settled');
  const steps: Step[] = [
    {
      title: t('wallet.step.asked'),
      note: dayAndClock(payout.created_at, place),
      state: 'done',
    },
    {
      title: t('wallet.step.reserved'),
      note: exact(payout.gross, place.locale),
      state: sent || phase !== 'on-its-way' ? 'done' : 'now',
    },
  ];
  if (sent || phase === 'paid')
    steps.push({
      title: t('wallet.step.sent'),
      note: sent ? dayAndClock(sent.at, place) : undefined,
      state: phase === 'on-its-way' ? 'now' : 'done',
    });
  if (phase === 'back')
    return [
      ...steps,
      { title: t('wallet.step.back'), note: dayAndClock(payout.updated_at, place), state: 'now' },
    ];
  return [
    ...steps,
    phase === 'paid'
      ? { title: t('wallet.step.paid'), note: dayAndClock(payout.updated_at, place), state: 'now' }
      : {
          title: t('wallet.step.arrives'),
          note: isSure(payout)
            ? t('wallet.by', { when: dayAndClock(payout.arrives_by, place) })
            : undefined,
          state: 'todo',
        },
  ];
}

/** Whether a time can be promised: not while nobody knows what happened. */
function isSure({ state }: Payout): boolean {
  return state !== 'unknown' && state !== 'manual';
}

/** Return what a movement was. */
export function entryTitle({ kind, account, money }: Entry): string {
  const direction = toMinor(money) < 0n ? 'out' : 'in';
  return (
    language.coded('wallet.entry', `${kind}.${account}.${direction}`) ??
    language.coded('wallet.entry', kind) ??
    t('wallet.entry.other')
  );
}

/** Return what is withheld of a pay-out, line by line: of prizes and of pay apart where there are both. */
export function taxLines({
  withheld,
  prize_withheld,
}: Pick<Payout, 'withheld' | 'prize_withheld'>): { label: string; money: Money }[] {
  if (isZero(withheld)) return [];
  if (isZero(prize_withheld)) return [{ label: t('wallet.tax'), money: withheld }];
  const rest = subtract(withheld, prize_withheld);
  return [
    { label: t('wallet.tax-prizes'), money: prize_withheld },
    ...(isZero(rest) ? [] : [{ label: t('wallet.tax-pay'), money: rest }]),
  ];
}

/** Return how a prize comes about, and what became of it: the lines of its receipt. */
export function prizeLines(prize: Prize): { label: string; money: Money }[] {
  const { place, last_place: last } = prize;
  const shared = last > place;
  return [
    {
      label: shared ? t('wallet.prize-of-places', { place, last }) : t('wallet.prize-of-place'),
      money: prize.pool,
    },
    ...(isZero(prize.rest) ? [] : [{ label: t('wallet.prize-rest'), money: prize.rest }]),
    ...(prize.settled && !isZero(prize.settled)
      ? [
          { label: t('wallet.prize-won'), money: prize.money },
          { label: t('wallet.prize-settled'), money: prize.settled },
        ]
      : []),
  ];
}

/** Return where the receipt of a movement is: a page of its order, or a sheet of its own over the wallet. */
export function entryLink(
  { cause_kind, cause_id, transaction_id, line }: Entry,
  payouts: readonly Payout[],
): string {
  if (cause_kind === 'contest') return `/wallet/prizes/${cause_id}`;
  if (cause_kind !== 'redemption') return `/wallet?movement=${transaction_id}.${line}`;
  return payouts.some(({ id }) => id === cause_id)
    ? `/wallet/payouts/${cause_id}`
    : `/rewards/orders/${cause_id}`;
}
