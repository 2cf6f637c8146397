// From our own things to the small GeoJSON sources of the map.
import type { Feature, Geometry, Point } from 'geojson';
import type { Plan, Territory } from '../api/types';
import { amount, written, type Measure } from '../state/measures.svelte';
import { feature, labelPoint } from './geometry';

/** What of a territory is drawn, be it as published or as in a scenario. */
export type ShownTerritory = Pick<Territory, 'id' | 'name' | 'colour' | 'geometry' | 'owner_name'> & { locked?: boolean };

export function territoryFeatures(territories: ShownTerritory[], chosen: string | null): Feature<Geometry>[] {
  return territories.flatMap((one) => (one.geometry
    ? [feature(one.geometry, { id: one.id, slot: one.colour, name: one.name, chosen: one.id === chosen, locked: one.locked ?? false })]
    : []));
}

/** Names with the owner's initials and the chosen measure. */
export function territoryNames(territories: Territory[], measure: Measure): Feature<Point>[] {
  return territories.flatMap((one) => territoryName(one, written(measure, amount(measure, one.totals))));
}

/** One name, with a figure as written. */
export function territoryName(one: ShownTerritory, figure: string): Feature<Point>[] {
  const at = one.geometry ? labelPoint(one.geometry) : null;
  if (!at) return [];
  const initials = one.owner_name ? one.owner_name.split(/\s+/).map((part) => part[0] ?? '').join('') : '';
  const second = [initials, figure].filter(Boolean).join(' · ');
  return [feature(at, { id: one.id, label: `${one.name.toLocaleUpperCase()}\n${second}` })];
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

/** Where the day begins and ends. */
export function homeFeature({ lng, lat }: { lng: number; lat: number }): Feature<Point> {
  return feature<Point>({ type: 'Point', coordinates: [lng, lat] }, { id: 'home', label: '', done: true, chosen: false });
}

export function stopFeatures(plan: Plan, chosen: string | null): Feature<Geometry>[] {
  return [homeFeature(plan.start), ...plan.stops.map((stop) => feature<Point>(
    { type: 'Point', coordinates: [stop.lng, stop.lat] },
    { id: stop.visit_id, label: String(stop.seq), done: stop.status === 'done', chosen: stop.visit_id === chosen },
  ))];
}
