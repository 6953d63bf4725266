import type { Language } from './languages';
import type { Message } from './message';

export type Catalogue = Readonly<Record<string, Message>>;

/** Which messages: what a rep's phone needs, what only the console needs, or the words of plans and receipts. */
export type Part = 'app' | 'console' | 'explanation';

interface MessageModule {
  readonly default: Catalogue;
}

const LOADERS: Readonly<Record<Part, Readonly<Record<Language, () => Promise<MessageModule>>>>> = {
  app: {
    en: () => import('../../messages/en/app'),
    it: () => import('../../messages/it/app'),
    fr: () => import('../../messages/fr/app'),
    id: () => import('../../messages/id/app'),
  },
  console: {
    en: () => import('../../messages/en/console'),
    it: () => import('../../messages/it/console'),
    fr: () => import('../../messages/fr/console'),
    id: () => import('../../messages/id/console'),
  },
  explanation: {
    en: () => import('../../messages/en/explanation'),
    it: () => import('../../messages/it/explanation'),
    fr: () => import('../../messages/fr/explanation'),
    id: () => import('../../messages/id/explanation'),
  },
};

export async function loadCatalogue(language: Language, part: Part): Promise<Catalogue> {
  return (await LOADERS[part][language]()).default;
}

/** Merge one file per feature into one catalogue: `./en/today.json` gives `today.<key>`. */
export function merge(files: Readonly<Record<string, Catalogue>>): Catalogue {
  const merged: Record<string, Message> = {};
  for (const [path, messages] of Object.entries(files)) {
    const feature = path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
    for (const [key, message] of Object.entries(messages)) merged[`${feature}.${key}`] = message;
  }
  return merged;
}
