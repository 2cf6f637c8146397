// Shapes in an address: a territory, a municipality, a reach, or a drawn area as encoded lines (five decimals, one metre).
import type { Position } from 'geojson';
import type { Area, ShapeInput } from '../api/types';

/** Longer addresses are cut by mail programs; a shape beyond this stays out of the address. */
export const LONGEST = 1500;

export function encodeShape(shape: ShapeInput | null): string {
  if (!shape) return '';
  if ('territory_id' in shape) return `t:${shape.territory_id}`;
  if ('boundary_id' in shape) return `b:${shape.boundary_id}`;
  if ('reach' in shape) return `r:${shape.reach.lng.toFixed(5)},${shape.reach.lat.toFixed(5)},${shape.reach.minutes}`;
  const { geometry } = shape;
  if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') return '';
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  // Space and exclamation mark lie outside the alphabet of encoded lines.
  const text = `g:${polygons.map((rings) => rings.map(encodeLine).join(' ')).join('!')}`;
  return text.length > LONGEST ? '' : text;
}

export function decodeShape(text: string): ShapeInput | null {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case 't:': return rest ? { territory_id: rest } : null;
    case 'b:': return rest ? { boundary_id: rest } : null;
    case 'r:': {
      const [lng, lat, minutes] = rest.split(',').map(Number);
      return [lng, lat, minutes].every((value) => Number.isFinite(value)) ? { reach: { lng: lng ?? 0, lat: lat ?? 0, minutes: minutes ?? 0 } } : null;
    }
    case 'g:': {
      const coordinates = rest.split('!').map((polygon) => polygon.split(' ').map(decodeLine));
      if (!coordinates.every((rings) => rings.length > 0 && rings.every((ring) => ring.length >= 4))) return null;
      const first = coordinates[0];
      const geometry: Area = coordinates.length === 1 && first ? { type: 'Polygon', coordinates: first } : { type: 'MultiPolygon', coordinates };
      return { geometry };
    }
    default: return null;
  }
}

/** Encoded polyline: differences of whole 1e-5 degrees, five bits a sign. */
export function encodeLine(line: Position[]): string {
  let text = '';
  let before: [number, number] = [0, 0];
  for (const [lng = 0, lat = 0] of line) {
    const now: [number, number] = [Math.round(lng * 1e5), Math.round(lat * 1e5)];
    text += encodeNumber(now[0] - before[0]) + encodeNumber(now[1] - before[1]);
    before = now;
  }
  return text;
}

export function decodeLine(text: string): Position[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const sign of text) {
    const bits = sign.charCodeAt(0) - 63;
    if (bits < 0 || bits > 63 || shift > 30) return [];
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits < 32) {
      numbers.push(value % 2 === 1 ? -(value + 1) / 2 : value / 2);
      value = 0;
      shift = 0;
    }
  }
  const line: Position[] = [];
  let lng = 0;
  let lat = 0;
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    lng += numbers[i] ?? 0;
    lat += numbers[i + 1] ?? 0;
    line.push([lng / 1e5, lat / 1e5]);
  }
  return line;
}

function encodeNumber(value: number): string {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let text = '';
  while (rest >= 32) {
    text += String.fromCharCode((rest % 32) + 32 + 63);
    rest = Math.floor(rest / 32);
  }
  return text + String.fromCharCode(rest + 63);
}
