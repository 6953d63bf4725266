import { beforeEach, expect, test } from 'vitest';
import { language } from '../../state/language.svelte';
import {
  ANYTHING,
  asReward,
  boundsOf,
  filtersSet,
  fitsOpen,
  isAnything,
  queryOf,
  withMark,
  type StoreItem,
  type StoreFront,
  type StoreReward,
} from './store';
import { roomSentences } from './words';
import {
  categoryName,
  countryName,
  priceOf,
  shelfBrand,
  shelfDetail,
  shelfTitle,
  spendable,
} from './store-words';

const euro = (amount: string) => ({ amount, currency: 'EUR' }) as const;

const ITEM: StoreItem = {
  id: 'r1',
  name: 'Cartwheel Italy',
  brand: 'Cartwheel',
  kind: 'gift_card',
  country: 'IT',
  categories: ['Food and Drink'],
  is_open: false,
  least: euro('10.00'),
  most: euro('200.00'),
  hue: 42,
  art: 'weave',
  in_stock: true,
  affordable: true,
  favourite: false,
};

const NO_LIMIT = { least: null, most: null, left: null, period: null, anew_on: null };

const OPEN: StoreReward = {
  room: NO_LIMIT,
  ...ITEM,
  is_open: true,
  description: 'Anything',
  terms: '',
  expiry_text: '',
  delivery_code: 'instant',
  by_company: false,
  denominations: [],
  available: [],
};

beforeEach(() => language.use('en'));

test('nothing chosen asks for the shelf at home', () => {
  expect(isAnything(ANYTHING)).toBe(true);
  expect(queryOf(ANYTHING)).toEqual({ country: 'home' });
});

test('what one marked is looked for in the whole world', () => {
  expect(queryOf({ ...ANYTHING, shelf: 'favourites' })).toEqual({ shelf: 'favourites' });
});

test('words, kind and filters are asked for together', () => {
  const search = { ...ANYTHING, text: ' spa ', shelf: 'experience', country: '', inStock: true };

  expect(queryOf({ ...search, shelf: 'experience' })).toEqual({
    q: 'spa',
    kind: 'experience',
    in_stock: true,
  });
  expect(filtersSet({ ...search, shelf: 'experience' })).toBe(2);
});

test('a card says from where to where it goes, and when there is none', () => {
  expect(priceOf(ITEM, 'en-IE')).toBe('€10 to €200');
  expect(priceOf({ ...ITEM, most: ITEM.least }, 'en-IE')).toBe('€10');
  expect(priceOf({ ...ITEM, in_stock: false }, 'en-IE')).toBe('None left right now');
});

test('a card shows its brand in the picture and its category under it', () => {
  expect(shelfBrand(ITEM)).toBe('Cartwheel');
  expect(shelfTitle(ITEM, 'en-IE')).toBe('Food and drink');
  expect(shelfTitle({ ...ITEM, categories: [] }, 'en-IE')).toBe('Italy');
  expect(shelfDetail(ITEM, 'en-IE')).toBe('€10 to €200');
});

const SPA: StoreItem = {
  ...ITEM,
  id: 'r2',
  kind: 'experience',
  name: 'Day spa, Rome',
  brand: 'Day spa, Rome',
  categories: ['Wellness'],
};

test('an experience says what it is once, and where beside its price', () => {
  expect(shelfBrand(SPA)).toBe('Wellness');
  expect(shelfTitle(SPA, 'en-IE')).toBe('Day spa');
  expect(shelfDetail(SPA, 'en-IE')).toBe('Rome, €10 to €200');
});

test('an experience of our own shows its name in the picture', () => {
  const ours = { ...SPA, name: 'Terme Serena', categories: [] };

  expect(shelfBrand(ours)).toBe('Terme Serena');
  expect(shelfTitle(ours, 'en-IE')).toBe('Experience');
  expect(shelfDetail(ours, 'en-IE')).toBe('€10 to €200');
});

const FRONT: StoreFront = {
  items: [ITEM, SPA],
  next_cursor: null,
  alike: false,
  country: 'IT',
  available: [],
  recent: [ITEM],
  favourites: [],
};

test('a mark is seen on every shelf that shows the reward', () => {
  const front = withMark(FRONT, { ...ITEM, favourite: true });

  expect(front.favourites.map(({ id }) => id)).toEqual(['r1']);
  expect(front.items.map(({ favourite }) => favourite)).toEqual([true, false]);
  expect(front.recent.map(({ favourite }) => favourite)).toEqual([true]);
});

test('a mark that is taken back leaves the favourites', () => {
  const marked = withMark(FRONT, { ...ITEM, favourite: true });

  const front = withMark(marked, ITEM);

  expect(front.favourites).toEqual([]);
  expect(front.items).toEqual(FRONT.items);
});

test('a category nobody translated is shown as its provider wrote it', () => {
  expect(categoryName('Curling & Co')).toBe('Curling & Co');
  expect(countryName('ID', 'it')).toBe('Indonesia');
});

test.each([
  ['9.99', false],
  ['10.00', true],
  ['200.00', true],
  ['200.01', false],
])('an amount of one’s own must lie within the limits: %s', (amount, fits) => {
  expect(fitsOpen(OPEN, euro(amount), euro('500.00'))).toBe(fits);
});

test('what the company allows narrows what the vendor sells', () => {
  const held = { ...OPEN, room: { ...NO_LIMIT, least: euro('20.00'), left: euro('45.50') } };

  expect(boundsOf(held)).toEqual([euro('20.00'), euro('45.50')]);
  expect(fitsOpen(held, euro('19.99'), euro('500.00'))).toBe(false);
  expect(fitsOpen(held, euro('45.51'), euro('500.00'))).toBe(false);
  expect(fitsOpen(held, euro('45.50'), euro('500.00'))).toBe(true);
});

test('what the company allows is said in sentences, and nothing where it sets no limit', () => {
  const room = { ...NO_LIMIT, most: euro('40.00'), left: euro('15.00') };

  expect(roomSentences(NO_LIMIT, 'en-IE')).toEqual([]);
  expect(roomSentences({ ...room, period: 'month', anew_on: '2026-12-01' }, 'en-IE')).toEqual([
    'Your company allows at most €40.00 in one order.',
    expect.stringContaining('€15.00 of this month’s limit is left.'),
  ]);
});

test('an amount of one’s own must be there', () => {
  expect(fitsOpen(OPEN, euro('50.00'), euro('49.99'))).toBe(false);
  expect(fitsOpen(OPEN, null, euro('500.00'))).toBe(false);
  expect(spendable([euro('5.00')], 'IDR')).toEqual({ amount: '0', currency: 'IDR' });
  expect(asReward(OPEN).currency).toBe('EUR');
});
