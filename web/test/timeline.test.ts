import { expect, test } from 'vitest';
import { statusWords } from '../src/lib/timeline';

test('a status is said in words, and the number that follows it stays as it is', () => {
  const words: Record<string, string> = { shipped: 'Versandt', handed_over: 'Übergeben' };
  const word = (status: string) => words[status] ?? status;
  expect(statusWords('shipped SAP-77', word)).toBe('Versandt · SAP-77');
  expect(statusWords('handed_over ERP 12 b', word)).toBe('Übergeben · ERP 12 b');
  expect(statusWords('shipped', word)).toBe('Versandt');
  expect(statusWords('', word)).toBe('');
});
