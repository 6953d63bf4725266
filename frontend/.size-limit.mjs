// The real first load: every script the page asks for by itself, and the one that stands in it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const page = readFileSync(new URL('dist/index.html', import.meta.url), 'utf8');
const scripts = [...page.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(
  ([, path]) => `dist/${path}`,
);
const inline = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, code]) => code).join('');
mkdirSync(new URL('node_modules/.cache/', import.meta.url), { recursive: true });
writeFileSync(new URL('node_modules/.cache/inline.js', import.meta.url), inline);

export default [
  {
    name: 'initial JS',
    path: [...scripts, 'node_modules/.cache/inline.js'],
    gzip: true,
    limit: '25 KB',
  },
];
