import { internalPath } from '../router';

const POSITION = 'laurel.scroll';
const OVER = 'laurel.over';
/** Parameters that open something over a page, which stays as it is beneath. */
const OVERLAYS = ['line', 'movement'];

interface Entry {
  readonly [POSITION]?: number;
  /** The entry before is the page without what this one opened over it. */
  readonly [OVER]?: boolean;
}

/** Where the app is. Links need nothing special: a click on `<a href>` is taken over. */
class Router {
  #url = $state.raw(new URL(location.href));
  #visit = $state(0);
  /** Where to scroll once the page stands: back, forward and a reload return to where one was. */
  restore = (history.state as Entry | null)?.[POSITION] ?? 0;
  /** The page is being brought to `restore`; until it is there, no place in it is remembered. */
  isLanding = false;

  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  /** Which arrival at a page this is; a filter or an overlay is none. */
  get visit(): number {
    return this.#visit;
  }

  /** Start listening; returns the way to stop. */
  start(): () => void {
    history.scrollRestoration = 'manual';
    const back = (event: PopStateEvent): void => {
      const url = new URL(location.href);
      if (beneath(url) === beneath(this.#url)) this.#url = url;
      else this.#arrive(url, (event.state as Entry | null)?.[POSITION]);
    };
    const click = (event: MouseEvent): void => {
      const path = internalPath(event, location.origin);
      if (path === null) return;
      event.preventDefault();
      this.go(path);
    };
    const remember = (): void => this.#remember();
    addEventListener('popstate', back);
    addEventListener('scrollend', remember);
    document.addEventListener('click', click);
    return () => {
      removeEventListener('popstate', back);
      removeEventListener('scrollend', remember);
      document.removeEventListener('click', click);
    };
  }

  go(path: string, { replace = false }: { replace?: boolean } = {}): void {
    this.#remember();
    const url = new URL(path, location.href);
    const isOther = url.href !== location.href;
    const over = isOther && beneath(url) === beneath(this.#url);
    if (replace) history.replaceState(null, '', url);
    else if (isOther) history.pushState({ [OVER]: over } satisfies Entry, '', url);
    if (over) this.#url = url;
    else this.#arrive(url);
  }

  /** Close what the parameter `name` opened: by going back when it was opened here. */
  close(name: string): void {
    if ((history.state as Entry | null)?.[OVER]) history.back();
    else this.setQuery(name, null);
  }

  /** Change one filter in the address without a new entry in the history. */
  setQuery(name: string, value: string | null): void {
    const url = new URL(this.#url);
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    history.replaceState(history.state, '', url);
    this.#url = url;
  }

  #arrive(url: URL, position = 0): void {
    this.restore = position;
    this.#url = url;
    this.#visit += 1;
  }

  #remember(): void {
    if (this.isLanding) return;
    const entry = history.state as Entry | null;
    history.replaceState({ ...entry, [POSITION]: scrollY } satisfies Entry, '');
  }
}

/** Return the page at an address, without what is open over it. */
function beneath(url: URL): string {
  const page = new URL(url);
  for (const name of OVERLAYS) page.searchParams.delete(name);
  return page.pathname + page.search;
}

export const router = new Router();
