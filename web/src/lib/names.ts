// Names that are given without being asked.

/** The name, or with the first number behind it that makes it another than all that are taken: `Draft (2)`. */
export function numbered(name: string, taken: Iterable<string>): string {
  const known = new Set(taken);
  let shown = name;
  for (let n = 2; known.has(shown); n += 1) shown = `${name} (${n})`;
  return shown;
}
