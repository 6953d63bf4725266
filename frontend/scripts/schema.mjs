// Writes the types of the API from the snapshot that the server exports (openapi.json).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const snapshot = new URL('../openapi.json', import.meta.url);
const target = new URL('../src/lib/api/schema.gen.ts', import.meta.url);
const head = '// Written by scripts/schema.mjs from openapi.json. Do not edit.\n';

const body = existsSync(snapshot)
  ? astToString(await openapiTS(JSON.parse(readFileSync(snapshot, 'utf8'))))
  : 'export type paths = Record<string, never>;\n';
writeFileSync(target, head + body);
