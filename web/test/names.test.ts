// Given names, long stretches of time, and sentences that count nobody.
import { expect, it, vi } from 'vitest';

vi.stubGlobal('document', { documentElement: {} });
const { stretch } = await import('../src/i18n/format');
const { catalogues, compose } = await import('../src/i18n/index.svelte');
const { numbered } = await import('../src/lib/names');
const plain = (text: string) => text.replaceAll('\u2009', ' ');

it('numbers the second of one name', () => {
  expect(numbered('Draft', [])).toBe('Draft');
  expect(numbered('Draft', ['Draft'])).toBe('Draft (2)');
  expect(numbered('Draft', ['Draft', 'Draft (2)', 'Another'])).toBe('Draft (3)');
  expect(numbered('Draft', ['Draft (2)'])).toBe('Draft');
});

it('writes a long stretch in its two largest units', () => {
  const minute = 60_000;
  for (const [minutes, text] of [[0, '0 min'], [6, '6 min'], [60, '1 h'], [190, '3 h 10 min'], [1_440, '1 d'], [1_440 + 59, '1 d'], [3_180, '2 d 5 h']] as const) {
    expect(plain(stretch(minutes * minute)), String(minutes)).toBe(text);
    expect(plain(stretch(-minutes * minute)), `-${minutes}`).toBe(text);
  }
});

it('tells of a change that was taken back by one number in both languages', () => {
  expect(compose(catalogues.de['moves.noticeBack'], { n: 30, date: '1. März' }, 'de-DE')).toBe('Die Änderung vom 1. März wurde zurückgenommen: 30 Kunden sind, wo sie waren.');
  expect(compose(catalogues.en['moves.noticeBack'], { n: 1, date: '1 March' }, 'en-GB')).toBe('The change of 1 March was taken back: 1 customer is where it was.');
});
