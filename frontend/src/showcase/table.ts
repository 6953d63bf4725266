import type { PageModule, Table } from '../routes';

const [load] = Object.values(import.meta.glob<PageModule>('./ShowcasePage.svelte'));

/** The page of all parts; built in development and for the demo only. */
export const SHOWCASE: Table = {
  routes: [
    {
      path: '/ui',
      page: 'showcase/Showcase',
      title: 'nav.parts',
      shell: 'wide',
      roles: 'anyone',
    },
  ],
  files: load ? { './features/showcase/ShowcasePage.svelte': load } : {},
};
