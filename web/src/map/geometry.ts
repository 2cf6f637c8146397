// Small plane geometry on longitude/latitude: boxes, label points, crossings, circles for picking.
import type { Feature, Geometry, LineString, MultiPolygon, Point, Polygon, Position } from 'geojson';
import type { Area } from '../api/types';

export type Box = [number, number, number, number];

/** All positions of a geometry, flat. */
export function positions(geometry: Geometry): Position[] {
  switch (geometry.type) {
    case 'Point': return [geometry.coordinates];
    case 'MultiPoint':
    case 'LineString': return geometry.coordinates;
    case 'MultiLineString':
    case 'Polygon': return geometry.coordinates.flat();
    case 'MultiPolygon': return geometry.coordinates.flat(2);
    case 'GeometryCollection': return geometry.geometries.flatMap(positions);
  }
}

/** West, south, east, north of everything given; null when there is nothing. */
export function box(geometries: Iterable<Geometry | null | undefined>): Box | null {
  let found: Box | null = null;
  for (const geometry of geometries) {
    if (!geometry) continue;
    for (const [lng = 0, lat = 0] of positions(geometry)) {
      found = found
        ? [Math.min(found[0], lng), Math.min(found[1], lat), Math.max(found[2], lng), Math.max(found[3], lat)]
        : [lng, lat, lng, lat];
    }
  }
  return found;
}

/** Twice the signed area of a ring in square degrees. */
export function ringArea(ring: Position[]): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i += 1) {
    const [ax = 0, ay = 0] = ring[i] ?? [];
    const [bx = 0, by = 0] = ring[(i + 1) % ring.length] ?? [];
    sum += ax * by - bx * ay;
  }
  return sum;
}

export function polygons(area: Area): Position[][][] {
  return area.type === 'Polygon' ? [area.coordinates] : area.coordinates;
}

/** The place for a name: the middle of the widest inside stretch at half height of the largest part. */
export function labelPoint(area: Area): Point | null {
  const parts = [...polygons(area)].sort((a, b) => Math.abs(ringArea(b[0] ?? [])) - Math.abs(ringArea(a[0] ?? [])));
  const rings = parts[0];
  if (!rings?.[0] || rings[0].length < 4) return null;
  const lats = rings[0].map(([, lat = 0]) => lat);
  const south = Math.min(...lats);
  const north = Math.max(...lats);
  let best: { width: number; at: Position } | null = null;
  for (const share of [0.5, 0.4, 0.6, 0.3, 0.7]) {
    const lat = south + (north - south) * share;
    const crossings = rings.flatMap((ring) => crossingsAt(ring, lat)).sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const west = crossings[i] ?? 0;
      const east = crossings[i + 1] ?? 0;
      if (!best || east - west > best.width * 1.2) best = { width: east - west, at: [(west + east) / 2, lat] };
    }
  }
  return best ? { type: 'Point', coordinates: best.at } : null;
}

function crossingsAt(ring: Position[], lat: number): number[] {
  const found: number[] = [];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [ax = 0, ay = 0] = ring[i] ?? [];
    const [bx = 0, by = 0] = ring[i + 1] ?? [];
    if (ay > lat !== by > lat) found.push(ax + ((lat - ay) / (by - ay)) * (bx - ax));
  }
  return found;
}

/** The first place where a closed ring crosses itself; null when it does not. Quadratic, for drawn shapes only. */
export function selfCrossing(ring: Position[]): Position | null {
  const count = ring.length - 1;
  for (let i = 0; i < count; i += 1) {
    for (let j = i + 2; j < count; j += 1) {
      if (i === 0 && j === count - 1) continue;
      const at = crossing(ring[i], ring[i + 1], ring[j], ring[j + 1]);
      if (at) return at;
    }
  }
  return null;
}

function crossing(a?: Position, b?: Position, c?: Position, d?: Position): Position | null {
  const [ax = 0, ay = 0] = a ?? [];
  const [bx = 0, by = 0] = b ?? [];
  const [cx = 0, cy = 0] = c ?? [];
  const [dx = 0, dy = 0] = d ?? [];
  const cross = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx);
  if (cross === 0) return null;
  const s = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / cross;
  const u = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / cross;
  return s > 0 && s < 1 && u > 0 && u < 1 ? [ax + s * (bx - ax), ay + s * (by - ay)] : null;
}

/** A small square around a place, sides of `2 * meters`, for asking what lies under a click. */
export function squareAround(lng: number, lat: number, meters: number): Polygon {
  const dy = meters / 111_320;
  const dx = dy / Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  return { type: 'Polygon', coordinates: [[[lng - dx, lat - dy], [lng + dx, lat - dy], [lng + dx, lat + dy], [lng - dx, lat + dy], [lng - dx, lat - dy]]] };
}

/** Metres between two places on a sphere. */
export function metersBetween(a: [number, number], b: [number, number]): number {
  const rad = Math.PI / 180;
  const h = Math.sin(((b[1] - a[1]) * rad) / 2) ** 2
    + Math.cos(a[1] * rad) * Math.cos(b[1] * rad) * Math.sin(((b[0] - a[0]) * rad) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(h));
}

/** A place moved by metres to the east and to the north. */
export function moved(lng: number, lat: number, east: number, north: number): [number, number] {
  return [lng + east / (111_320 * Math.max(0.05, Math.cos((lat * Math.PI) / 180))), lat + north / 111_320];
}

/** WKT of an area with seven decimals, as CQL2 text wants it. */
export function wkt(area: Area): string {
  const ring = (points: Position[]) => `(${points.map(([lng = 0, lat = 0]) => `${Number(lng.toFixed(7))} ${Number(lat.toFixed(7))}`).join(', ')})`;
  const polygon = (rings: Position[][]) => `(${rings.map(ring).join(', ')})`;
  return area.type === 'Polygon' ? `POLYGON${polygon(area.coordinates)}` : `MULTIPOLYGON(${area.coordinates.map(polygon).join(', ')})`;
}

/** An area with fewer corners: none of those left out lies farther than `metres` from the line that stays (Douglas and Peucker, 1973). */
export function coarser(area: Area, metres: number): Area {
  const line = (points: Position[]): Position[] => {
    const [first, last] = [points[0], points.at(-1)];
    if (!first || !last || points.length < 3) return points;
    const east = 111_320 * Math.cos(((first[1] ?? 0) * Math.PI) / 180);
    const [x0, y0] = [(first[0] ?? 0) * east, (first[1] ?? 0) * 111_320];
    const [dx, dy] = [(last[0] ?? 0) * east - x0, (last[1] ?? 0) * 111_320 - y0];
    const length = Math.hypot(dx, dy);
    let [far, at] = [0, 0];
    points.forEach(([lng = 0, lat = 0], i) => {
      const [x, y] = [lng * east - x0, lat * 111_320 - y0];
      // A stretch that comes back to its beginning is measured from there.
      const along = length === 0 ? 0 : Math.max(0, Math.min(1, (x * dx + y * dy) / length ** 2));
      const off = Math.hypot(x - along * dx, y - along * dy);
      if (off > far) [far, at] = [off, i];
    });
    return far <= metres ? [first, last] : [...line(points.slice(0, at + 1)), ...line(points.slice(at)).slice(1)];
  };
  // The outer ring of a part goes with its holes; what shrinks to a line is gone.
  const polygon = (rings: Position[][]) => rings.map(line).filter((ring, _, all) => ring.length > 3 && (all[0]?.length ?? 0) > 3);
  if (area.type === 'Polygon') return { type: 'Polygon', coordinates: polygon(area.coordinates) };
  return { type: 'MultiPolygon', coordinates: area.coordinates.map(polygon).filter((rings) => rings.length > 0) };
}

/** Areas as one multipolygon; parts are put side by side, not dissolved. */
export function together(areas: Area[]): MultiPolygon {
  return { type: 'MultiPolygon', coordinates: areas.flatMap(polygons) };
}

export function feature<G extends Geometry>(geometry: G, properties: Record<string, unknown>): Feature<G> {
  return { type: 'Feature', geometry, properties };
}

export function line(coordinates: Position[]): LineString {
  return { type: 'LineString', coordinates };
}

/** True when a place lies inside an area, holes left out; even-odd. */
export function inArea(lng: number, lat: number, area: Area): boolean {
  return polygons(area).some((rings) => rings.filter((ring) => crossingsAt(ring, lat).filter((x) => x > lng).length % 2 === 1).length % 2 === 1);
}
