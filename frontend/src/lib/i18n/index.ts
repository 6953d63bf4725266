export { loadCatalogue, type Catalogue, type Part } from './catalogue';
export {
  LANGUAGES,
  LANGUAGE_KEY,
  LANGUAGE_NAMES,
  LOCALES,
  chooseLanguage,
  isLanguage,
  type Language,
} from './languages';
export { format, ordinal, type Message, type Value } from './message';
export type { MessageValues } from './messages.gen';
