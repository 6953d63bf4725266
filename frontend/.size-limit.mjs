// The real first load: every script the page asks for by itself.
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('dist/index.html', import.meta.url), 'utf8');
const scripts = [...page.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(
  ([, path]) => `dist/${path}`,
);

export default [{ name: 'initial JS', path: scripts, gzip: true, limit: '25 KB' }];
