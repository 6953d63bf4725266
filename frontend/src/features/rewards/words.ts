import { ApiProblem } from '../../lib/api';
import { compare, formatMoney, toMinor, type Money } from '../../lib/money';
import { calendarDay, dayAndClock, fullDay, type Place } from '../../lib/time';
import { explain } from '../../state/explain';
import { language, t } from '../../state/language.svelte';
import { ART_KINDS, artFor, type ArtKind } from '../../ui/art';
import type { Choice } from '../../ui/choice';
import type { Step } from '../../ui/timeline';
import {
  isDelivered,
  isOnItsWay,
  type Denomination,
  type Redemption,
  type Reward,
} from './rewards';
import { boundsOf, type Room, type StoreReward } from './store';

export function whole(money: Money, locale: string): string {
  return formatMoney(money, { locale, cents: 'whole' });
}

export function exact(money: Money, locale: string): string {
  return formatMoney(money, { locale });
}

/** Return the sentence that opens Rewards; each currency is named, none is added to another. */
export function sentence(available: readonly Money[], locale: string): string {
  const some = available.filter((money) => toMinor(money) > 0n);
  if (!some.length) return t('rewards.nothing-to-spend');
  const list = new Intl.ListFormat(locale, { type: 'conjunction' });
  return t('rewards.to-spend', { money: list.format(some.map((money) => exact(money, locale))) });
}

export function choices(reward: Reward, locale: string): Choice[] {
  return reward.denominations.map((choice) => ({
    value: choice.money.amount,
    label: whole(choice.money, locale),
    disabled: !choice.in_stock || !choice.affordable || Boolean(choice.obstacle),
    note: whyNot(choice),
  }));
}

function whyNot({ in_stock, affordable, obstacle }: Denomination): string | undefined {
  if (!in_stock) return t('rewards.none-left');
  if (obstacle) return t('rewards.not-allowed');
  return affordable ? undefined : t('rewards.too-much');
}

/** Return why no amount is chosen yet, or why the one that was written cannot be had. */
export function missingAmount(
  reward: StoreReward,
  written: Money | null,
  balance: Money,
  locale: string,
): string {
  if (!reward.is_open || !written) return t('rewards.choose-amount');
  if (compare(written, balance) > 0) return t('rewards.over-balance');
  const [from, to] = boundsOf(reward);
  if (compare(from, to) > 0) return t('rewards.room-used-up');
  return t('rewards.out-of-limits', { from: whole(from, locale), to: whole(to, locale) });
}

/** Return what the company allows in one order and until when, in sentences; nothing when it sets no limit. */
export function roomSentences(room: Room, locale: string): readonly string[] {
  const { least, most, left, period, anew_on } = room;
  const said: string[] = [];
  if (least && most) {
    said.push(t('rewards.room-between', { from: exact(least, locale), to: exact(most, locale) }));
  } else if (least) said.push(t('rewards.room-least', { money: exact(least, locale) }));
  else if (most) said.push(t('rewards.room-most', { money: exact(most, locale) }));
  if (left && period && anew_on) {
    const values = { money: exact(left, locale), day: calendarDay(anew_on, locale) };
    said.push(t(`rewards.room-left-${period}`, values));
  }
  return said;
}

const LIMITS = ['order_too_small', 'order_too_large', 'period_limit_reached'];

/** Return why an order was refused; what its limits say in the reader's own money and days. */
export function refusal(error: unknown, locale: string): string {
  if (!(error instanceof ApiProblem) || !LIMITS.includes(error.code)) return explain(error);
  const values = Object.fromEntries(
    Object.entries(error.params).map(([name, value]) => [name, inWords(String(value), locale)]),
  );
  return language.coded('errors', error.code, values) ?? explain(error);
}

/** Return "50.00 EUR" or "2026-12-01" as people of a place write it. */
function inWords(value: string, locale: string): string {
  const [amount = '', currency] = value.split(' ');
  return currency === undefined ? calendarDay(value, locale) : exact({ amount, currency }, locale);
}

export function picture({ art, hue, brand }: Pick<Reward, 'art' | 'hue' | 'brand'>): {
  kind: ArtKind;
  hue: number;
} {
  const kind = ART_KINDS.find((known) => known === art);
  return kind ? { kind, hue } : { ...artFor(brand), hue };
}

/** Return what an order is waiting for or what came of it, in one honest sentence. */
export function orderSentence(order: Redemption, locale: string): string {
  const values = { money: exact(order.money, locale), brand: order.reward.brand };
  const { kind, by_company } = order.reward;
  const sort = by_company ? 'company' : kind === 'experience' ? 'experience' : 'card';
  const key = `${sort}.${order.state}`;
  return (
    language.coded('rewards.order', key, values) ??
    language.coded('rewards.order', order.state, values) ??
    values.brand
  );
}

/** Return why an order was not made: what a person wrote as it is, a code of a provider in words. */
export function orderReason({ reason }: Redemption): string | undefined {
  if (!reason) return undefined;
  if (!/^[a-z0-9_]+$/.test(reason)) return reason;
  return language.coded('rewards.reason', reason) ?? t('rewards.reason.other');
}

export type Promised =
  | 'arranged'
  | 'refunded'
  | 'instant'
  | 'later'
  | 'voucher-instant'
  | 'voucher-later'
  | 'host'
  | 'passkey';

/** Return what is to be known before one confirms: when it comes, how it is opened or agreed on. */
export function promised({ kind, by_company, delivery_code }: Reward): readonly Promised[] {
  if (by_company) return ['arranged', 'refunded'];
  const comes = delivery_code === 'instant' ? 'instant' : 'later';
  return kind === 'experience' ? [`voucher-${comes}`, 'host', 'refunded'] : [comes, 'passkey'];
}

export function orderTag(order: Redemption): {
  word: string;
  tone: 'good' | 'info' | 'risk' | 'plain';
} {
  if (isDelivered(order)) return { word: t('rewards.tag.delivered'), tone: 'good' };
  if (order.state === 'unknown') return { word: t('rewards.tag.checking'), tone: 'info' };
  if (isOnItsWay(order)) return { word: t('rewards.tag.on-its-way'), tone: 'info' };
  return { word: t('rewards.tag.returned'), tone: 'plain' };
}

function lastStep({
  kind,
  by_company,
}: Redemption['reward']): 'confirmed' | 'voucher' | 'delivered' {
  if (by_company) return 'confirmed';
  return kind === 'experience' ? 'voucher' : 'delivered';
}

/** Return what has happened to an order and what comes next. */
export function orderSteps(order: Redemption, place: Place): Step[] {
  const isBack = ['refused', 'voided', 'returned'].includes(order.state);
  const delivered = isDelivered(order);
  const asked = { title: t('rewards.step.asked'), note: dayAndClock(order.created_at, place) };
  const kept = { title: t('rewards.step.kept'), note: exact(order.money, place.locale) };
  const steps: Step[] = [
    { ...asked, state: 'done' },
    { ...kept, state: delivered || isBack ? 'done' : 'now' },
  ];
  if (isBack) {
    const note = exact(order.money, place.locale);
    return [...steps, { title: t('rewards.step.returned'), note, state: 'now' }];
  }
  const title = t(`rewards.step.${lastStep(order.reward)}`);
  const note = order.confirmed_on ? calendarDay(order.confirmed_on, place.locale) : undefined;
  return [...steps, { title, note, state: delivered ? 'now' : 'todo' }];
}

/** Return the day of an experience: the one that was booked, else the one that was wished for. */
export function dayOf(order: Redemption, locale: string): string | undefined {
  const { confirmed_on, wished_on } = order;
  if (confirmed_on) return t('rewards.booked-for', { day: calendarDay(confirmed_on, locale) });
  return wished_on ? t('rewards.wished-for', { day: calendarDay(wished_on, locale) }) : undefined;
}

export function kindName(kind: string): string {
  return t(kind === 'experience' ? 'rewards.kind.experience' : 'rewards.kind.gift_card');
}

/** Return "Gift card, until 18 Nov 2028". */
export function voucherDetail(
  kind: string,
  expiresOn: string | null | undefined,
  locale: string,
): string {
  const name = kindName(kind);
  if (!expiresOn) return name;
  const date = fullDay(`${expiresOn}T00:00:00Z`, { locale, zone: 'UTC' });
  return `${name}, ${t('common.until', { date })}`;
}
