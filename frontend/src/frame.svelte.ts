import type { Component, Snippet } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import { matchRoute, type Visitor } from './gate';
import type { Params } from './router';
import { tableOf, type PageProps, type Route } from './routes';
import { language } from './state/language.svelte';
import { router } from './state/router.svelte';
import { session } from './state/session.svelte';

export interface FrameProps {
  readonly route: Route;
  readonly children: Snippet;
}

/** A page that is loaded, with its shell. */
export interface Shown {
  readonly kind: 'page';
  readonly route: Route;
  readonly path: string;
  /** The arrival it is shown for. */
  readonly visit: number;
  readonly params: Params;
  readonly Shell: Component<FrameProps>;
  readonly Page: Component<PageProps>;
}

/** What is shown when there is no page at a path, or none for this person. */
export interface Lost {
  readonly kind: 'missing' | 'forbidden';
  readonly Lost: Component<{ forbidden: boolean }>;
}

/** What is on the screen: the old page stays until the new one is loaded. */
export class Frame {
  shown = $state.raw<Shown | Lost | null>(null);
  /** It could not be loaded: no signal, or a new version took its place. */
  failed = $state(false);
  #turn = 0;

  /** Show what `path` leads to for this visitor, once it is loaded; what stands already stays. */
  async show(path: string, visit: number, visitor: Visitor): Promise<void> {
    const turn = ++this.#turn;
    try {
      const next = await this.#find(path, visit, visitor);
      if (turn !== this.#turn) return;
      this.failed = false;
      if (next && !isSame(next, this.shown)) this.shown = next;
    } catch {
      if (turn === this.#turn) this.failed = true;
    }
  }

  async #find(path: string, visit: number, visitor: Visitor): Promise<Shown | Lost | null> {
    const found = matchRoute(path, visitor, await tableOf(path));
    if (found.kind === 'redirect') {
      router.go(found.to, { replace: true });
      return null;
    }
    if (found.kind !== 'page') {
      const { default: Lost } = await import('./Lost.svelte');
      return { kind: found.kind, Lost };
    }
    const [page, Shell] = await Promise.all([found.load(), loadShell(found.route)]);
    return { ...found, path, visit, Shell, Page: page.default };
  }
}

/** Whether nothing that is seen differs: a person whose theme has changed is on the same page. */
function isSame(next: Shown | Lost, now: Shown | Lost | null): boolean {
  return (
    next.kind === 'page' &&
    now?.kind === 'page' &&
    next.visit === now.visit &&
    next.Page === now.Page &&
    next.Shell === now.Shell
  );
}

async function loadShell(route: Route): Promise<Component<FrameProps>> {
  if (__SHOWCASE__ && route.shell === 'wide')
    return (await import('./showcase/WideFrame.svelte')).default;
  if (!usesRail(route)) return (await import('./PhoneFrame.svelte')).default;
  const [frame] = await Promise.all([import('./ConsoleFrame.svelte'), language.require('console')]);
  return frame.default;
}

/** The console, and for people who only work there also the pages that everyone has. */
function usesRail(route: Route): boolean {
  return route.shell === 'console' || (route.roles === 'signed-in' && !session.has('rep'));
}

let isFirst = true;

/** Put the scroll where it belongs and hand focus to the sentence of the page. */
export function settle(visit: number): Attachment<HTMLElement> {
  return (page) => {
    const { restore } = router;
    const heading = page.querySelector<HTMLElement>('[data-page-heading]');
    // On the first view focus stays where the browser put it, and asking for the place one is at
    // anyway would lay out the first page before its time.
    if (!isFirst) {
      scrollTo({ top: restore, behavior: 'instant' });
      heading?.focus({ preventScroll: true });
    }
    isFirst = false;
    if (restore || location.hash) void import('./landing').then(({ land }) => land(restore, visit));
  };
}
