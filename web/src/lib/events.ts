// What a webhook is told of, as patterns: `*`, `order.*`, `lead.create`.

/** What can happen to a record of any kind; `*` is all of it. */
export const operations = ['*', 'create', 'update', 'delete'] as const;

export interface Pattern { type: string; operation: string }

/** What can happen to records of a type. */
export const happens = (type: string): string[] => (type === 'order' ? [...operations, 'handed_over'] : [...operations]);

export function parsePattern(pattern: string): Pattern {
  const [type = '*', operation = '*'] = pattern.split('.');
  return { type, operation };
}

/** One more pattern; all of a type takes the place of its parts, and what is meant already is not added. */
export function withPattern(patterns: string[], { type, operation }: Pattern): string[] {
  const whole = `${type}.*`;
  if (operation === '*') return [...patterns.filter((one) => parsePattern(one).type !== type), whole];
  const added = `${type}.${operation}`;
  return patterns.includes(whole) || patterns.includes(added) ? patterns : [...patterns, added];
}
