import { describe, expect, it, vi } from 'vitest';
import { setLanguage } from '../src/i18n/index.svelte';
import { faultWords } from '../src/lib/faults';

const fault = (code: string, params: Record<string, string> = {}) => ({ part: 0, row: 1, line: 2, column: 'Umsatz', read: 'x', message: 'in English', code, params });

vi.stubGlobal('document', { documentElement: {} });

describe('what is wrong with a cell', () => {
  it('is said in the language shown, with what stands in its gaps', () => {
    setLanguage('de');
    expect(faultWords(fault('too-long', { max: '120' }))).toBe('ist länger als 120 Zeichen');
    expect(faultWords(fault('unknown', { to: 'nothing_declared', then: 'without' }))).toBe('nothing declared: keiner heißt so. Die Zeile kommt ohne ihn herein, der Name bleibt erhalten.');
    setLanguage('en');
    expect(faultWords(fault('too-long', { max: '120' }))).toBe('is longer than 120 characters');
  });

  it('stays as the server says it where no sentence is known', () => {
    expect(faultWords(fault(''))).toBe('in English');
    expect(faultWords(fault('of-a-later-version'))).toBe('in English');
  });
});
