import type { Money } from '../../lib/money';
import { language, t } from '../../state/language.svelte';
import type { StoreItem } from './store';
import { whole } from './words';

/** Return the name of a country in the reader's language. */
export function countryName(code: string, locale: string): string {
  return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;
}

/** Return a category in the reader's language; providers' own ones are shown as they are. */
export function categoryName(category: string): string {
  const code = category.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return language.coded('rewards.category', code) ?? category;
}

/** Return "€10 to €150", or why it cannot be had now. */
export function priceOf(
  item: Pick<StoreItem, 'least' | 'most' | 'in_stock'>,
  locale: string,
): string {
  if (!item.in_stock) return t('rewards.out-of-stock');
  const [from, to] = [whole(item.least, locale), whole(item.most, locale)];
  return from === to ? from : t('rewards.from-to', { from, to });
}

/** Return a name and where it is: "Tea for two, Rome" is tea for two, in Rome. */
export function placed({
  kind,
  name,
}: Pick<StoreItem, 'kind' | 'name'>): readonly [string, string] {
  const comma = kind === 'experience' ? name.lastIndexOf(', ') : -1;
  return comma > 0 ? [name.slice(0, comma), name.slice(comma + 2)] : [name, ''];
}

/** Return what stands in the picture: who it is of, or what kind of thing to do. */
export function shelfBrand(item: StoreItem): string {
  if (item.kind !== 'experience') return item.brand;
  const [category] = item.categories;
  return category ? categoryName(category) : item.name;
}

/** Return what stands under the picture: what there is to do, the category, or the country of a card. */
export function shelfTitle(item: StoreItem, locale: string): string {
  if (item.kind === 'experience') {
    return item.categories.length ? placed(item)[0] : t('rewards.kind.experience');
  }
  const [category] = item.categories;
  return category ? categoryName(category) : countryName(item.country, locale);
}

/** Return what it costs, after where it is: "Rome, €51". */
export function shelfDetail(item: StoreItem, locale: string): string {
  return [placed(item)[1], priceOf(item, locale)].filter(Boolean).join(', ');
}

/** Return what one has in the currency of a reward. */
export function spendable(available: readonly Money[], currency: string): Money {
  return available.find((money) => money.currency === currency) ?? { amount: '0', currency };
}
