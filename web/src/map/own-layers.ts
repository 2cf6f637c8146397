// Our own layers over the base map, in draw order: areas, area lines, route, clusters, points, marks, names.
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl';
import { regular, semibold } from './base-layers';
import { dueStates, stops, tileProperties, type TerritoryColour } from './colouring';
import type { Colouring } from '../state/url';
import { pinSize } from './images';
import { token, type Tokens } from './tokens';

/** Everything that decides how the map is painted; a change is a repaint, never a reload. */
export interface Painting {
  tokens: Tokens;
  dark: boolean;
  colour: Colouring;
  territories: TerritoryColour[];
  /** Values of the added field that colours the map, in order; none where it is another. */
  own: string[];
  /** Whether customers and territories are shown at all. */
  showCustomers: boolean;
  showTerritories: boolean;
}

const none: ExpressionSpecification = ['literal', ''];

/** A `match` from values to tokens' colours, neutral for the rest. */
export function match(input: ExpressionSpecification, pairs: [string, string][], fallback: string): ExpressionSpecification {
  if (pairs.length === 0) return ['to-color', ['literal', fallback]];
  return ['match', input, ...pairs.flat(), fallback] as unknown as ExpressionSpecification;
}

/** A tile's point stands for `count` places; one place carries its own properties. */
const isCluster: ExpressionSpecification = ['>', ['get', 'count'], 1];
const single: ExpressionSpecification = ['==', ['get', 'count'], 1];

export function areaLayers(p: Painting): LayerSpecification[] {
  const t = p.tokens;
  const slots = match(['to-string', ['get', 'slot']], Array.from({ length: 12 }, (_, i) => [String(i + 1), token(t, `slot-${i + 1}`)]), token(t, 'due-none'));
  const visibility = p.showTerritories ? 'visible' : 'none';
  const hovered: ExpressionSpecification = ['boolean', ['feature-state', 'hover'], false];
  return [
    { id: 'territory-fill', type: 'fill', source: 'territories', layout: { visibility },
      paint: { 'fill-color': slots, 'fill-opacity': ['case', ['any', ['boolean', ['get', 'chosen'], false], hovered], p.dark ? 0.34 : 0.28, p.dark ? 0.22 : 0.18] } },
    { id: 'territory-locked', type: 'fill', source: 'territories', filter: ['boolean', ['get', 'locked'], false], layout: { visibility }, paint: { 'fill-pattern': 'locked', 'fill-opacity': 0.3 } },
    { id: 'shape-fill', type: 'fill', source: 'shape', paint: { 'fill-color': token(t, 'accent'), 'fill-opacity': 0.12 } },
    { id: 'overlap-fill', type: 'fill', source: 'issues', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-pattern': 'hatch', 'fill-opacity': 0.45 } },
  ];
}

export function lineLayers(p: Painting): LayerSpecification[] {
  const t = p.tokens;
  const slots = match(['to-string', ['get', 'slot']], Array.from({ length: 12 }, (_, i) => [String(i + 1), token(t, `slot-${i + 1}`)]), token(t, 'due-none'));
  const visibility = p.showTerritories ? 'visible' : 'none';
  return [
    { id: 'territory-line', type: 'line', source: 'territories', layout: { visibility, 'line-join': 'round' },
      paint: { 'line-color': slots, 'line-width': ['case', ['boolean', ['get', 'chosen'], false], 4, 2.5] } },
    // Where a border ran before a scenario moved it.
    { id: 'before-line', type: 'line', source: 'before', layout: { 'line-join': 'round' }, paint: { 'line-color': token(t, 'ink'), 'line-width': 1.8, 'line-dasharray': [3, 2], 'line-opacity': 0.8 } },
    { id: 'shape-line', type: 'line', source: 'shape', layout: { 'line-join': 'round' }, paint: { 'line-color': token(t, 'accent'), 'line-width': 2.5 } },
    { id: 'overlap-line', type: 'line', source: 'issues', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'line-color': token(t, 'danger'), 'line-width': 2, 'line-dasharray': [2, 1.5] } },
    { id: 'weeks', type: 'line', source: 'weeks', layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': match(['to-string', ['get', 'weekday']], Array.from({ length: 7 }, (_, i) => [String(i), token(t, `slot-${i + 1}`)]), token(t, 'due-none')), 'line-width': 1.8, 'line-opacity': 0.85 } },
    { id: 'route-casing', type: 'line', source: 'route', layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': token(t, 'surface'), 'line-width': 8, 'line-opacity': ['case', ['boolean', ['get', 'driven'], false], 0.3, 1] } },
    { id: 'route', type: 'line', source: 'route', layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': token(t, 'accent'),
        'line-width': ['case', ['boolean', ['get', 'lit'], false], 7, 5],
        'line-opacity': ['case', ['boolean', ['get', 'driven'], false], 0.4, ['boolean', ['get', 'faint'], false], 0.4, 1],
      } },
  ];
}

export function pointLayers(p: Painting): LayerSpecification[] {
  const t = p.tokens;
  const surface = token(t, 'surface');
  const byDue = p.colour === 'due_state';
  const visibility = p.showCustomers ? 'visible' : 'none';
  const due = match(['coalesce', ['get', 'due_state'], none], stops('due_state', []).map(([value, name]) => [value, token(t, name)]), token(t, 'due-none'));
  const points = match(
    ['to-string', ['coalesce', ...tileProperties(p.colour).map((name): ExpressionSpecification => ['get', name]), none]],
    stops(p.colour, p.territories, p.own).map(([value, name]) => [value, token(t, name)]),
    token(t, 'due-none'),
  );
  // In a scenario a place wears the colour of who would have it: the state of the feature in the tile, never another tile.
  const owned = p.colour === 'territory_id'
    ? (['match', ['coalesce', ['feature-state', 'slot'], -1], 0, token(t, 'due-none'), ...Array.from({ length: 12 }, (_, i) => [i + 1, token(t, `slot-${i + 1}`)]).flat(), points] as unknown as ExpressionSpecification)
    : points;
  const moved: ExpressionSpecification = ['boolean', ['feature-state', 'moved'], false];
  const lit: ExpressionSpecification = ['boolean', ['feature-state', 'lit'], false];
  const text = { 'text-color': token(t, 'ink'), 'text-halo-color': token(t, 'land'), 'text-halo-width': 1.5 };
  const bySize: ExpressionSpecification = ['interpolate', ['linear'], ['log10', ['max', 2, ['get', 'count']]], 0.3, 12, 2, 18, 4, 28];
  const few: ExpressionSpecification = ['all', ['boolean', ['get', 'stack'], false], ['<', ['get', 'count'], 10]];
  return [
    { id: 'points', type: 'circle', source: 'customers', 'source-layer': 'customers', filter: single, layout: { visibility: p.showCustomers && !byDue ? 'visible' : 'none' },
      paint: {
        'circle-color': owned, 'circle-stroke-color': ['case', lit, token(t, 'accent'), moved, token(t, 'ink'), surface], 'circle-stroke-width': ['case', lit, 4, moved, 2, 1.5],
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 9, 4, 13, 6.5, 16, 8],
      } },
    { id: 'points-due', type: 'symbol', source: 'customers', 'source-layer': 'customers', filter: single,
      layout: {
        visibility: p.showCustomers && byDue ? 'visible' : 'none', 'icon-allow-overlap': true, 'icon-ignore-placement': true,
        'icon-image': ['concat', 'due-', ['match', ['coalesce', ['get', 'due_state'], none], [...dueStates], ['get', 'due_state'], 'none']],
        'symbol-sort-key': ['match', ['coalesce', ['get', 'due_state'], none], ['overdue'], 5, ['due'], 4, ['appointment'], 3, ['later'], 2, 1],
      } },
    { id: 'clusters', type: 'circle', source: 'customers', 'source-layer': 'customers', filter: isCluster, layout: { visibility },
      paint: {
        'circle-color': surface, 'circle-stroke-color': due, 'circle-stroke-width': 3,
        // From afar several at one spot are drawn little larger than one; near by, and always for a crowd, with their count.
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, ['case', few, 6, bySize], 13, bySize],
      } },
    { id: 'cluster-count', type: 'symbol', source: 'customers', 'source-layer': 'customers', filter: isCluster,
      layout: { visibility, 'text-field': ['step', ['zoom'], ['case', few, '', ['to-string', ['get', 'count']]], 12, ['to-string', ['get', 'count']]], 'text-font': semibold, 'text-size': 12, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': token(t, 'ink') } },
    { id: 'point-name', type: 'symbol', source: 'customers', 'source-layer': 'customers', minzoom: 12, filter: single,
      layout: {
        visibility, 'text-field': ['step', ['zoom'], ['case', ['==', ['get', 'class'], 'A'], ['get', 'name'], ''], 14, ['get', 'name']],
        'text-font': regular, 'text-size': 12, 'text-anchor': 'left', 'text-offset': [0.95, 0], 'text-max-width': 9, 'text-optional': true,
        'symbol-sort-key': ['match', ['coalesce', ['get', 'class'], none], ['A'], 0, ['B'], 1, 2],
      },
      paint: text },
    { id: 'gaps', type: 'circle', source: 'issues', filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-color': 'rgba(0,0,0,0)', 'circle-radius': 12, 'circle-stroke-width': 2.5, 'circle-stroke-color': token(t, 'warn') } },
  ];
}

export function topLayers(p: Painting): LayerSpecification[] {
  const t = p.tokens;
  const text = { 'text-color': token(t, 'ink'), 'text-halo-color': token(t, 'land'), 'text-halo-width': 2 };
  return [
    { id: 'territory-name', type: 'symbol', source: 'territory-names', maxzoom: 16, layout: {
        visibility: p.showTerritories ? 'visible' : 'none', 'text-font': semibold, 'text-size': ['interpolate', ['linear'], ['zoom'], 8, 12, 13, 16],
        'text-field': ['get', 'label'], 'text-letter-spacing': 0.06, 'text-max-width': 10, 'text-padding': 6,
      }, paint: text },
    { id: 'home', type: 'symbol', source: 'stops', filter: ['==', ['get', 'id'], 'home'], layout: { 'icon-image': 'home', 'icon-allow-overlap': true, 'icon-ignore-placement': true } },
    { id: 'stop-disc', type: 'circle', source: 'stops', filter: ['!=', ['get', 'id'], 'home'],
      paint: {
        'circle-radius': ['case', ['get', 'chosen'], 15, 12], 'circle-stroke-width': 2.5, 'circle-stroke-color': token(t, 'surface'),
        'circle-color': ['case', ['get', 'done'], token(t, 'ink-3'), token(t, 'accent')],
      } },
    { id: 'stop-number', type: 'symbol', source: 'stops',
      layout: { 'text-field': ['get', 'label'], 'text-font': semibold, 'text-size': 13, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': token(t, 'on-accent') } },
    { id: 'mark-ring', type: 'circle', source: 'marks', filter: ['==', ['get', 'kind'], 'selected'],
      paint: {
        'circle-color': 'rgba(0,0,0,0)', 'circle-radius': 13, 'circle-stroke-width': 3, 'circle-stroke-color': token(t, 'ink'),
      } },
    { id: 'caught', type: 'circle', source: 'marks', filter: ['==', ['get', 'kind'], 'caught'],
      paint: { 'circle-color': 'rgba(0,0,0,0)', 'circle-radius': 9, 'circle-stroke-width': 2.5, 'circle-stroke-color': token(t, 'ink') } },
    { id: 'mark-disc', type: 'circle', source: 'marks', filter: ['==', ['get', 'kind'], 'place'],
      paint: { 'circle-radius': 12, 'circle-stroke-width': 2.5, 'circle-stroke-color': token(t, 'surface'), 'circle-color': token(t, 'ink-2') } },
    // Pins, so that nobody takes them for clusters; the chosen one is the pin under the hand.
    { id: 'candidate', type: 'symbol', source: 'marks', filter: ['all', ['==', ['get', 'kind'], 'candidate'], ['!', ['boolean', ['get', 'chosen'], false]]],
      layout: {
        'icon-image': 'pin', 'icon-anchor': 'bottom', 'icon-allow-overlap': true, 'icon-ignore-placement': true,
        'text-field': ['get', 'label'], 'text-font': semibold, 'text-size': 13, 'text-offset': [0, (pinSize.head - pinSize.height) / 13],
        'text-allow-overlap': true, 'text-ignore-placement': true,
      },
      paint: { 'text-color': token(t, 'surface') } },
    { id: 'mark-name', type: 'symbol', source: 'marks', filter: ['in', ['get', 'kind'], ['literal', ['selected', 'place']]],
      layout: { 'text-field': ['get', 'label'], 'text-font': semibold, 'text-size': 13, 'text-anchor': 'top', 'text-offset': [0, 1.2], 'text-max-width': 12, 'text-allow-overlap': true },
      paint: text },
  ];
}
