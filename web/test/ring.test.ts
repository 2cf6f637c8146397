// The ring of a balance, and the question with a range made wider.
import { expect, it } from 'vitest';
import type { BalanceWish, LayoutTerritory } from '../src/api/scenarios';
import { relaxed, ring } from '../src/screens/scenario/ring';

/** A square territory of side 1 with its lower left corner at a place. */
function square(id: string, lng: number, lat: number, more: Partial<LayoutTerritory> = {}): LayoutTerritory {
  return {
    id, name: id, colour: 1, line: null, parent_id: null, owner_id: null, owner_name: null, members: [], capacity_hours: null, priority: null,
    locked: false, change: 'same', named: 0, before: null,
    geometry: { type: 'MultiPolygon', coordinates: [[[[lng, lat], [lng + 1, lat], [lng + 1, lat + 1], [lng, lat + 1], [lng, lat]]]] }, ...more,
  };
}

it('takes the chosen territory and those that touch it, without locked ones, other lines and those without ground', () => {
  const all = [square('middle', 0, 0), square('east', 1, 0), square('far', 3, 0), square('north', 0, 1, { locked: true }), square('corner', 1, 1), square('overlay', 0, 0, { line: 'care' }), square('named', 0, 0, { geometry: null })];
  expect(ring(all, 'middle')).toEqual(['middle', 'east', 'corner']);
});

it('takes all that can give and take when none is chosen', () => {
  expect(ring([square('a', 0, 0), square('b', 5, 5), square('c', 1, 0, { locked: true })], null)).toEqual(['a', 'b']);
  expect(ring([square('a', 0, 0), square('b', 5, 5)], 'gone')).toEqual(['a', 'b']);
});

const asked: BalanceWish = { territory_ids: ['a', 'b'], measures: [{ measure: 'hours', tolerance: 0.03, high: 4 }, { measure: 'revenue', tolerance: 0.1 }], ranges: [{ measure: 'accounts', territory_id: 'a', high: 10 }] };

it('makes the range of a balanced measure wider and leaves the rest', () => {
  expect(relaxed(asked, { measure: 'hours', territory_id: null, low: null, high: 22 })).toEqual({ ...asked, measures: [{ measure: 'hours', tolerance: 0.03, high: 22 }, asked.measures[1]] });
});

it('replaces the range of one territory', () => {
  expect(relaxed(asked, { measure: 'accounts', territory_id: 'a', low: 2, high: 30 }).ranges).toEqual([{ measure: 'accounts', territory_id: 'a', low: 2, high: 30 }]);
  expect(relaxed(asked, { measure: 'hours', territory_id: 'b', low: null, high: 9 }).ranges).toEqual([...(asked.ranges ?? []), { measure: 'hours', territory_id: 'b', high: 9 }]);
});

it('adds a range of a measure that was not asked about', () => {
  expect(relaxed(asked, { measure: 'pipeline', territory_id: null, low: 0, high: 7 })).toEqual({ ...asked, ranges: [...(asked.ranges ?? []), { measure: 'pipeline', low: 0, high: 7 }] });
});
