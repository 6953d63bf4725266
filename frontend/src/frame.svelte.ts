import type { Component, Snippet } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import type { Found } from './gate';
import PhoneFrame from './PhoneFrame.svelte';
import type { Params } from './router';
import { pageOf, type PageProps, type Route } from './routes';
import { language } from './state/language.svelte';
import { router } from './state/router.svelte';

export interface FrameProps {
  readonly route: Route;
  readonly children: Snippet;
}

/** A page that is loaded, with its shell. */
export interface Shown {
  readonly route: Route;
  readonly path: string;
  readonly params: Params;
  readonly Shell: Component<FrameProps>;
  readonly Page: Component<PageProps>;
}

/** What is on the screen: the old page stays until the new one is loaded. */
export class Frame {
  shown = $state.raw<Shown | null>(null);
  /** A page could not be loaded: no signal, or a new version took its place. */
  failed = $state(false);
  #wanted: Found | null = null;

  show(found: Found, path: string): void {
    this.#wanted = found;
    this.failed = false;
    if (found.kind === 'redirect') router.go(found.to, { replace: true });
    if (found.kind === 'page') void this.#load(found, path);
  }

  async #load(found: Found & { kind: 'page' }, path: string): Promise<void> {
    try {
      const loaded = await load(found.route);
      if (this.#wanted === found) this.shown = { ...loaded, ...found, path };
    } catch {
      if (this.#wanted === found) this.failed = true;
    }
  }
}

async function load(route: Route): Promise<Pick<Shown, 'Shell' | 'Page'>> {
  const find = pageOf(route);
  if (!find) throw new Error(`${route.path} has no page.`);
  const [page, Shell] = await Promise.all([find(), loadShell(route)]);
  return { Shell, Page: page.default };
}

async function loadShell(route: Route): Promise<Component<FrameProps>> {
  if (route.shell !== 'console') return PhoneFrame;
  const [frame] = await Promise.all([import('./ConsoleFrame.svelte'), language.require('console')]);
  return frame.default;
}

let isFirst = true;

/** Name the window, put the scroll where it belongs and hand focus to the sentence of the page. */
export function settle(title: string): Attachment<HTMLElement> {
  return (page) => {
    document.title = `${title} · Laurel`;
    scrollTo({ top: router.restore, behavior: 'instant' });
    const heading = page.querySelector<HTMLElement>('[data-page-heading]');
    // On the first view focus stays where the browser put it.
    if (!isFirst) heading?.focus({ preventScroll: true });
    isFirst = false;
  };
}
