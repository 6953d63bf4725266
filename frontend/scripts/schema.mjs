// Writes the types of the API from the snapshot that `flask contracts` exports (openapi.json).
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const snapshot = new URL('../openapi.json', import.meta.url);
const target = new URL('../src/lib/api/schema.gen.ts', import.meta.url);
const head = '// Written by scripts/schema.mjs from openapi.json. Do not edit.\n';

const document = JSON.parse(readFileSync(snapshot, 'utf8'));
writeFileSync(target, head + astToString(await openapiTS(document)));
