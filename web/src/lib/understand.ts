// What a typed line is, beside a name: a date, a pair of coordinates.
import { isLocalDate } from '../state/url';

/** A local date from `2026-02-28`, `28.2.2026` or `28/02/2026`; null for anything else. */
export function dateIn(text: string): string | null {
  const line = text.trim();
  if (isLocalDate(line)) return line;
  const match = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(line);
  if (!match) return null;
  const [, day = '', month = '', year = ''] = match;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return isLocalDate(date) ? date : null;
}

/**
 * A place from `53.556, 13.261` or `13.261 53.556`: with a comma people write latitude first, and a
 * pair whose first number cannot be a latitude is longitude first whatever stands between.
 */
export function placeIn(text: string): { lng: number; lat: number } | null {
  const match = /^\s*(-?\d{1,3}\.\d+)\s*[,; ]\s*(-?\d{1,3}\.\d+)\s*$/.exec(text);
  if (!match) return null;
  const first = Number(match[1]);
  const second = Number(match[2]);
  const latitudeFirst = text.includes(',');
  const [lat, lng] = latitudeFirst && Math.abs(first) <= 90 ? [first, second] : [second, first];
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lng, lat } : null;
}

/** The line cut where `part` occurs, so that the hit can be marked; null when it does not. */
export function hitIn(line: string, part: string): [string, string, string] | null {
  const at = line.toLocaleLowerCase().indexOf(part.trim().toLocaleLowerCase());
  if (at < 0 || part.trim() === '') return null;
  const end = at + part.trim().length;
  return [line.slice(0, at), line.slice(at, end), line.slice(end)];
}
