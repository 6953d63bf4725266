import { formatMoney, toMinor, type Money } from '../../lib/money';
import { calendarDay, dayAndClock, fullDay, type Place } from '../../lib/time';
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
    disabled: !choice.in_stock || !choice.affordable,
    note: whyNot(choice),
  }));
}

function whyNot({ in_stock, affordable }: Denomination): string | undefined {
  if (!in_stock) return t('rewards.none-left');
  return affordable ? undefined : t('rewards.too-much');
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
  const key = `${order.reward.kind === 'experience' ? 'experience' : 'card'}.${order.state}`;
  return (
    language.coded('rewards.order', key, values) ??
    language.coded('rewards.order', order.state, values) ??
    values.brand
  );
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

/** Return what has happened to an order and what comes next. */
export function orderSteps(order: Redemption, place: Place): Step[] {
  const isBack = ['refused', 'voided', 'returned'].includes(order.state);
  const delivered = isDelivered(order);
  const isExperience = order.reward.kind === 'experience';
  const asked = { title: t('rewards.step.asked'), note: dayAndClock(order.created_at, place) };
  const kept = { title: t('rewards.step.kept'), note: exact(order.money, place.locale) };
  const steps: Step[] = [
    { ...asked, state: 'done' },
    { ...kept, state: delivered || isBack ? 'done' : 'now' },
  ];
  if (isBack) return [...steps, { title: t('rewards.step.returned'), state: 'now' }];
  const title = t(isExperience ? 'rewards.step.confirmed' : 'rewards.step.delivered');
  const note = order.confirmed_on ? calendarDay(order.confirmed_on, place.locale) : undefined;
  return [...steps, { title, note, state: delivered ? 'now' : 'todo' }];
}

/** Return "Gift card, until 18 Nov 2028". */
export function voucherDetail(
  kind: string,
  expiresOn: string | null | undefined,
  locale: string,
): string {
  const name = t(kind === 'experience' ? 'rewards.kind.experience' : 'rewards.kind.gift_card');
  if (!expiresOn) return name;
  const date = fullDay(`${expiresOn}T00:00:00Z`, { locale, zone: 'UTC' });
  return `${name}, ${t('common.until', { date })}`;
}
