// Filter chips and CQL2 text are two faces of one filter.
import { expect, it } from 'vitest';
import { conjuncts, fromText, heldTo, hold, toText, without, type Chip } from '../src/lib/cql';

it.each<[string, Chip]>([
  ["class = 'A'", { kind: 'in', field: 'class', values: ['A'] }],
  ["class IN ('A', 'B')", { kind: 'in', field: 'class', values: ['A', 'B'] }],
  ['class IS NULL', { kind: 'in', field: 'class', values: [null] }],
  ["(class = 'A' OR class IS NULL)", { kind: 'in', field: 'class', values: ['A', null] }],
  ["(class IN ('A', 'B') OR class IS NULL)", { kind: 'in', field: 'class', values: ['A', 'B', null] }],
  ["industry = 'Food AND ''Drink'''", { kind: 'in', field: 'industry', values: ["Food AND 'Drink'"] }],
  ['revenue >= 1000000', { kind: 'compare', field: 'revenue', op: '>=', value: 1_000_000 }],
  ["name LIKE '%Bäck%'", { kind: 'like', field: 'name', part: 'Bäck' }],
  ["CASEI(name) LIKE CASEI('%Bäck%')", { kind: 'like', field: 'name', part: 'Bäck', folded: true }],
  ['is_closed = false', { kind: 'is', field: 'is_closed', value: false }],
  ["close_date <= DATE('2026-12-31')", { kind: 'day', field: 'close_date', op: '<=', day: '2026-12-31' }],
  ['S_INTERSECTS(place, POLYGON((13 53, 14 53, 14 54, 13 53)))', { kind: 'shape', wkt: 'POLYGON((13 53, 14 53, 14 54, 13 53))' }],
  ["due_days BETWEEN 1 AND 3", { kind: 'text', text: 'due_days BETWEEN 1 AND 3' }],
  ["(class = 'A' OR type = 'prospect')", { kind: 'text', text: "(class = 'A' OR type = 'prospect')" }],
])('%s', (text, chip) => {
  expect(fromText(text)).toEqual([chip]);
  expect(toText([chip])).toBe(text);
});

it('splits at AND, but not inside quotes, parentheses or BETWEEN', () => {
  expect(conjuncts("a = 'x AND y' and (b = 1 AND c = 2) AND d BETWEEN 1 AND 2")).toEqual(["a = 'x AND y'", '(b = 1 AND c = 2)', 'd BETWEEN 1 AND 2']);
  expect(conjuncts('')).toEqual([]);
});

it('keeps a free text with OR whole when something is added beside it', () => {
  // OR binds more loosely than AND: without parentheses the second chip would only join its right half.
  expect(toText([{ kind: 'text', text: "class = 'A' OR class = 'B'" }, { kind: 'compare', field: 'revenue', op: '>', value: 1 }]))
    .toBe("(class = 'A' OR class = 'B') AND revenue > 1");
  expect(fromText("(a = 1) OR (b = 2)")).toEqual([{ kind: 'text', text: '(a = 1) OR (b = 2)' }]);
  expect(toText(fromText('(a = 1) OR (b = 2)'))).toBe('((a = 1) OR (b = 2))');
});

it('holds a field to values and lets it go', () => {
  const chips = fromText("class = 'A' AND revenue > 5");
  expect(heldTo(chips, 'class')).toEqual(['A']);
  expect(heldTo(chips, 'type')).toBeNull();
  expect(toText(hold(chips, 'class', ['B', null]))).toBe("revenue > 5 AND (class = 'B' OR class IS NULL)");
  expect(toText(hold(chips, 'class', []))).toBe('revenue > 5');
  expect(toText(without(chips, 'revenue'))).toBe("class = 'A'");
});

it('cannot be broken out of by a value', () => {
  const evil = "' OR 1=1 --";
  expect(fromText(toText([{ kind: 'in', field: 'city', values: [evil] }]))).toEqual([{ kind: 'in', field: 'city', values: [evil] }]);
  expect(toText([{ kind: 'like', field: 'name', part: "50%_'" }])).toBe("name LIKE '%50''%'");
});
