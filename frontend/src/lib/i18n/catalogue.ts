import type { Language } from './languages';
import type { Message } from './message';

export type Catalogue = Readonly<Record<string, Message>>;

/** Which messages: what a phone needs, what only the console needs, the words of plans and receipts, of banks, of texts, of help. */
export type Part = 'app' | 'console' | 'explanation' | 'reasons' | 'texts' | 'help';

export interface MessageModule {
  readonly default: Catalogue;
}

export type Loaders = Readonly<Record<Language, () => Promise<MessageModule>>>;

const APP: Loaders = {
  en: () => import('../../messages/en/app'),
  it: () => import('../../messages/it/app'),
  fr: () => import('../../messages/fr/app'),
  id: () => import('../../messages/id/app'),
};

export async function loadCatalogue(language: Language, part: Part): Promise<Catalogue> {
  // The names of the other files are no part of the first load either.
  const loaders = part === 'app' ? APP : (await import('./later'))[part];
  return (await loaders[language]()).default;
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
