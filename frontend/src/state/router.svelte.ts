import { internalPath } from '../router';

const POSITION = 'laurel.scroll';

interface Entry {
  readonly [POSITION]?: number;
}

/** Where the app is. Links need nothing special: a click on `<a href>` is taken over. */
class Router {
  #url = $state.raw(new URL(location.href));
  /** Where to scroll once the page stands: back and forward return to where one was. */
  restore = 0;

  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  /** Start listening; returns the way to stop. */
  start(): () => void {
    history.scrollRestoration = 'manual';
    const back = (event: PopStateEvent): void => {
      this.restore = (event.state as Entry | null)?.[POSITION] ?? 0;
      this.#url = new URL(location.href);
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
    if (replace) history.replaceState(null, '', url);
    else if (url.href !== location.href) history.pushState(null, '', url);
    this.restore = 0;
    this.#url = url;
  }

  /** Change one filter in the address without a new entry in the history. */
  setQuery(name: string, value: string | null): void {
    const url = new URL(this.#url);
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    history.replaceState(history.state, '', url);
    this.#url = url;
  }

  #remember(): void {
    history.replaceState({ [POSITION]: scrollY } satisfies Entry, '');
  }
}

export const router = new Router();
