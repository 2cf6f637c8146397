// What people type becomes the amount they mean.
import { expect, it } from 'vitest';
import { scaled, unscaled } from '../src/lib/decimal';

it('reads numbers in both ways of writing', () => {
  for (const [text, sign, value] of [
    ['12', ',', 1200], ['12,5', ',', 1250], ['12.5', ',', 1250], ['1.200', ',', 120000], ['1.200,50', ',', 120050], ['1,200.50', ',', 120050],
    ['1,200', '.', 120000], ['1,20', '.', 120], ['1.234.567', ',', 123456700], ['0.200', ',', 20], ['−3', ',', -300], ['-0,01', ',', -1],
    [' 1 200,5 ', ',', 120050], ["1'200", '.', 120000], [',5', ',', 50], ['0', '.', 0], ['-0', '.', 0], ['1.200', '.', 120],
  ] as const) expect(scaled(text, 2, sign), `${text} ${sign}`).toBe(value);
});

it('tells nothing from no number', () => {
  expect(scaled('  ', 2, ',')).toBeNull();
  for (const text of ['x', '1.2.3', '12.34.567', '1,2,3', '1.005', '12,345,6', '-', ',', '1e5', '90071992547409.93', '1.200,50,1']) expect(scaled(text, 2, '.'), text).toBeUndefined();
});

it('writes what it reads', () => {
  for (const sign of [',', '.'] as const) {
    for (const digits of [0, 2, 3]) {
      for (const value of [0, 1, -1, 10, 999, 1000, -120050, 123456789]) {
        expect(scaled(unscaled(value, digits, sign), digits, sign), `${value} ${digits} ${sign}`).toBe(value);
        expect(scaled(unscaled(value, digits, sign, true), digits, sign)).toBe(value);
      }
    }
  }
  expect(unscaled(120050, 2, ',')).toBe('1200,5');
  expect(unscaled(120050, 2, ',', true)).toBe('1200,50');
});
