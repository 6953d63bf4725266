import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { build, type IndexHtmlTransformContext, type Plugin, type ResolvedConfig } from 'vite';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const server = process.env['LAUREL_WEB'] ?? 'http://127.0.0.1:8000';

/** Writes the types of the messages again whenever one of their files changes. */
function messages(): Plugin {
  const write = (): void => {
    execFileSync(process.execPath, ['scripts/messages.mjs'], { cwd: root, stdio: 'inherit' });
  };
  return {
    name: 'laurel-messages',
    apply: 'serve',
    configureServer(dev) {
      dev.watcher.on('change', (file) => {
        if (/messages.*\.json$/.test(file)) write();
      });
    },
  };
}

type Bundle = NonNullable<IndexHtmlTransformContext['bundle']>;

/**
 * Puts src/boot.ts and the first styles into the page itself: it paints as soon as it is there, and all
 * that Today needs is asked for at once. The server allows both by their hash.
 */
function opening(): Plugin {
  return {
    name: 'laurel-opening',
    transformIndexHtml: {
      order: 'post',
      async handler(page, { bundle = {} }) {
        const script = await boot({ today: filesOf('first', bundle), words: words(bundle) });
        return page
          .replace('<!-- boot -->', () => `<script>${script}</script>`)
          .replace(/<link rel="stylesheet"[^>]*href="\/([^"]+)">/, (link, name: string) => {
            const file = bundle[name];
            if (file?.type !== 'asset') return link;
            // The link stays, switched off, for lazy parts that look whether it is there.
            const off = link.replace('<link', '<link disabled');
            return `<style>${String(file.source).trim()}</style>\n    ${off}`;
          });
      },
    },
  };
}

async function boot(files: { today: string[]; words: Record<string, string> }): Promise<string> {
  const made = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    define: { __OPENING__: JSON.stringify(files) },
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: 'src/boot.ts', formats: ['iife'], name: 'boot' },
    },
  });
  const [{ output }] = [made].flat() as [{ output: [{ code: string }] }];
  return output[0].code.trim();
}

/** Return the files of the chunk called `name` and of those it imports, unless the page has them already. */
function filesOf(name: string, bundle: Bundle): string[] {
  const files = new Set<string>();
  const add = (path: string): void => {
    const file = bundle[path];
    if (file?.type !== 'chunk' || file.isEntry || files.has(path)) return;
    files.add(path);
    for (const style of file.viteMetadata?.importedCss ?? []) files.add(style);
    file.imports.forEach(add);
  };
  for (const file of Object.values(bundle))
    if (file.type === 'chunk' && file.name === name) add(file.fileName);
  return [...files].map((path) => `/${path}`);
}

/** Return the file of each language's messages. */
function words(bundle: Bundle): Record<string, string> {
  const found = Object.values(bundle).flatMap((file) => {
    const from = file.type === 'chunk' ? (file.facadeModuleId ?? '') : '';
    const code = /messages\/(\w+)\/app\.ts$/.exec(from)?.[1];
    return code ? [[code, `/${file.fileName}`] as const] : [];
  });
  return Object.fromEntries(found);
}

/** Writes each file also as Brotli and gzip, squeezed as far as it goes, for the server to choose from. */
function squeezed(): Plugin {
  let folder: string;
  return {
    name: 'laurel-squeezed',
    apply: 'build',
    configResolved(config) {
      folder = resolve(root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        for (const path of filesIn(folder)) {
          if (!/\.(html|js|css|svg|webmanifest)$/.test(path)) continue;
          const raw = readFileSync(join(folder, path));
          writeFileSync(join(folder, `${path}.br`), brotliCompressSync(raw));
          writeFileSync(join(folder, `${path}.gz`), gzipSync(raw, { level: 9 }));
        }
      },
    },
  };
}

/** Builds src/sw/sw.ts to /sw.js once the shell is written, with the list of the files of the shell. */
function serviceWorker(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'laurel-service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      const folder = resolve(root, config.build.outDir);
      const shell = shellFiles(folder);
      const hash = createHash('sha256');
      for (const path of shell) hash.update(path).update(readFileSync(join(folder, path)));
      await build({
        configFile: false,
        root,
        logLevel: 'warn',
        publicDir: false,
        define: {
          __SHELL__: JSON.stringify(
            shell.map((path) => (path === 'index.html' ? '/' : `/${path}`)),
          ),
          __VERSION__: JSON.stringify(hash.digest('hex').slice(0, 12)),
        },
        build: {
          outDir: folder,
          emptyOutDir: false,
          lib: { entry: 'src/sw/sw.ts', formats: ['iife'], name: 'sw', fileName: () => 'sw.js' },
        },
      });
    },
  };
}

/** Files that keep their name, so that no phone keeps them for the time without signal. */
const NOT_OF_THE_PHONE = /console|showcase|wideframe/i;

/** Everything a phone needs to open without signal: not the console, source maps or large icons. */
function shellFiles(folder: string): string[] {
  return filesIn(folder)
    .filter(
      (path) =>
        path !== 'sw.js' && !NOT_OF_THE_PHONE.test(path) && !/latin-ext|\.map$|^icons\//.test(path),
    )
    .sort();
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Parts of Svelte's runtime that only lazy modules use, although its index names them all. */
const LATER =
  /svelte\/src\/(internal\/client\/dom\/(elements\/(transitions|bindings\/(?!shared|select))|blocks\/(each|await|svelte-element))|transition|easing)/;

/** The page most people open, and what stands around it. */
const FIRST = ['src/features/today/TodayPage.svelte', 'src/PhoneFrame.svelte'].map((path) =>
  join(root, path),
);

interface Modules {
  getModuleInfo: (id: string) => { readonly importedIds: readonly string[] } | null;
}

/** Names the chunk of everything the first page needs, so that it comes as one file. */
function first(id: string, modules: Modules): string | null {
  const seen = new Set<string>();
  const reaches = (from: string): boolean => {
    if (from === id) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return (modules.getModuleInfo(from)?.importedIds ?? []).some(reaches);
  };
  return FIRST.some(reaches) ? 'first' : null;
}

/** Svelte's modules for custom elements and Svelte 4 look as if they did something when loaded. */
const IDLE =
  /svelte\/src\/(legacy\/legacy-client|internal\/client\/(dom\/elements\/custom-element|dev\/equality))\.js$/;

export default defineConfig(({ mode }) => ({
  plugins: [
    svelte({ preprocess: vitePreprocess() }),
    messages(),
    opening(),
    serviceWorker(),
    squeezed(),
  ],
  define: {
    __SHOWCASE__: JSON.stringify(mode !== 'production' && mode !== 'test'),
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      treeshake: {
        moduleSideEffects: [
          { test: IDLE, sideEffects: false },
          { test: LATER, sideEffects: false },
        ],
      },
      output: {
        // Every page's chunks are named in the first script, where each letter counts.
        chunkFileNames: ({ name }) =>
          NOT_OF_THE_PHONE.test(name) ? 'assets/[name]-[hash:7].js' : 'assets/[hash:7].js',
        assetFileNames: 'assets/[name]-[hash:7][extname]',
        codeSplitting: {
          // The parts that pages share travel together, apart from what the first paint needs.
          includeDependenciesRecursively: false,
          groups: [
            { name: 'start', tags: ['$initial'], test: (id) => !LATER.test(id), priority: 30 },
            { name: first, debugName: 'first', priority: 28 },
            { name: 'console-ui', test: /src\/ui\/console\//, priority: 20 },
            { name: 'later', test: LATER, priority: 25 },
            { name: 'ui', test: /src\/(ui|state|lib)\//, minShareCount: 2, priority: 10 },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': server,
      '/socket.io': { target: server, ws: true },
    },
  },
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
    setupFiles: ['src/test-setup.ts'],
  },
}));
