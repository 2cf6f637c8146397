// Both catalogues say the same things, with the same gaps, and no key is unused or missing.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

vi.stubGlobal('document', { documentElement: {} });
const { catalogues, compose } = await import('../src/i18n/index.svelte');
type Message = Parameters<typeof compose>[0];

const { en, de } = catalogues;
const texts = (message: Message): string[] => (typeof message === 'string' ? [message] : Object.values(message));
const gaps = (message: Message) => [...new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1])))].sort();

it('has the same keys in the same order', () => {
  expect(Object.keys(de)).toEqual(Object.keys(en));
});

it('has the same gaps in both languages', () => {
  for (const key of Object.keys(en) as (keyof typeof en)[]) expect(gaps(de[key]), key).toEqual(gaps(en[key]));
});

it('says nothing empty, and avoids the words we do not use', () => {
  for (const [key, message] of [...Object.entries(en), ...Object.entries(de)]) {
    for (const text of texts(message as Message)) {
      expect(text.trim(), key).not.toBe('');
      expect(text, key).not.toMatch(/\b(please|oops|something went wrong|invalid|bitte)\b/i);
    }
  }
});

it('chooses plurals by the language and writes numbers its way', () => {
  const message: Message = { one: '{n} customer', other: '{n} customers' };
  expect(compose(message, { n: 1 }, 'en-GB')).toBe('1 customer');
  expect(compose(message, { n: 0 }, 'en-GB')).toBe('0 customers');
  expect(compose(message, { n: 1204 }, 'en-GB')).toBe('1,204 customers');
  expect(compose({ one: '{n} Kunde', other: '{n} Kunden' }, { n: 1204 }, 'de-DE')).toBe('1.204 Kunden');
  expect(compose('Hello {name}, {missing}', { name: 'Anna' }, 'en-GB')).toBe('Hello Anna, {missing}');
});

it('uses every key somewhere', () => {
  const sources: string[] = [];
  const walk = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) {
        if (!path.endsWith('/i18n')) walk(path);
      } else if (/\.(ts|svelte)$/.test(name)) sources.push(readFileSync(path, 'utf8'));
    }
  };
  walk(new URL('../src', import.meta.url).pathname);
  const all = sources.join('\n');
  // Keys made from data: the fixed part before the gap counts as a use of all that begin with it.
  const made = [...all.matchAll(/\b(?:t|tOr)\(`([\w.]+)\$\{/g)].map((match) => match[1] ?? '');
  // `choiceWord(field, value)` builds `field.value`.
  const fields = ['type.', 'status.', 'kind.', 'geocode_status.', 'geocode_level.', 'class.', 'outcome.'];
  const quoted = new Set([...all.matchAll(/'([\w.*]+)(?=')/g)].map((match) => match[1] ?? ''));
  const unused = Object.keys(en).filter((key) => !quoted.has(key) && ![...made, ...fields].some((start) => start !== '' && key.startsWith(start)));
  expect(unused).toEqual([]);
});
