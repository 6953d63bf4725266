import type { Loaders } from './catalogue';

export const console: Loaders = {
  en: () => import('../../messages/en/console'),
  it: () => import('../../messages/it/console'),
  fr: () => import('../../messages/fr/console'),
  id: () => import('../../messages/id/console'),
};

export const explanation: Loaders = {
  en: () => import('../../messages/en/explanation'),
  it: () => import('../../messages/it/explanation'),
  fr: () => import('../../messages/fr/explanation'),
  id: () => import('../../messages/id/explanation'),
};

export const reasons: Loaders = {
  en: () => import('../../messages/en/bank-reasons'),
  it: () => import('../../messages/it/bank-reasons'),
  fr: () => import('../../messages/fr/bank-reasons'),
  id: () => import('../../messages/id/bank-reasons'),
};

export const texts: Loaders = {
  en: () => import('../../messages/en/texts'),
  it: () => import('../../messages/it/texts'),
  fr: () => import('../../messages/fr/texts'),
  id: () => import('../../messages/id/texts'),
};

export const help: Loaders = {
  en: () => import('../../messages/en/help'),
  it: () => import('../../messages/it/help'),
  fr: () => import('../../messages/fr/help'),
  id: () => import('../../messages/id/help'),
};
