// The whole map style from one function: sources, and every layer in draw order, painted from the tokens.
import type { LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl';
import { groundLayers, nameLayers } from './base-layers';
import { areaLayers, lineLayers, pointLayers, topLayers, type Painting } from './own-layers';

/** The GeoJSON sources and nothing else: what is being looked at or drawn, never all customers. */
export const drawn = ['territories', 'territory-names', 'before', 'shape', 'issues', 'weeks', 'route', 'stops', 'marks'] as const;
export type Drawn = (typeof drawn)[number];

/** Draw order: ground, area fills, base names, area lines and route, points, marks and our names. */
export function layers(painting: Painting): LayerSpecification[] {
  return [
    ...groundLayers(painting.tokens), ...areaLayers(painting), ...nameLayers(painting.tokens),
    ...lineLayers(painting), ...pointLayers(painting), ...topLayers(painting),
  ];
}

export function style(painting: Painting, origin: string, customers: string, mapHash: string): StyleSpecification {
  const sources: Record<string, SourceSpecification> = {
    base: { type: 'vector', tiles: [`${origin}/tiles/base/{z}/{x}/{y}.mvt?v=${mapHash}`], maxzoom: 14 },
    customers: { type: 'vector', tiles: [customers], maxzoom: 18, promoteId: { customers: 'id' } },
  };
  for (const name of drawn) {
    sources[name] = {
      type: 'geojson', data: { type: 'FeatureCollection', features: [] },
      ...(name === 'territories' ? { promoteId: 'id' } : {}),
    };
  }
  return { version: 8, sources, layers: layers(painting) };
}
