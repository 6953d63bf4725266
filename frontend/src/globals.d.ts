/** Whether the page with all parts of the design system is built in (development and demo). */
declare const __SHOWCASE__: boolean;

/** Files that the opening of the app will need, put in by the build; see vite.config.ts. */
declare const __OPENING__: {
  /** Scripts and styles of Today, the page most people open. */
  readonly today: readonly string[];
  /** The messages of each language. */
  readonly words: Readonly<Partial<Record<string, string>>>;
};
