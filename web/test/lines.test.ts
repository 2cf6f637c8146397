// The sums one sees while typing are the server's: the same cases as in crates/crm/src/sales/lines.rs.
import { expect, it } from 'vitest';
import { fromStored, net, toStored, totals, type Line } from '../src/screens/sales/lines';

const lines = (...given: (Partial<Line> & { quantity: number })[]): Line[] =>
  fromStored(given.map((one) => ({ text: 'A', ...one })));

it('rounds and sums lines by the rule', () => {
  const sums = totals(lines(
    { quantity: 3, unit_price: 333, tax_rate: 1900 },
    { quantity: 0.5, unit_price: 333, discount: 1000, tax_rate: 1900 },
    { quantity: 1.125, unit_price: 1000, tax_rate: 700 },
    { quantity: -1, unit_price: 5, discount: 5000, tax_rate: 700 },
  ), 0);
  // 999; 149.85 → 150; 1125; -2.5 → -3.
  expect(sums?.nets).toEqual([999, 150, 1125, -3]);
  // 7 % of 1122 is 78.54, 19 % of 1149 is 218.31.
  expect(sums?.by_rate).toEqual([{ rate: 700, net: 1122, tax: 79 }, { rate: 1900, net: 1149, tax: 218 }]);
  expect([sums?.net, sums?.tax, sums?.total]).toEqual([2271, 297, 2568]);
});

it('takes a discount on all off each line', () => {
  const sums = totals(lines({ quantity: 1, unit_price: 999, discount: 1000 }), 500);
  // 999 × 0.9 × 0.95 = 854.145
  expect([sums?.nets, sums?.total]).toEqual([[854], 854]);
});

it('says when it is more than an amount can hold', () => {
  expect(totals(lines({ quantity: 1_000_000_000, unit_price: 1_000_000_000_000 }), 0)).toBeNull();
});

it('halves go away from zero on both sides, exactly, whatever the size', () => {
  // A slow twin: the same in decimal text, without any division of whole numbers.
  const seed = Date.now() % 1_000_000;
  let state = seed;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  for (let i = 0; i < 2_000; i += 1) {
    const line = { product_id: null, text: 'A', unit: null, quantity: random(2_000_000) - 1_000_000, unit_price: random(1_000_000_000), discount: random(10_001), tax_rate: 0 };
    const discount = random(2) === 0 ? 0 : random(10_001);
    const product = BigInt(line.quantity) * BigInt(line.unit_price) * BigInt(10_000 - line.discount) * BigInt(10_000 - discount);
    const digits = (product < 0n ? -product : product).toString().padStart(12, '0');
    const up = Number(digits.at(-11)) >= 5 ? 1n : 0n;
    const size = BigInt(digits.slice(0, -11) || '0') + up;
    expect(net(line, discount), `seed ${seed}, ${JSON.stringify(line)} ${discount}`).toBe(product < 0n ? -size : size);
  }
});

it('reads stored lines and writes them back', () => {
  const stored = [{ product_id: 'p', text: 'A', quantity: 1.125, unit: 'kg', unit_price: 1000, discount: 50, tax_rate: 700, net: 1119 }];
  expect(toStored(fromStored(stored))).toEqual([{ product_id: 'p', text: 'A', quantity: 1.125, unit: 'kg', unit_price: 1000, discount: 50, tax_rate: 700 }]);
  expect(fromStored(null)).toEqual([]);
});
