// The muted base map: about twenty layers over the pack's tiles (Protomaps layer names, see crates/tiles/README.md).
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from 'maplibre-gl';
import { token, type Tokens } from './tokens';

export const regular = ['Noto Sans'];
/** The first name only tells the weight to the label drawer; the face is the second. */
export const semibold = ['Noto Sans SemiBold', 'Noto Sans'];

const green = ['wood', 'forest', 'park', 'grass', 'grassland', 'meadow', 'scrub', 'heath', 'wetland', 'garden', 'golf_course', 'cemetery',
  'allotments', 'village_green', 'recreation_ground', 'playground', 'pitch', 'orchard', 'vineyard', 'nature_reserve', 'national_park'];

const kind = (...kinds: string[]): FilterSpecification => ['in', ['get', 'kind'], ['literal', kinds]];
const isPoint: ExpressionSpecification = ['==', ['geometry-type'], 'Point'];
const isArea: ExpressionSpecification = ['==', ['geometry-type'], 'Polygon'];
const isLine: ExpressionSpecification = ['==', ['geometry-type'], 'LineString'];
const width = (...stops: number[]): ExpressionSpecification => ['interpolate', ['exponential', 1.6], ['zoom'], ...stops] as ExpressionSpecification;
const source = 'base';

/** Land, water, woods, buildings and roads: everything under our own areas. */
export function groundLayers(t: Tokens): LayerSpecification[] {
  const road = (name: string) => token(t, `road-${name}`);
  return [
    { id: 'land', type: 'background', paint: { 'background-color': token(t, 'land') } },
    { id: 'landcover', type: 'fill', source, 'source-layer': 'landcover', maxzoom: 8, filter: kind('forest', 'grassland', 'scrub'),
      paint: { 'fill-color': token(t, 'wood'), 'fill-opacity': 0.7 } },
    { id: 'green', type: 'fill', source, 'source-layer': 'landuse', filter: kind(...green), paint: { 'fill-color': token(t, 'wood') } },
    { id: 'water', type: 'fill', source, 'source-layer': 'water', filter: isArea, paint: { 'fill-color': token(t, 'water') } },
    { id: 'waterway', type: 'line', source, 'source-layer': 'water', filter: isLine,
      paint: { 'line-color': token(t, 'water'), 'line-width': width(8, 0.6, 14, 2, 18, 8) } },
    { id: 'building', type: 'fill', source, 'source-layer': 'buildings', minzoom: 13, filter: isArea,
      paint: { 'fill-color': token(t, 'building'), 'fill-opacity': ['interpolate', ['linear'], ['zoom'], 13, 0, 14.5, 1] } },
    { id: 'path', type: 'line', source, 'source-layer': 'roads', minzoom: 14, filter: kind('path'),
      paint: { 'line-color': road('casing'), 'line-width': width(14, 0.5, 18, 1.6), 'line-dasharray': [3, 2] } },
    { id: 'rail', type: 'line', source, 'source-layer': 'roads', minzoom: 9, filter: kind('rail'),
      paint: { 'line-color': road('casing'), 'line-width': width(9, 0.5, 14, 1.2, 18, 3) } },
    { id: 'minor-casing', type: 'line', source, 'source-layer': 'roads', minzoom: 13, filter: kind('minor_road'), layout: { 'line-cap': 'round' },
      paint: { 'line-color': road('casing'), 'line-width': width(13, 1.4, 16, 7, 18, 18), 'line-opacity': ['interpolate', ['linear'], ['zoom'], 13, 0, 14, 0.8] } },
    { id: 'minor', type: 'line', source, 'source-layer': 'roads', minzoom: 11, filter: kind('minor_road', 'aeroway'), layout: { 'line-cap': 'round' },
      paint: { 'line-color': road('minor'), 'line-width': width(11, 0.4, 13, 1, 16, 5.6, 18, 16) } },
    { id: 'major-casing', type: 'line', source, 'source-layer': 'roads', minzoom: 6, filter: kind('major_road', 'highway'),
      layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': road('casing'), 'line-width': width(6, 1, 10, 2.6, 13, 5, 16, 12, 18, 26) } },
    { id: 'major', type: 'line', source, 'source-layer': 'roads', minzoom: 6, filter: kind('major_road', 'highway'),
      layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': road('major'), 'line-width': width(6, 0.5, 10, 1.6, 13, 3.6, 16, 10, 18, 23) } },
    { id: 'boundary', type: 'line', source, 'source-layer': 'boundaries', filter: ['<=', ['to-number', ['get', 'kind_detail'], 9], 8],
      paint: { 'line-color': token(t, 'ink-3'), 'line-width': 0.8, 'line-dasharray': [4, 3], 'line-opacity': 0.5 } },
  ];
}

/** Names of the base map: over our areas, under our points. */
export function nameLayers(t: Tokens): LayerSpecification[] {
  const text = { 'text-color': token(t, 'label'), 'text-halo-color': token(t, 'land'), 'text-halo-width': 1.5 };
  const sized = (...stops: number[]): ExpressionSpecification => ['interpolate', ['linear'], ['zoom'], ...stops] as ExpressionSpecification;
  const place = (id: string, details: string[], minzoom: number, size: ExpressionSpecification): LayerSpecification => ({
    id, type: 'symbol', source, 'source-layer': 'places', minzoom,
    filter: ['in', ['get', 'kind_detail'], ['literal', details]],
    layout: { 'text-field': ['get', 'name'], 'text-font': semibold, 'text-size': size, 'text-max-width': 8, 'symbol-sort-key': ['get', 'sort_key'], 'text-padding': 4 },
    paint: text,
  });
  return [
    { id: 'waterway-name', type: 'symbol', source, 'source-layer': 'water', minzoom: 12, filter: isLine,
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': regular, 'text-size': 12 },
      paint: { ...text, 'text-color': token(t, 'label-water') } },
    { id: 'water-name', type: 'symbol', source, 'source-layer': 'water', minzoom: 9, filter: isPoint,
      layout: { 'text-field': ['get', 'name'], 'text-font': regular, 'text-size': 12, 'text-max-width': 7 },
      paint: { ...text, 'text-color': token(t, 'label-water') } },
    { id: 'main-street-name', type: 'symbol', source, 'source-layer': 'roads', minzoom: 12, filter: kind('major_road', 'highway'),
      layout: { 'symbol-placement': 'line', 'text-field': ['coalesce', ['get', 'name'], ['get', 'shield_text']], 'text-font': regular, 'text-size': sized(12, 11, 16, 13), 'symbol-spacing': 320 },
      paint: text },
    { id: 'street-name', type: 'symbol', source, 'source-layer': 'roads', minzoom: 14, filter: kind('minor_road', 'path'),
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': regular, 'text-size': sized(14, 11, 18, 13), 'symbol-spacing': 300 },
      paint: text },
    { id: 'house-number', type: 'symbol', source, 'source-layer': 'buildings', minzoom: 16, filter: ['==', ['get', 'kind'], 'address'],
      layout: { 'text-field': ['get', 'addr_housenumber'], 'text-font': regular, 'text-size': 11 }, paint: { ...text, 'text-opacity': 0.8 } },
    place('quarter-name', ['suburb', 'quarter', 'neighbourhood', 'hamlet', 'isolated_dwelling', 'locality'], 12, sized(12, 11, 16, 14)),
    place('village-name', ['village'], 9, sized(9, 11, 14, 15)),
    place('town-name', ['city', 'town'], 4, sized(5, 12, 12, 20)),
  ];
}
