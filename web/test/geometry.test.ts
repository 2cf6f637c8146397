// Plane geometry for drawing and picking, each against a case worked out by hand.
import { expect, it } from 'vitest';
import { box, coarser, inArea, labelPoint, metersBetween, moved, selfCrossing, squareAround, together, wkt } from '../src/map/geometry';
import { decodeLine, decodeShape, encodeLine, encodeShape, LONGEST } from '../src/lib/shape-code';

const square = { type: 'Polygon' as const, coordinates: [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]] };
const ring = { type: 'Polygon' as const, coordinates: [...square.coordinates, [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]] };

it('puts a box round everything, and none round nothing', () => {
  expect(box([square, null, { type: 'Point', coordinates: [-1, 9] }])).toEqual([-1, 0, 4, 9]);
  expect(box([])).toBeNull();
});

it('knows inside from outside, holes and several parts included', () => {
  expect(inArea(2, 2, square)).toBe(true);
  expect(inArea(2, 2, ring)).toBe(false);
  expect(inArea(0.5, 2, ring)).toBe(true);
  expect(inArea(5, 2, ring)).toBe(false);
  const far = { type: 'Polygon' as const, coordinates: [[[10, 0], [14, 0], [14, 4], [10, 4], [10, 0]]] };
  expect(inArea(12, 1, together([ring, far]))).toBe(true);
});

it('puts names inside, beside a hole if there is one', () => {
  for (const area of [square, ring]) {
    const at = labelPoint(area);
    expect(at).not.toBeNull();
    expect(inArea(at?.coordinates[0] ?? NaN, at?.coordinates[1] ?? NaN, area)).toBe(true);
  }
  expect(labelPoint({ type: 'Polygon', coordinates: [[]] })).toBeNull();
});

it('finds where a border crosses itself', () => {
  expect(selfCrossing(square.coordinates[0] ?? [])).toBeNull();
  // A bow tie: the diagonals of the square meet in its middle.
  expect(selfCrossing([[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]])).toEqual([2, 2]);
});

it('measures and moves in metres', () => {
  // One degree of latitude on a sphere of 6,371,008.8 m: 6,371,008.8 · π / 180 = 111,195 m.
  expect(metersBetween([13, 53], [13, 54])).toBeCloseTo(111_195, 0);
  const [lng, lat] = moved(13, 53.5, 50, 0);
  expect(lat).toBe(53.5);
  expect(metersBetween([13, 53.5], [lng, lat])).toBeGreaterThan(49);
  expect(metersBetween([13, 53.5], [lng, lat])).toBeLessThan(51);
  const side = squareAround(13, 53.5, 3).coordinates[0] ?? [];
  expect(metersBetween(side[0] as [number, number], side[1] as [number, number])).toBeCloseTo(6, 0);
});

it('writes WKT as CQL2 wants it', () => {
  expect(wkt(square)).toBe('POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))');
  expect(wkt(together([square]))).toBe('MULTIPOLYGON(((0 0, 4 0, 4 4, 0 4, 0 0)))');
});

it('packs lines into an address and unpacks them again', () => {
  // The worked example of the encoded polyline format, longitude first as everywhere here.
  expect(encodeLine([[38.5, -120.2], [40.7, -120.95], [43.252, -126.453]])).toBe('_p~iF~ps|U_ulLnnqC_mqNvxq`@');
  const line = [[13.26123, 53.55671], [-179.99999, 89.99999], [179.99999, -89.99999], [0, 0]];
  expect(decodeLine(encodeLine(line))).toEqual(line);
  expect(decodeLine('\u0001')).toEqual([]);
});

it('packs every kind of shape', () => {
  const shapes = [{ territory_id: 't1' }, { boundary_id: 'relation/62516' }, { reach: { lng: 13.26, lat: 53.55, minutes: 15 } }, { geometry: ring }, { geometry: together([square, ring]) }];
  for (const shape of shapes) expect(decodeShape(encodeShape(shape))).toEqual(shape);
  expect(encodeShape(null)).toBe('');
  for (const wrong of ['', 'x:1', 't:', 'r:1,2', 'g:abc', 'g:']) expect(decodeShape(wrong)).toBeNull();
});

it('keeps a shape out of the address when it is too long for one', () => {
  const many = Array.from({ length: 900 }, (_, i) => [Math.cos(i / 143) * 3, Math.sin(i / 143) * 3]);
  expect(encodeShape({ geometry: { type: 'Polygon', coordinates: [[...many, many[0] ?? []]] } })).toBe('');
  expect(LONGEST).toBe(1500);
});

it('leaves out corners that lie near the line that stays, and what shrinks to a line', () => {
  const degrees = (metres: number) => metres / 111_320;
  // A square of a kilometre whose sides are stairs of four metres.
  const side = (from: number[], to: number[]) => Array.from({ length: 100 }, (_, i) => {
    const [x, y] = [0, 1].map((axis) => (from[axis] ?? 0) + (((to[axis] ?? 0) - (from[axis] ?? 0)) * i) / 100);
    const off = i % 2 === 0 ? 0 : 4;
    return [degrees((x ?? 0) + (from[0] === to[0] ? off : 0)), degrees((y ?? 0) + (from[1] === to[1] ? off : 0))];
  });
  const corners = [[0, 0], [1000, 0], [1000, 1000], [0, 1000], [0, 0]];
  const stairs = corners.slice(1).flatMap((to, i) => side(corners[i] ?? [], to));
  const area = { type: 'Polygon' as const, coordinates: [[...stairs, stairs[0] ?? []]] };
  expect(coarser(area, 1).coordinates[0]).toHaveLength(401);
  const [few = []] = coarser(area, 10).coordinates as number[][][];
  expect(few.length).toBeLessThan(12);
  expect(few[0]).toEqual(few.at(-1));
  for (const [x, y] of [[500, 500], [20, 980], [980, 20]]) expect(inArea(degrees(x ?? 0), degrees(y ?? 0), coarser(area, 10))).toBe(true);
  for (const [x, y] of [[-20, 500], [1020, 500], [500, -20]]) expect(inArea(degrees(x ?? 0), degrees(y ?? 0), coarser(area, 10))).toBe(false);
  const crumbs = { type: 'MultiPolygon' as const, coordinates: [area.coordinates, [[[1, 1], [1 + degrees(3), 1], [1, 1 + degrees(3)], [1, 1]]]] };
  expect(coarser(crumbs, 10).coordinates).toHaveLength(1);
});
