// From cells and day plans to what the map draws: one day in full, the days of a person as thin lines by weekday.
import type { Feature, Geometry, LineString, Point, Position } from 'geojson';
import type { Cell, CyclePerson } from '../../api/cycles';
import type { Plan } from '../../api/types';
import { homeFeature } from '../../map/features';
import { feature } from '../../map/geometry';
import { weekday } from './grid';

/** About twenty metres: thin lines of weeks are drawn with few corners, so that the map stays quick. */
const COARSE = 0.0002; // degrees

/** The day as the crow flies, until its roads are there. */
export function straight(person: CyclePerson, cell: Cell): LineString | null {
  const stops = cell.stops.map(({ lng, lat }): Position => [lng, lat]);
  const home: Position[] = person.home ? [[person.home.lng, person.home.lat]] : [];
  const coordinates = [...home, ...stops, ...home];
  return stops.length > 0 && coordinates.length > 1 ? { type: 'LineString', coordinates } : null;
}

/** A day plan's roads as one line. */
export function road(plan: Plan): LineString | null {
  const coordinates = [...plan.stops.map((stop) => stop.leg), ...(plan.home_leg ? [plan.home_leg] : [])].flatMap((leg) => leg.geometry.coordinates);
  return coordinates.length > 1 ? { type: 'LineString', coordinates } : null;
}

/** One of a person's days as a thin line in its weekday's colour. */
export function weekLine(line: LineString, day: string): Feature<Geometry> {
  return feature(line, { weekday: weekday(day) });
}

export function stopMarks(person: CyclePerson, cell: Cell, chosen: string | null): Feature<Geometry>[] {
  return [
    ...(person.home ? [homeFeature(person.home)] : []),
    ...cell.stops.map((stop, i) => feature<Point>(
      { type: 'Point', coordinates: [stop.lng, stop.lat] },
      { id: stop.location_id, label: String(i + 1), done: cell.state === 'past' || cell.state === 'today', chosen: stop.location_id === chosen },
    )),
  ];
}

/** Leaves corners out as long as the line stays within `tolerance` degrees of them (Douglas and Peucker, 1973). */
export function coarse(line: LineString, tolerance = COARSE): LineString {
  const points = line.coordinates;
  if (points.length < 3) return line;
  const kept = new Set([0, points.length - 1]);
  const open: [number, number][] = [[0, points.length - 1]];
  for (let stretch = open.pop(); stretch; stretch = open.pop()) {
    const [from, to] = stretch;
    let far = 0;
    let where = -1;
    for (let i = from + 1; i < to; i += 1) {
      const away = toSegment(points[i] ?? [], points[from] ?? [], points[to] ?? []);
      if (away > far) [far, where] = [away, i];
    }
    if (where > 0 && far > tolerance) {
      kept.add(where);
      open.push([from, where], [where, to]);
    }
  }
  return { type: 'LineString', coordinates: points.filter((_, i) => kept.has(i)) };
}

/** Distance of a point from a segment, in degrees of latitude. */
function toSegment([px = 0, py = 0]: Position, [ax = 0, ay = 0]: Position, [bx = 0, by = 0]: Position): number {
  const narrow = Math.cos((ay * Math.PI) / 180);
  const [dx, dy] = [(bx - ax) * narrow, by - ay];
  const [qx, qy] = [(px - ax) * narrow, py - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, (qx * dx + qy * dy) / length));
  return Math.hypot(qx - share * dx, qy - share * dy);
}
