// The client's types are those of the server's description: regenerated and compared.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import openapi, { astToString } from 'openapi-typescript';
import { address } from './browser.mjs';

test('src/api/schema.d.ts is what the running server describes', async () => {
  const answer = await fetch(`${address}/api/v1/openapi.json`);
  assert.equal(answer.status, 200);
  const generated = astToString(await openapi(await answer.json(), { alphabetize: true }));
  const kept = readFileSync(new URL('../src/api/schema.d.ts', import.meta.url), 'utf8');
  const plain = (text) => text.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '').trim();
  assert.equal(plain(kept), plain(generated), 'run: npm run types');
});
