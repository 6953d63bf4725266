/** Matching of paths; what a match shows is the business of routes.ts. */
export type Params = Readonly<Record<string, string>>;

interface Pattern {
  /** `/join/:token`: a segment with a colon matches any one segment. */
  readonly path: string;
}

export interface Match<R extends Pattern> {
  readonly route: R;
  readonly params: Params;
}

/** Return the first route whose path fits, with the parts the colons stand for. */
export function match<R extends Pattern>(routes: readonly R[], path: string): Match<R> | null {
  const segments = split(path);
  for (const route of routes) {
    const params = fit(split(route.path), segments);
    if (params) return { route, params };
  }
  return null;
}

function fit(pattern: readonly string[], segments: readonly string[]): Params | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decode(segment);
    else if (part !== segment) return null;
  }
  return params;
}

function split(path: string): string[] {
  return path.split('/').filter(Boolean);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Return the path a click on a link should open in the app, or null when the browser should. */
export function internalPath(event: MouseEvent, origin: string): string | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest('a');
  if (!link || link.target || link.hasAttribute('download') || !link.href) return null;
  const url = new URL(link.href);
  if (url.origin !== origin || url.pathname.startsWith('/api/')) return null;
  const onlyHash = url.hash && url.pathname === location.pathname && url.search === location.search;
  return onlyHash ? null : url.pathname + url.search + url.hash;
}
