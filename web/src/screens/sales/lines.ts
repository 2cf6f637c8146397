// What a quote or an order lists, and what it comes to, by the server's own rule of rounding, so that what one sees
// while typing is what is kept: a line's net is quantity × unit price less its discount and the one on all, halves
// away from zero; tax is worked out per rate on the sum of its lines.
import type { Value } from '../../api/types';

export interface Line {
  product_id: string | null; text: string;
  /** In thousandths. */
  quantity: number;
  unit: string | null;
  /** Minor units for one. */
  unit_price: number;
  /** Hundredths of a percent. */
  discount: number;
  /** Hundredths of a percent. */
  tax_rate: number;
}

export interface Totals { nets: number[]; net: number; by_rate: { rate: number; net: number; tax: number }[]; tax: number; total: number }

const WHOLE = 10_000n;

/** Halves go away from zero. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const half = denominator / 2n;
  return numerator < 0n ? (numerator - half) / denominator : (numerator + half) / denominator;
}

/** A line's net in minor units; `discount` on all in hundredths of a percent. */
export function net(line: Line, discount: number): bigint {
  const numerator = BigInt(line.quantity) * BigInt(line.unit_price) * (WHOLE - BigInt(line.discount)) * (WHOLE - BigInt(discount));
  return rounded(numerator, 1_000n * WHOLE * WHOLE);
}

/** What lines come to; null when that is more than an amount can hold. */
export function totals(lines: Line[], discount: number): Totals | null {
  const nets = lines.map((line) => net(line, discount));
  const byRate = new Map<number, bigint>();
  lines.forEach((line, i) => byRate.set(line.tax_rate, (byRate.get(line.tax_rate) ?? 0n) + (nets[i] ?? 0n)));
  const rates = [...byRate].sort(([a], [b]) => a - b).map(([rate, sum]) => ({ rate, net: sum, tax: rounded(sum * BigInt(rate), WHOLE) }));
  const sum = nets.reduce((all, one) => all + one, 0n);
  const tax = rates.reduce((all, one) => all + one.tax, 0n);
  const total = sum + tax;
  if (total >= 1n << 53n || total <= -(1n << 53n)) return null;
  return { nets: nets.map(Number), net: Number(sum), by_rate: rates.map((one) => ({ rate: one.rate, net: Number(one.net), tax: Number(one.tax) })), tax: Number(tax), total: Number(total) };
}

/** The lines of a stored quote or order. */
export function fromStored(value: Value | undefined): Line[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    if (one === null || typeof one !== 'object' || Array.isArray(one)) return [];
    const text = (name: string) => (typeof one[name] === 'string' && one[name] !== '' ? one[name] : null);
    const whole = (name: string) => (typeof one[name] === 'number' ? one[name] : 0);
    return [{
      product_id: text('product_id'), text: text('text') ?? '', quantity: Math.round(whole('quantity') * 1_000), unit: text('unit'),
      unit_price: whole('unit_price'), discount: whole('discount'), tax_rate: whole('tax_rate'),
    }];
  });
}

/** Lines as the server takes them. */
export function toStored(lines: Line[]): Value {
  return lines.map((line) => ({ ...line, quantity: line.quantity / 1_000 }));
}
