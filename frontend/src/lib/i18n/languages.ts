export const LANGUAGES = ['en', 'it', 'fr', 'id'] as const;

/** Where this phone keeps the language it spoke last. */
export const LANGUAGE_KEY = 'laurel.language';

export type Language = (typeof LANGUAGES)[number];

/** The locale each language formats dates and money in. */
export const LOCALES: Readonly<Record<Language, string>> = {
  en: 'en-IE',
  it: 'it-IT',
  fr: 'fr-FR',
  id: 'id-ID',
};

/** Each language named in itself, as the language switch shows it. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  it: 'Italiano',
  fr: 'Français',
  id: 'Indonesia',
};

export function isLanguage(text: string | null | undefined): text is Language {
  return LANGUAGES.some((language) => language === text);
}

/** Return the first wish we speak, English if none: `['de-AT', 'it-CH']` gives `it`. */
export function chooseLanguage(wishes: readonly string[]): Language {
  return wishes.map((wish) => wish.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}
