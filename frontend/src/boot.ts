import { askEarly, IN_KEY } from './lib/api/early';
import { LANGUAGE_KEY } from './lib/i18n/languages';
import { applyLook, readLook } from './lib/theme/theme';

// Stands in the page itself, before everything else: the build puts it there with a list of files.

const files = __OPENING__;

/** A dark phone never flashes white. */
applyLook(readLook());

/** What the server says with the page of whoever is signed in: their language. */
const [opened] = performance.getEntriesByType(
  'navigation',
) as Partial<PerformanceNavigationTiming>[];
const signedIn = opened?.serverTiming?.find(({ name }) => name === 'in');

/** The language this phone spoke last. */
const kept = localStorage.getItem(LANGUAGE_KEY) ?? signedIn?.description;

/** What the first page will ask is on its way while its code is loaded. */
const me = askEarly('/api/v1/me');
if (location.pathname === '/') {
  // Whoever was not signed in is refused once, not twice.
  if (signedIn || IN_KEY in localStorage) void askEarly('/api/v1/me/today');
  files.today.forEach(fetchAhead);
}
if (kept) speak(kept);
else void me.then(spokenBy).then(speak, () => undefined);

// The first date makes the browser read all about dates: while it waits for code, not while it draws.
Intl.DateTimeFormat();

function speak(code: string | undefined): void {
  const words = files.words[code ?? ''];
  if (words) fetchAhead(words);
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
