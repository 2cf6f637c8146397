// Numbers as people type them, into whole units and back, without a detour over fractions.

/**
 * What was typed, in whole units of 10^-`digits`: `1.200,5` with two digits is 120050. Null when nothing was typed,
 * undefined when it is no number, has more digits than allowed, or is too large to be kept exactly.
 * `sign` is what the reader's language puts before the fraction; the other one then groups thousands.
 */
export function scaled(text: string, digits: number, sign: ',' | '.'): number | null | undefined {
  const bare = text.replace(/[\s\u00a0\u2009\u202f'’]/g, '').replace(/^−/, '-');
  if (bare === '') return null;
  const parts = /^([+-]?)([\d.,]+)$/.exec(bare);
  if (!parts?.[2]) return undefined;
  const body = parts[2];
  const at = fractionAt(body, sign);
  const whole = at < 0 ? body : body.slice(0, at);
  const fraction = (at < 0 ? '' : body.slice(at + 1)).replace(/0+$/, '');
  if (!/^(\d*|\d{1,3}([.,]\d{3})+)$/.test(whole) || !/^\d*$/.test(fraction) || fraction.length > digits) return undefined;
  const units = whole.replace(/\D/g, '') + fraction.padEnd(digits, '0');
  if (!/\d/.test(body) || units === '') return undefined;
  const value = Number(units);
  if (!Number.isSafeInteger(value)) return undefined;
  return parts[1] === '-' && value !== 0 ? -value : value;
}

/** Where the fraction begins; -1 without one. */
function fractionAt(body: string, sign: ',' | '.'): number {
  const last = Math.max(body.lastIndexOf(','), body.lastIndexOf('.'));
  if (last < 0) return -1;
  const one = body[last];
  const several = body.indexOf(one ?? '') !== last;
  const both = body.includes(',') && body.includes('.');
  if (several) return -1;
  if (both || one === sign) return last;
  // A lone `1.200` in a language that groups by points is twelve hundred; `1.20` and `0.200` cannot be.
  return /^[1-9]\d{0,2}[.,]\d{3}$/.test(body) ? -1 : last;
}

/** Whole units of 10^-`digits` as one would type them: no groups, trailing zeros only if `full`. */
export function unscaled(value: number, digits: number, sign: ',' | '.', full = false): string {
  const units = String(Math.abs(value)).padStart(digits + 1, '0');
  const whole = units.slice(0, units.length - digits);
  const fraction = full ? units.slice(units.length - digits) : units.slice(units.length - digits).replace(/0+$/, '');
  return `${value < 0 ? '-' : ''}${whole}${fraction ? sign + fraction : ''}`;
}
