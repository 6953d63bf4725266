/** Answers asked for before the app was there; boot.ts puts them on the window. */
interface Early {
  laurelEarly?: Map<string, Promise<Response>>;
}

/** Stands in this browser's storage while somebody is signed in. */
export const IN_KEY = 'laurel.in';

/** How long such an answer is worth more than asking again. */
const FRESH = 30_000;

const early = (): Map<string, Promise<Response>> =>
  ((window as Early).laurelEarly ??= new Map<string, Promise<Response>>());

/** Ask for `path` now, for a request that will come as soon as its code is loaded. */
export function askEarly(path: string): Promise<Response> {
  const headers = { Accept: 'application/json', 'X-Laurel': '1' };
  const answer = fetch(path, { credentials: 'same-origin', headers });
  // Who takes it hears of the failure; when nobody does, there is none.
  answer.catch(() => undefined);
  early().set(path, answer);
  return answer;
}

/** Return what was asked for early, once, while it is fresh; any write makes it worthless. */
export function takeEarly({ method, url }: Request): Promise<Response> | undefined {
  const answers = early();
  if (method !== 'GET' || performance.now() > FRESH) answers.clear();
  const { pathname, search } = new URL(url);
  const answer = answers.get(pathname + search);
  answers.delete(pathname + search);
  return answer;
}
