// Filter chips over CQL2 text: a conjunction of simple conditions reads as chips, anything else stays text.

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type Chip =
  /** The field has one of the values; null stands for "not set". */
  | { kind: 'in'; field: string; values: (string | null)[] }
  | { kind: 'compare'; field: string; op: Comparison; value: number }
  | { kind: 'is'; field: string; value: boolean }
  /** On, from or until a local date. */
  | { kind: 'day'; field: string; op: Comparison; day: string }
  /** `folded`: without regard to case and accents. */
  | { kind: 'like'; field: string; part: string; folded?: true }
  | { kind: 'shape'; wkt: string }
  | { kind: 'text'; text: string };

/** CQL2 text of chips joined by AND; empty for none. */
export function toText(chips: Chip[]): string {
  return chips.map((chip) => one(chip)).filter(Boolean).join(' AND ');
}

function one(chip: Chip): string {
  switch (chip.kind) {
    case 'in': {
      const set = chip.values.filter((value) => value !== null);
      const parts: string[] = [];
      if (set.length === 1) parts.push(`${chip.field} = ${quote(set[0] ?? '')}`);
      else if (set.length > 1) parts.push(`${chip.field} IN (${set.map(quote).join(', ')})`);
      if (chip.values.includes(null)) parts.push(`${chip.field} IS NULL`);
      return parts.length > 1 ? `(${parts.join(' OR ')})` : (parts[0] ?? '');
    }
    case 'compare':
      return `${chip.field} ${chip.op} ${chip.value}`;
    case 'is':
      return `${chip.field} = ${chip.value}`;
    case 'day':
      return `${chip.field} ${chip.op} DATE('${chip.day}')`;
    case 'like':
      return contains(chip.field, chip.part, chip.folded);
    case 'shape':
      return `S_INTERSECTS(place, ${chip.wkt})`;
    case 'text':
      return /\bOR\b/i.test(chip.text) && !wrapped(chip.text) ? `(${chip.text})` : chip.text;
  }
}

/** The condition that a text field contains something; signs that stand for others are left out. */
export function contains(field: string, part: string, folded = false): string {
  const pattern = quote(`%${part.replaceAll('%', '').replaceAll('_', '').replaceAll('\\', '')}%`);
  return folded ? `CASEI(${field}) LIKE CASEI(${pattern})` : `${field} LIKE ${pattern}`;
}

/** A text as CQL2 writes it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Chips of CQL2 text; conditions that are not simple become one text chip each. */
export function fromText(text: string): Chip[] {
  return conjuncts(text).map(chip);
}

/** Splits at AND outside parentheses and quotes. */
export function conjuncts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const sign = text[i];
    if (sign === "'") quoted = !quoted;
    if (quoted) continue;
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth === 0 && /^\sand\s/i.test(text.slice(i, i + 5))) {
      // BETWEEN a AND b keeps its AND.
      if (/\bbetween\s+\S+$/i.test(text.slice(from, i))) continue;
      parts.push(text.slice(from, i).trim());
      from = i + 5;
      i += 4;
    }
  }
  parts.push(text.slice(from).trim());
  return parts.filter(Boolean);
}

const STRING = "'(?:[^']|'')*'";

function chip(text: string): Chip {
  const shape = /^S_INTERSECTS\s*\(\s*place\s*,\s*([A-Z]+\s*\(.*\))\s*\)$/is.exec(text);
  if (shape?.[1]) return { kind: 'shape', wkt: shape[1].trim() };
  const like = new RegExp(`^(\\w+)\\s+LIKE\\s+(${STRING})$`, 'i').exec(text);
  if (like?.[1] && like[2]) {
    const pattern = unquote(like[2]);
    if (/^%[^%_]*%$/.test(pattern)) return { kind: 'like', field: like[1], part: pattern.slice(1, -1) };
  }
  const folded = new RegExp(`^CASEI\\((\\w+)\\)\\s+LIKE\\s+CASEI\\((${STRING})\\)$`, 'i').exec(text);
  if (folded?.[1] && folded[2]) {
    const pattern = unquote(folded[2]);
    if (/^%[^%_]*%$/.test(pattern)) return { kind: 'like', field: folded[1], part: pattern.slice(1, -1), folded: true };
  }
  const is = /^(\w+)\s*=\s*(true|false)$/i.exec(text);
  if (is?.[1]) return { kind: 'is', field: is[1], value: is[2]?.toLowerCase() === 'true' };
  const day = /^(\w+)\s*(<>|<=|>=|<|>|=)\s*DATE\s*\(\s*'(\d{4}-\d{2}-\d{2})'\s*\)$/i.exec(text);
  if (day?.[1] && day[2] && day[3]) return { kind: 'day', field: day[1], op: day[2] as Comparison, day: day[3] };
  const compare = /^(\w+)\s*(<>|<=|>=|<|>|=)\s*(-?\d+(?:\.\d+)?)$/.exec(text);
  if (compare?.[1] && compare[2]) return { kind: 'compare', field: compare[1], op: compare[2] as Comparison, value: Number(compare[3]) };
  const values = membership(text);
  if (values) return values;
  if (wrapped(text)) {
    const halves = /^(.*\S)\s+OR\s+(\w+)\s+IS\s+NULL$/is.exec(text.slice(1, -1).trim());
    const inner = halves?.[1] ? membership(halves[1]) : null;
    if (inner && inner.field === halves?.[2]) return { ...inner, values: [...inner.values, null] };
  }
  return { kind: 'text', text };
}

function membership(text: string): { kind: 'in'; field: string; values: (string | null)[] } | null {
  const equal = new RegExp(`^(\\w+)\\s*=\\s*(${STRING})$`).exec(text);
  if (equal?.[1] && equal[2]) return { kind: 'in', field: equal[1], values: [unquote(equal[2])] };
  const missing = /^(\w+)\s+IS\s+NULL$/i.exec(text);
  if (missing?.[1]) return { kind: 'in', field: missing[1], values: [null] };
  const list = new RegExp(`^(\\w+)\\s+IN\\s*\\(\\s*(${STRING}(?:\\s*,\\s*${STRING})*)\\s*\\)$`, 'i').exec(text);
  if (list?.[1] && list[2]) return { kind: 'in', field: list[1], values: [...list[2].matchAll(new RegExp(STRING, 'g'))].map((match) => unquote(match[0])) };
  return null;
}

/** True when one pair of parentheses encloses the whole text. */
function wrapped(text: string): boolean {
  if (!text.startsWith('(') || !text.endsWith(')')) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '(') depth += 1;
    if (text[i] === ')') depth -= 1;
    if (depth === 0 && i < text.length - 1) return false;
  }
  return true;
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll("''", "'");
}

/** The chips without those on `field`. */
export function without(chips: Chip[], field: string): Chip[] {
  return chips.filter((one) => !('field' in one) || one.field !== field);
}

/** The values a field is held to; null when it is not filtered by values. */
export function heldTo(chips: Chip[], field: string): (string | null)[] | null {
  const found = chips.find((one) => one.kind === 'in' && one.field === field);
  return found?.kind === 'in' ? found.values : null;
}

/** Holds `field` to the values; an empty list lifts it. */
export function hold(chips: Chip[], field: string, values: (string | null)[]): Chip[] {
  const rest = without(chips, field);
  return values.length > 0 ? [...rest, { kind: 'in', field, values }] : rest;
}
