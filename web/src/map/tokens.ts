// The design tokens as plain values for one theme; the map cannot read custom properties itself.

export type Tokens = Record<string, string>;

/** Splits `light-dark(a, b)` and gives the value for the theme; other values as they are. */
export function pick(value: string, dark: boolean): string {
  const match = /^light-dark\(\s*([^,]+?)\s*,\s*(.+?)\s*\)$/.exec(value.trim());
  return match ? ((dark ? match[2] : match[1]) ?? value) : value.trim();
}

const names = [
  'surface', 'raised', 'ink', 'ink-2', 'ink-3', 'line-strong', 'accent', 'on-accent', 'danger', 'warn', 'ok', 'gained', 'lost',
  'land', 'water', 'wood', 'building', 'road-minor', 'road-major', 'road-casing', 'label', 'label-water',
  'due-overdue', 'due-due', 'due-later', 'due-none', 'due-appointment', 'due-done',
  ...Array.from({ length: 12 }, (_, slot) => `slot-${slot + 1}`),
  ...Array.from({ length: 6 }, (_, step) => `ramp-${step + 1}`),
];

/** Reads the tokens the map needs from the page's style sheet. */
export function readTokens(dark: boolean): Tokens {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(names.map((name) => [name, pick(style.getPropertyValue(`--${name}`), dark)]));
}

/** One token that must exist. */
export function token(tokens: Tokens, name: string): string {
  const value = tokens[name];
  if (!value) throw new Error(`tokens.css has no --${name}`);
  return value;
}
