// From our own things to the small GeoJSON sources of the map.
import type { Feature, Geometry, Point } from 'geojson';
import type { Plan, Territory } from '../api/types';
import { hours, money } from '../i18n/format';
import { feature, labelPoint } from './geometry';

export function territoryFeatures(territories: Territory[], chosen: string | null): Feature<Geometry>[] {
  return territories.flatMap((one) => (one.geometry
    ? [feature(one.geometry, { id: one.id, slot: one.colour, name: one.name, chosen: one.id === chosen })]
    : []));
}

/** Names with the owner's initials and the hours a week. */
export function territoryNames(territories: Territory[]): Feature<Point>[] {
  return territories.flatMap((one) => {
    const at = one.geometry ? labelPoint(one.geometry) : null;
    if (!at) return [];
    const initials = one.owner_name ? one.owner_name.split(/\s+/).map((part) => part[0] ?? '').join('') : '';
    const second = [initials, money(one.totals.revenue), hours(one.totals.visit_hours)].filter(Boolean).join(' · ');
    return [feature(at, { id: one.id, label: `${one.name.toLocaleUpperCase()}\n${second}` })];
  });
}

export interface RouteLook { now: number | null; lit: number | null }

/** The legs of a day as lines; those already driven are faint, one can be lit. */
export function routeFeatures(plan: Plan, look: RouteLook): Feature<Geometry>[] {
  const legs = plan.stops.map((stop, i) => feature(stop.leg.geometry, { driven: look.now !== null && stop.arrive <= look.now, lit: look.lit === i, faint: look.lit !== null && look.lit !== i }));
  if (plan.home_leg) {
    const last = plan.stops.length;
    legs.push(feature(plan.home_leg.geometry, { driven: false, lit: look.lit === last, faint: look.lit !== null && look.lit !== last }));
  }
  return legs.filter((leg) => leg.geometry.coordinates.length > 1);
}

export function stopFeatures(plan: Plan, chosen: string | null): Feature<Geometry>[] {
  const ends = [feature<Point>({ type: 'Point', coordinates: [plan.start.lng, plan.start.lat] }, { id: 'home', label: '', done: true, chosen: false })];
  return [...ends, ...plan.stops.map((stop) => feature<Point>(
    { type: 'Point', coordinates: [stop.lng, stop.lat] },
    { id: stop.visit_id, label: String(stop.seq), done: stop.status === 'done', chosen: stop.visit_id === chosen },
  ))];
}
