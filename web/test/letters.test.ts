import { describe, expect, it } from 'vitest';
import { addressesIn, answerSubject } from '../src/lib/letters';

describe('letters', () => {
  it('finds the addresses of a line, each once', () => {
    expect(addressesIn('a@b.example, c@d.example;a@b.example')).toEqual(['a@b.example', 'c@d.example']);
    expect(addressesIn('Anna Kern <anna@b.example>, Ben Roth <ben@b.example>')).toEqual(['anna@b.example', 'ben@b.example']);
    expect(addressesIn('  ')).toEqual([]);
    expect(addressesIn('nobody')).toEqual(['nobody']);
  });

  it('answers a subject once', () => {
    expect(answerSubject('Offer')).toBe('Re: Offer');
    expect(answerSubject('Re: Offer')).toBe('Re: Offer');
    expect(answerSubject('AW: Angebot')).toBe('AW: Angebot');
  });
});
