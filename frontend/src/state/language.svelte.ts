import {
  chooseLanguage,
  format,
  isLanguage,
  LANGUAGE_KEY,
  loadCatalogue,
  LOCALES,
  type Catalogue,
  type Language as Code,
  type Message,
  type MessageValues,
  type Part,
  type Value,
} from '../lib/i18n';

export type MessageKey = keyof MessageValues;

/** A key of a message without placeholders. */
export type PlainKey = {
  [K in MessageKey]: [keyof MessageValues[K]] extends [never] ? K : never;
}[MessageKey];

type Args<K extends MessageKey> = [keyof MessageValues[K]] extends [never]
  ? []
  : [values: MessageValues[K]];

/** The language of the screen; every text reads it, so a switch redraws them all. */
class Language {
  code = $state.raw<Code>('en');
  /** By part; no two parts say the same, so nothing is merged while a phone waits. */
  #catalogues = $state.raw<readonly Catalogue[]>([]);
  #wanted: Code = 'en';
  readonly #parts = new Set<Part>();

  /** The locale for Intl: dates, figures, money. */
  get locale(): string {
    return LOCALES[this.code];
  }

  /** Load the language this phone last used, if it used one. */
  async startKept(): Promise<void> {
    const kept = localStorage.getItem(LANGUAGE_KEY);
    if (isLanguage(kept)) await this.use(kept);
  }

  /** Load the first of the browser's languages that we speak, unless one is loaded already. */
  async startAny(): Promise<void> {
    if (!this.#parts.size) await this.use(chooseLanguage(navigator.languages));
  }

  async use(code: Code): Promise<void> {
    if (code === this.code && code === this.#wanted && this.#parts.size) return;
    this.#wanted = code;
    this.#parts.add('app');
    await this.#load();
  }

  /** Add the messages that only the console needs. */
  async require(part: Part): Promise<void> {
    this.#parts.add(part);
    if (this.#catalogues.length < this.#parts.size) await this.#load();
  }

  /** Load what is wanted; whatever is asked for while it loads, a language or a part, comes with it. */
  async #load(): Promise<void> {
    const code = this.#wanted;
    const parts = [...this.#parts];
    const catalogues = await Promise.all(parts.map((part) => loadCatalogue(code, part)));
    if (code !== this.#wanted || parts.length !== this.#parts.size) return this.#load();
    this.#catalogues = catalogues;
    this.code = code;
    document.documentElement.lang = code;
    localStorage.setItem(LANGUAGE_KEY, code);
  }

  readonly t = <K extends MessageKey>(key: K, ...[values]: Args<K>): string => {
    const message = this.#find(key);
    if (message === undefined) return key;
    return format(message, values ?? {}, this.locale);
  };

  /**
   * Return the text for a code of the server under `prefix`, or undefined when we have none.
   *
   * Codes and their values are the server's, so the compiler cannot check them.
   */
  coded(
    prefix: string,
    code: string,
    values: Readonly<Record<string, unknown>> = {},
  ): string | undefined {
    const message = this.#find(`${prefix}.${code}`);
    return message && format(message, values as Readonly<Record<string, Value>>, this.locale);
  }

  #find(key: string): Message | undefined {
    return this.#catalogues.find((each) => key in each)?.[key];
  }
}

export const language = new Language();

/** Return the text of `key` in the language of the screen. */
export const t = language.t;
