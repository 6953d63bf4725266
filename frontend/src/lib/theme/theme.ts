export const THEMES = ['light', 'dark', 'system'] as const;

export type Theme = (typeof THEMES)[number];

/** How the screen should look; boot.ts applies it before the first paint. */
export interface Look {
  readonly theme: Theme;
  /** Sunlight: white ground and darker ink. */
  readonly sun: boolean;
}

const KEY = 'laurel.look';
const DARK = '(prefers-color-scheme: dark)';
const GROUND = { light: '#f7f4ea', dark: '#0e1510' } as const;

export function readLook(): Look {
  const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
  const { theme, sun } = (stored ?? {}) as Partial<Look>;
  return { theme: THEMES.find((known) => known === theme) ?? 'system', sun: sun === true };
}

export function keepLook(look: Look): void {
  localStorage.setItem(KEY, JSON.stringify(look));
  applyLook(look);
}

export function applyLook({ theme, sun }: Look): void {
  const shown = theme === 'system' ? (matchMedia(DARK).matches ? 'dark' : 'light') : theme;
  const root = document.documentElement;
  root.dataset['theme'] = shown;
  root.toggleAttribute('data-sun', sun);
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', GROUND[shown]);
}

/** Follow the system while the theme is `system`; returns the way to stop. */
export function followSystem(): () => void {
  const query = matchMedia(DARK);
  const apply = (): void => applyLook(readLook());
  query.addEventListener('change', apply);
  return () => query.removeEventListener('change', apply);
}
