// Checks the message files against English and writes the types of their keys and placeholders.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../src/', import.meta.url);
const languages = ['en', 'it', 'fr', 'id'];
const kinds = { ordinal: 'number', 'ordinal-f': 'number', number: 'number' };

function read(language) {
  const folder = new URL(`messages/${language}/`, root);
  const entries = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const file = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
      const feature = name.slice(0, -'.json'.length);
      return Object.entries(file).map(([key, message]) => [`${feature}.${key}`, message]);
    });
  return new Map(entries);
}

function variants(message) {
  return typeof message === 'string' ? [message] : Object.values(message);
}

function placeholders(message) {
  const found = new Map(typeof message === 'string' ? [] : [['count', 'number']]);
  for (const text of variants(message))
    for (const [, name, kind] of text.matchAll(/\{(\w+)(?::([\w-]+))?\}/g)) {
      if (kind !== undefined && !(kind in kinds)) throw new Error(`unknown kind {${name}:${kind}}`);
      const type = kind === undefined ? 'string | number' : kinds[kind];
      if (name !== 'count' || !found.has('count')) found.set(name, type);
    }
  return [...found].sort(([a], [b]) => a.localeCompare(b));
}

/** Plural categories a language needs; a translation that lacks one would fall back silently. */
function categories(language) {
  return new Intl.PluralRules(language).resolvedOptions().pluralCategories;
}

function faults(language, messages, english) {
  const list = [];
  for (const key of english.keys())
    if (!messages.has(key)) list.push(`${language}: ${key} is missing`);
  for (const [key, message] of messages) {
    if (!english.has(key)) {
      list.push(`${language}: ${key} does not exist in English`);
      continue;
    }
    const [mine, theirs] = [placeholders(message), placeholders(english.get(key))].map((found) =>
      found.map(([name, type]) => `{${name}: ${type}}`).join(' '),
    );
    if (mine !== theirs)
      list.push(`${language}: ${key} has ${mine || 'nothing'}, English has ${theirs || 'nothing'}`);
    if (typeof message !== 'string')
      for (const category of categories(language))
        // "many" in French and Italian is for millions: those read like "other".
        if (category !== 'many' && !(category in message))
          list.push(`${language}: ${key} lacks the plural "${category}"`);
  }
  return list;
}

function declare(english) {
  const lines = [...english].map(([key, message]) => {
    const fields = placeholders(message).map(([name, type]) => `${name}: ${type}`);
    return `  '${key}': ${fields.length ? `{ ${fields.join('; ')} }` : 'None'};`;
  });
  return [
    '// Written by scripts/messages.mjs from src/messages/en. Do not edit.',
    'type None = Record<never, never>;',
    'export interface MessageValues {',
    ...lines,
    '}',
    '',
  ].join('\n');
}

const english = read('en');
const problems = languages.flatMap((language) => faults(language, read(language), english));
if (problems.length) {
  console.error(problems.join('\n'));
  process.exit(1);
}
writeFileSync(fileURLToPath(new URL('lib/i18n/messages.gen.ts', root)), declare(english));
