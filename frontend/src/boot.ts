import { askEarly } from './lib/api/early';
import { chooseLanguage, isLanguage, LANGUAGE_KEY, type Language } from './lib/i18n/languages';
import { applyLook, readLook } from './lib/theme/theme';

// Stands in the page itself, before everything else: the build puts it there with a list of files.

const files = __OPENING__;

/** A dark phone never flashes white. */
applyLook(readLook());

/** What the first page will ask is on its way while its code is loaded. */
const me = askEarly('/api/v1/me');
if (location.pathname === '/') {
  void askEarly('/api/v1/me/today');
  files.today.forEach(fetchAhead);
}
void language().then((code) => {
  const words = files.words[code];
  if (words) fetchAhead(words);
});

/** The language the app will speak: what this phone spoke last, else the person's, else the browser's. */
async function language(): Promise<Language> {
  const kept = localStorage.getItem(LANGUAGE_KEY);
  if (isLanguage(kept)) return kept;
  const spoken = await me.then(spokenBy).catch(() => undefined);
  return isLanguage(spoken) ? spoken : chooseLanguage(navigator.languages);
}

async function spokenBy(answer: Response): Promise<string | undefined> {
  const { person } = (await answer.clone().json()) as { person?: { language: string } };
  return person?.language;
}

function fetchAhead(file: string): void {
  const link = document.createElement('link');
  const isStyle = file.endsWith('.css');
  link.rel = isStyle ? 'preload' : 'modulepreload';
  if (isStyle) link.as = 'style';
  link.crossOrigin = '';
  link.href = file;
  document.head.append(link);
}
