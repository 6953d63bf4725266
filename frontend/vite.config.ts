import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { build, type Plugin, type ResolvedConfig } from 'vite';
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

/** Everything a phone needs to open without signal: not the console, source maps or large icons. */
function shellFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter(
      (path) =>
        path !== 'sw.js' && !/console|showcase|wideframe|latin-ext|\.map$|^icons\//i.test(path),
    )
    .sort();
}

/** Parts of Svelte's runtime that only lazy modules use, although its index names them all. */
const LATER =
  /svelte\/src\/(internal\/client\/dom\/(elements\/(transitions|bindings\/(?!shared|select))|blocks\/(each|await|svelte-element))|transition|easing)/;

/** Svelte's modules for custom elements and Svelte 4 look as if they did something when loaded. */
const IDLE =
  /svelte\/src\/(legacy\/legacy-client|internal\/client\/(dom\/elements\/custom-element|dev\/equality))\.js$/;

export default defineConfig(({ mode }) => ({
  plugins: [svelte({ preprocess: vitePreprocess() }), messages(), serviceWorker()],
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
        codeSplitting: {
          // The parts that pages share travel together, apart from what the first paint needs.
          includeDependenciesRecursively: false,
          groups: [
            { name: 'start', tags: ['$initial'], test: (id) => !LATER.test(id), priority: 30 },
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
